// The third step: verdict, explanation with its difference, and the findings one by one.

import { countWords, showDifference } from "./diff.js";
import { caps, follow, make, press } from "./dom.js";
import { addition, answer, layerOf, STATES, stateOf } from "./form.js";
import { History } from "./history.js";
import { count, isSame } from "./shapes.js";

const WORDS = 30; // the prompt of RAISE-TD asks for at most so many; more is said, not refused

export class Correct {
  #selected = null;
  #wording = null; // the selected finding as it was before its phrase is typed; null while none is
  #occasion = null; // of the words that are being typed: all of it is one change
  #tool = null; // what was in the hand when that was last heard of
  #opener = null; // the name of the control that opened the field for the phrase

  /** `onChange(change)` takes a part of the form; `onSelect(layer)` hears which layer belongs to the selection. */
  constructor(el, marks, { onChange, onSelect, onPoint }) {
    Object.assign(this, { el, marks, onChange, onSelect, onPoint });
    this.history = new History();
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
    this.#selected = this.#wording = this.#tool = null;
    this.history.clear();
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
    if (this.#selected !== null && this.#selected >= form.findings.length) this.#selected = form.findings.length ? form.findings.length - 1 : null;
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
    this.#occasion ??= {};
    this.#opener = this.#focused();
    this.#paint();
    this.#field()?.focus();
    this.#field()?.select();
  }

  add() {
    this.#field()?.blur();
    this.#occasion = {}; // adding it and its words are one change
    this.#put([...this.form.findings, addition("")], this.#occasion);
    this.select(this.form.findings.length - 1);
    this.reword();
  }

  /** Take a tool into the hand for the selected finding, or the next tool; without a finding, for a new one. */
  mark() {
    this.#field()?.blur();
    if (!this.form.findings.length) this.#put([addition("")]);
    this.marks.begin();
  }

  /** Mark from a button; the focus goes on to the picture, where Space is the tool's. */
  #markFrom({ detail: byPointer }) {
    this.mark();
    if (!byPointer) this.el.stage.focus();
  }

  /** A tool was taken up or put down. A finding that began with a mark asks for its words then, and goes without any. */
  handled() {
    const before = this.#tool;
    this.#tool = this.marks.drawing.tool;
    const finding = this.form?.findings[this.#selected];
    if (this.#tool || !before || !finding || finding.phrase) return;
    if (finding.regions.length) this.reword();
    else this.#put(this.form.findings.toSpliced(this.#selected, 1));
  }

  /** Whether a mark without words keeps the review from being sent; its words are asked for then. */
  asksForWords() {
    const at = this.form.findings.findIndex(({ phrase, regions, state }) => !phrase.trim() && regions.length && state !== "dropped");
    if (at < 0) return false;
    this.select(at);
    this.reword();
    return true;
  }

  /** Other marks of a finding. Who marks the place of one that nothing was said of keeps it. */
  regions(at, regions, occasion) {
    const finding = this.form.findings[at];
    this.#change(at, { ...finding, regions, state: finding.state ?? "kept" }, occasion);
  }

  undo() {
    this.#restore(this.history.back(this.form.findings));
  }

  redo() {
    this.#restore(this.history.forward(this.form.findings));
  }

  /** Put back the findings of another moment, and select what differs. */
  #restore(findings) {
    if (!findings) return;
    const now = this.form.findings;
    const at = findings.findIndex((finding, index) => finding !== now[index]);
    this.onChange({ findings });
    if (at >= 0) this.select(at);
  }

  #layer(finding) {
    return finding?.finding_id ? layerOf(this.reveal, finding.finding_id) : null;
  }

  #change(at, finding, occasion = null) {
    this.#put(this.form.findings.toSpliced(at, 1, finding), occasion);
  }

  #put(findings, occasion = null) {
    this.history.note(this.form.findings, findings, occasion);
    this.onChange({ findings });
  }

  #field() {
    return this.el.findings.querySelector("textarea");
  }

  /** Typing ended: without other words the finding is as it was before, and a new one without words and marks goes. */
  #worded(at, phrase, before) {
    const left = phrase.trim();
    const occasion = this.#occasion;
    this.#wording = this.#occasion = null;
    if (left && left !== before.phrase) this.#change(at, answer(before, "reworded", left), occasion);
    else if (before.phrase || before.regions.length) this.#change(at, before, occasion);
    else this.#put(this.form.findings.toSpliced(at, 1), occasion);
  }

  /** The name of the control of the findings that the keyboard's focus is on. */
  #focused() {
    const { activeElement: at } = document;
    return at?.matches(":focus-visible") ? (at.dataset.does ?? null) : null;
  }

  #paint() {
    const { form, el } = this;
    const typing = this.#wording && document.activeElement === this.#field();
    this.marks.show(form.findings.map((finding) => this.#marked(finding)), this.#selected);
    if (typing) return; // the field that is typed in stays as it is
    const focused = this.#focused();
    el.findings.replaceChildren(...form.findings.map((finding, at) => this.#row(finding, at)));
    if (focused) el.correctBody.querySelector(`[data-does="${focused}"]`)?.focus({ preventScroll: true });
  }

  /** A finding as its marks are shown: those that are still as the machine set them look otherwise than people's. */
  #marked(finding) {
    const said = this.reveal?.description?.findings.find(({ id }) => id === finding.finding_id)?.regions ?? [];
    return {
      regions: finding.regions,
      gone: stateOf(finding, this.form.judgement) === "dropped",
      machine: (region) => said.some((one) => isSame(one, region)),
    };
  }

  #row(finding, at) {
    const state = stateOf(finding, this.form.judgement);
    const on = at === this.#selected;
    const row = make(
      "li",
      {
        class: `${on ? "sel" : ""} ${state === "dropped" ? "dropped" : ""}`,
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
    if (finding.finding_id === null || phrase.trim()) this.#change(at, answer(finding, "reworded", phrase), this.#occasion);
  }

  #actions(finding, state, at) {
    const choice = (value, label, key, act) =>
      make("button", { type: "button", "aria-pressed": String(value), "aria-keyshortcuts": key, "data-does": label, title: `${label}: ${key}`, onclick: act }, label);
    const marking = Boolean(this.marks.drawing.tool);
    const marks = count(finding.regions);
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
      marks ? make("span", { class: "small quiet wide num count" }, marks) : null,
      make(
        "button",
        { type: "button", class: `btn plain mark ${marking ? "on" : ""}`, "data-does": "Mark", title: "Mark the place on the picture: G", onclick: (event) => (marking ? this.marks.done() : this.#markFrom(event)) },
        marking ? "Done " : "Mark ",
        ...caps([marking ? "Esc" : "G"]),
      ),
    );
  }
}
