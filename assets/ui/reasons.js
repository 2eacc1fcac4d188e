// The dialog that asks why an image is skipped or flagged. A number chooses a reason and is done.

import { make } from "./dom.js";

const ASKED = {
  skip: {
    title: "Skip this image",
    reasons: ["Cannot decide", "Too small or blurred to judge", "Needs knowledge I lack"],
    hint: "It counts as done for you, and somebody else may get it. A reason is yours to give.",
    go: "Skip and next",
  },
  flag: {
    title: "Flag this image",
    reasons: ["Cannot be judged", "Private or offensive", "Does not belong here"],
    hint: "The image goes to the study lead and counts as done for you.",
    go: "Flag and next",
  },
};

export class Reasons {
  #kind = null;

  /** `onGiven(kind, reason)` hears what was said; of a skip the reason may be empty. */
  constructor(el, onGiven) {
    Object.assign(this, { el, onGiven });
    el.reasonForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#give(el.reason.value.trim());
    });
    el.reasonCancel.addEventListener("click", () => el.reasonDialog.close());
    el.reasonDialog.addEventListener("keydown", (event) => {
      if (event.target === el.reason || event.ctrlKey || event.metaKey || event.altKey) return;
      const reason = ASKED[this.#kind].reasons[Number(event.key) - 1];
      if (reason) this.#give(reason);
      else if (event.key === "r") el.reason.focus();
      else return;
      event.preventDefault();
    });
  }

  ask(kind) {
    const { el } = this;
    const { title, reasons, hint, go } = ASKED[kind];
    this.#kind = kind;
    el.reasonTitle.textContent = title;
    el.reasonHint.textContent = hint;
    el.reasonGo.textContent = go;
    el.reason.value = "";
    el.reason.required = kind === "flag";
    const button = (reason, at) => make("button", { type: "button", class: "btn", onclick: () => this.#give(reason) }, make("kbd", {}, String(at + 1)), reason);
    el.reasonList.replaceChildren(...reasons.map(button));
    el.reasonDialog.showModal();
    el.reasonGo.focus();
  }

  #give(reason) {
    this.el.reasonDialog.close();
    this.onGiven(this.#kind, reason);
  }
}
