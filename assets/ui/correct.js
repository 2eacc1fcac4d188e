// The third step: verdict, explanation with its difference, and the findings one by one.

import { countWords, showDifference } from "./diff.js";
import { caps, follow, make, press } from "./dom.js";
import { addition, answer, layerOf, STATES, stateOf } from "./form.js";

const WORDS = 30; // the prompt of RAISE-TD asks for at most so many; more is said, not refused

export class Correct {
  #selected = null;
  #wording = null; // the selected finding as it was before its phrase is typed; null while none is
  #opener = null; // the name of the control that opened the field for the phrase

  /** `onChange(change)` takes a part of the form; `onSelect(layer)` hears which layer belongs to the selection. */
  constructor(el, marks, { onChange, onSelect, onPoint }) {
    Object.assign(this, { el, marks, onChange, onSelect, onPoint });
    el.verdict.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.verdict(button.dataset.v);
    });
    el.text.addEventListener("input", () => this.onChange({ explanation: el.text.value }));
    el.addFinding.addEventListener("click", () => this.add());
    follow(el.findings, "li", (at) => this.onPoint(this.#layer(this.form.findings[at])));
  }

  /** Start on another image. */
  reset() {
    this.#selected = null;
    this.#wording = null;
    this.el.text.value = "";
    this.el.findings.replaceChildren();
  }

  show(form, reveal) {
    this.form = form;
    this.reveal = reveal;
    const { el } = this;
    const said = reveal?.description ?? null;
    press(el.verdict.children, form.verdict);
    if (el.text.value !== form.explanation) el.text.value = form.explanation;
    el.text.style.height = "auto";
    el.text.style.height = `${el.text.scrollHeight + 2}px`;
    const count = countWords(form.explanation);
    el.words.textContent = said ? `${count} of ${WORDS} words` : `${count} words`;
    el.words.classList.toggle("over", Boolean(said) && count > WORDS);
    const changed = Boolean(said) && said.explanation !== form.explanation;
    el.changes.hidden = !said;
    el.changesTitle.textContent = changed ? "Changes to the machine's text" : "The machine's text, unchanged";
    el.diff.hidden = !changed;
    if (changed) showDifference(el.diff, said.explanation, form.explanation);
    if (this.#selected === null && form.findings.length) this.#selected = 0;
    if (this.#selected !== null && this.#selected >= form.findings.length) this.#selected = form.findings.length - 1 || null;
    el.noFindings.hidden = form.findings.length > 0;
    this.#paint();
  }

  verdict(value) {
    this.onChange({ verdict: value });
  }

  edit() {
    this.el.text.focus();
    this.el.text.setSelectionRange(this.el.text.value.length, this.el.text.value.length);
  }

  next(by = 1) {
    const count = this.form.findings.length;
    if (count) this.select(((this.#selected ?? -by) + by + count) % count);
  }

  select(at) {
    if (at !== this.#selected) this.#field()?.blur(); // takes what is typed there
    this.#selected = at;
    this.onSelect(this.#layer(this.form.findings[at]));
    this.#paint();
    this.el.findings.children[at]?.scrollIntoView({ block: "nearest" });
  }

  answer(state) {
    if (this.#selected === null) return;
    this.#wording = null;
    this.#change(this.#selected, answer(this.form.findings[this.#selected], state));
  }

  reword() {
    if (this.#selected === null) return;
    this.#wording = this.form.findings[this.#selected];
    this.#opener = this.#focused();
    this.#paint();
    this.#field()?.focus();
    this.#field()?.select();
  }

  add() {
    this.onChange({ findings: [...this.form.findings, addition("")] });
    this.select(this.form.findings.length - 1);
    this.reword();
  }

  /** Draw a box for the selected finding; without one, for a new one. */
  mark() {
    if (this.#selected === null) this.add();
    this.#field()?.blur();
    this.marks.draw(!this.marks.drawing);
  }

  regions(at, regions) {
    this.#change(at, { ...this.form.findings[at], regions });
  }

  #layer(finding) {
    return finding?.finding_id ? layerOf(this.reveal, finding.finding_id) : null;
  }

  #change(at, finding) {
    this.onChange({ findings: this.form.findings.map((one, index) => (index === at ? finding : one)) });
  }

  #field() {
    return this.el.findings.querySelector("textarea");
  }

  /** Typing ended: without other words the finding is as it was before, and a new one without any goes. */
  #worded(at, phrase, before) {
    const left = phrase.trim();
    this.#wording = null;
    if (left && left !== before.phrase) this.#change(at, answer(before, "reworded", left));
    else if (before.phrase) this.#change(at, before);
    else this.onChange({ findings: this.form.findings.filter((_, index) => index !== at) });
  }

  /** The name of the control of the findings that the keyboard's focus is on. */
  #focused() {
    const { activeElement: at } = document;
    return at?.matches(":focus-visible") ? (at.dataset.does ?? null) : null;
  }

  #paint() {
    const { form, el } = this;
    const typing = this.#wording && document.activeElement === this.#field();
    this.marks.show(form.findings.map((finding) => ({ regions: finding.regions, gone: stateOf(finding, form.judgement) === "dropped" })), this.#selected);
    if (typing) return; // the field that is typed in stays as it is
    const focused = this.#focused();
    el.findings.replaceChildren(...form.findings.map((finding, at) => this.#row(finding, at)));
    if (focused) el.correctBody.querySelector(`[data-does="${focused}"]`)?.focus({ preventScroll: true });
  }

  #row(finding, at) {
    const state = stateOf(finding, this.form.judgement);
    const on = at === this.#selected;
    const row = make(
      "li",
      {
        class: `${on ? "sel" : ""} ${state === "dropped" ? "drop" : ""}`,
        "aria-current": on ? "true" : null,
        onclick: (event) => {
          if (!on && !event.target.closest("button, textarea")) this.select(at);
        },
      },
      make("span", { class: "no num" }, String(at + 1)),
      on && this.#wording ? this.#wordField(finding, at, this.#wording) : this.#phrase(finding, state),
      make("span", { class: `st ${state ? "" : "open"}` }, state ? STATES[state] : "Not judged"),
    );
    if (on) row.append(this.#actions(finding, state, at));
    return row;
  }

  #phrase(finding, state) {
    const text = make("span", { class: "tx" });
    if (state === "reworded") showDifference(text, finding.was, finding.phrase);
    else text.textContent = finding.phrase || "New finding";
    return text;
  }

  #wordField(finding, at, before) {
    const field = make("textarea", { class: "field tx", rows: 2, "data-does": this.#opener, "aria-label": `Words of finding ${at + 1}`, placeholder: "What looks unreal here?", spellcheck: "true" });
    field.value = finding.phrase;
    let given = false;
    const give = (phrase) => {
      if (given) return;
      given = true;
      this.#worded(at, phrase, before);
    };
    field.addEventListener("keydown", (event) => {
      const done = event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey;
      if (!done && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      give(done || !before.phrase ? field.value : before.phrase);
    });
    field.addEventListener("input", () => this.#draftWords(at, field.value));
    field.addEventListener("blur", () => give(field.value));
    return field;
  }

  /** Words that are still being typed count for the draft, so that a reload does not lose them. */
  #draftWords(at, phrase) {
    const finding = this.form.findings[at];
    if (finding.finding_id === null || phrase.trim()) this.#change(at, answer(finding, "reworded", phrase));
  }

  #actions(finding, state, at) {
    const choice = (value, label, key, act) =>
      make("button", { type: "button", "aria-pressed": String(value), "aria-keyshortcuts": key, "data-does": label, title: `${label}: ${key}`, onclick: act }, label);
    const boxes = finding.regions.length;
    return make(
      "div",
      { class: "act" },
      make(
        "div",
        { class: "seg tight", role: "group", "aria-label": `Finding ${at + 1}` },
        choice(state === "kept" || state === "added", "Keep", "K", () => this.answer("kept")),
        choice(state === "dropped", "Drop", "D", () => this.answer("dropped")),
        choice(state === "reworded", "Reword", "R", () => this.reword()),
      ),
      make("span", { class: "grow" }),
      boxes ? make("span", { class: "small quiet wide num" }, `${boxes} ${boxes === 1 ? "box" : "boxes"}`) : null,
      make("button", { type: "button", class: `btn plain mark ${this.marks.drawing ? "on" : ""}`, "data-does": "Mark", title: "Drag on the picture: G", onclick: () => this.mark() }, this.marks.drawing ? "Drag " : "Mark ", ...caps(["G"])),
    );
  }
}
