// Several descriptions of one image, a card each: the person takes the best one. Which machine wrote which is not known here.

import { make, press } from "./dom.js";
import { answersTo, isCorrected, JUDGEMENTS, VERDICTS } from "./form.js";

export const LETTERS = [..."ABCD"];

/** The letter of the text that is chosen among several; none where there is no choice. */
export function letterOf(reveal) {
  const at = reveal?.texts?.findIndex(({ description }) => description.id === reveal.description?.id) ?? -1;
  return LETTERS[at] ?? "";
}

/** What was done with a text before, in words; none where nothing was. */
function done(answers, said) {
  const words = [answers?.judgement && `judged ${JUDGEMENTS[answers.judgement].toLowerCase()}`, answers && isCorrected(answers, said) && "corrected"].filter(Boolean).join(", ");
  return words && words[0].toUpperCase() + words.slice(1);
}

export class Texts {
  #shown = null;

  /** `onChoose(at)` hears which one is taken. */
  constructor(el, onChoose) {
    this.el = el;
    el.texts.addEventListener("click", (event) => {
      const card = event.target.closest("button");
      if (card) onChoose(Number(card.dataset.v) - 1);
    });
  }

  /** Show them with what `form` says of each; until `open` they can be read and not chosen. */
  show(reveal, open, form) {
    const { texts: element } = this.el;
    const texts = reveal?.texts ?? null;
    if (texts !== this.#shown) element.replaceChildren(...(texts ?? []).map(({ description }, at) => this.#card(description, at)));
    this.#shown = texts;
    press(element.children, reveal?.description ? LETTERS.indexOf(letterOf(reveal)) + 1 : null);
    for (const [at, card] of [...element.children].entries()) {
      card.disabled = !open;
      card.querySelector(".done").textContent = done(answersTo(form, texts[at].description.id), texts[at].description);
    }
  }

  #card({ verdict, explanation }, at) {
    const key = String(at + 1);
    return make(
      "button",
      { type: "button", "data-v": key, "aria-keyshortcuts": key, "aria-pressed": "false" },
      make("span", { class: "which" }, make("span", { class: "letter" }, LETTERS[at]), make("b", { class: verdict ? "" : "quiet" }, verdict ? (verdict === "no" ? "No, nothing" : VERDICTS[verdict]) : "No verdict given"), make("span", { class: "grow" }), make("span", { class: "done" }), make("kbd", {}, key)),
      make("span", { class: explanation ? "said" : "said quiet" }, explanation || "No explanation given."),
    );
  }
}
