// The reviews of an image side by side, each with what can be taken from it.

import { isTicked, letter } from "./deciding.js";
import { showDifference } from "./diff.js";
import { clock, icon, make, spent } from "./dom.js";
import { band, JUDGEMENTS, STATES, VERDICTS } from "./form.js";
import { count } from "./shapes.js";
import { sample } from "./theirmarks.js";

const KINDS = { skip: "Skipped", flag: "Flagged" };
const day = (iso) => `${new Date(iso).toLocaleDateString()} ${clock(iso)}`;

export class ReviewCards {
  #revision = new Map(); // which revision of whom is looked at, where it is not the newest

  /** `onTake(at)`, `onText(at)` and `onTick(at, finding)` hear what is taken; `onMarks(at)` whose marks are switched. */
  constructor(element, { onTake, onText, onTick, onMarks }) {
    Object.assign(this, { element, onTake, onText, onTick, onMarks });
  }

  reset() {
    this.#revision.clear();
    this.element.scrollLeft = 0;
  }

  /** Show the reviews; `against(review)` gives the text that it is held against, null for none; `texts` are the ids of the
   * machines' texts that people answered; `hidden` whose marks are off. */
  show(reviews, { form, against, texts, hidden }) {
    this.all = reviews;
    this.texts = texts;
    const focused = document.activeElement?.dataset.does;
    this.element.replaceChildren(...reviews.map((review, at) => this.#card(review, at, { form, against, off: hidden.has(review.reviewer) })));
    if (focused) this.element.querySelector(`[data-does="${focused}"]`)?.focus({ preventScroll: true });
    this.shown = { reviews, form, against, texts, hidden };
  }

  /** The focus goes to the first card, or from one card on to the next. */
  next() {
    const cards = [...this.element.children];
    const at = cards.findIndex((card) => card.contains(document.activeElement));
    cards[(at + 1) % cards.length]?.querySelector("button")?.focus();
  }

  #card(review, at, { form, against, off }) {
    const older = review.history.find(({ revision }) => revision === this.#revision.get(review.reviewer));
    const shown = older ?? review;
    const full = shown.kind === "review";
    const name = `Review ${letter(at)}`;
    const card = make("article", { class: `answer ${form.base === review.reviewer ? "on" : ""}`, "aria-label": name }, this.#head(review, shown, at, off), this.#facts(shown));
    if (!full) {
      card.append(make("p", { class: "notice" }, icon("flag"), make("span", {}, make("b", {}, KINDS[shown.kind]), ` ${shown.reason}`)));
      return card;
    }
    const text = make("p", { class: "said diff" });
    const held = against(shown);
    if (held === null || held === shown.explanation) text.textContent = shown.explanation || "No explanation given.";
    else showDifference(text, held, shown.explanation);
    card.append(text, make("ul", { class: "finds" }, ...shown.findings.map((one, index) => this.#finding(one, index, { review, at, form, older }))));
    if (shown.note) card.append(make("p", { class: "small quiet note" }, shown.note));
    if (!older) card.append(this.#takes(at, form.base === review.reviewer));
    return card;
  }

  #head(review, shown, at, off) {
    const marks = make("button", { type: "button", class: "btn plain marks-of", "aria-pressed": String(!off), "aria-label": `Marks of ${letter(at)}`, title: "Show or hide these marks", "data-does": `marks ${at}`, onclick: () => this.onMarks(at) }, make("span", { class: "letter" }, letter(at)), sample(at));
    const head = make("header", {}, marks, make("span", { class: "quiet name" }, review.reviewer), make("span", { class: "grow" }));
    if (shown.rating !== null) head.append(make("strong", { class: "num" }, String(Math.round(shown.rating))), make("span", {}, band(shown.rating)));
    if (shown.second_rating !== null) head.append(make("span", { class: "quiet num" }, `now ${Math.round(shown.second_rating)}`));
    return head;
  }

  #facts(shown) {
    const words = [shown.judgement && `${this.#text(shown)} ${JUDGEMENTS[shown.judgement].toLowerCase()}`, shown.verdict && `Unrealistic: ${VERDICTS[shown.verdict].toLowerCase()}`].filter(Boolean);
    return make("p", { class: "facts" }, make("b", {}, words.join(" · ")), make("br"), this.#when(shown));
  }

  /** Which of the machines' texts it answers: with a number where people answered several. */
  #text({ description_id: said }) {
    return this.texts.length > 1 ? `Text ${this.texts.indexOf(String(said)) + 1}` : "Text";
  }

  /** When it was saved and how long it took; with several revisions, which one is looked at. */
  #when(shown) {
    const review = this.#of(shown);
    const words = `${day(shown.saved_at)}, ${spent(shown.active_seconds)} min`;
    if (!review?.history.length) return make("span", { class: "small quiet num" }, words);
    const all = [review, ...review.history];
    const select = make("select", { "aria-label": "Revision", class: "small", "data-does": `revision ${review.reviewer}` }, ...all.map(({ revision }, at) => new Option(at ? `Revision ${revision}` : `Revision ${revision}, counts`, revision, false, revision === shown.revision)));
    select.addEventListener("change", () => {
      this.#revision.set(review.reviewer, Number(select.value));
      this.show(this.shown.reviews, this.shown);
    });
    return make("span", { class: "small quiet num when" }, `${words} `, select);
  }

  #of(shown) {
    return this.all?.find((review) => review === shown || review.history.includes(shown));
  }

  #finding(one, index, { review, at, form, older }) {
    const phrase = make("span", { class: "tx" }, one.phrase);
    const marks = count(one.regions);
    const state = make("span", { class: "st" }, [STATES[one.state], marks].filter(Boolean).join(", "));
    const row = { class: one.state === "dropped" ? "dropped" : "" };
    if (older) return make("li", row, make("span", {}), phrase, state);
    const on = isTicked(form, review.reviewer, index);
    const box = make("button", { type: "button", class: "takes-it", role: "checkbox", "aria-checked": String(on), "aria-label": `Take: ${one.phrase}`, "data-does": `tick ${at} ${index}`, onclick: () => this.onTick(at, index) }, icon("done"));
    return make("li", { ...row, onclick: (event) => event.target.closest("button") || this.onTick(at, index) }, box, phrase, state);
  }

  #takes(at, on) {
    const key = at < 9 ? make("kbd", {}, String(at + 1)) : null;
    return make(
      "div",
      { class: "takes" },
      make("button", { type: "button", class: "btn", "aria-pressed": String(on), "data-does": `take ${at}`, onclick: () => this.onTake(at) }, on ? "Chosen" : "Choose", key),
      make("button", { type: "button", class: "btn plain", "data-does": `text ${at}`, title: "The explanation alone", onclick: () => this.onText(at) }, "Use text"),
    );
  }
}
