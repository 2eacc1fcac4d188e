// Checks of a study: how many images show a wrong text, which share that is, and how many of those texts have no map.

import { send } from "./api.js";
import { clock } from "./dom.js";
import { mapsButton } from "./jobs.js";

export class Checks {
  #study = null;

  constructor(el, onChange) {
    this.el = el;
    this.onChange = onChange;
    el.unmapped.append(mapsButton());
    el.checkForm.addEventListener("submit", (event) => this.#set(event));
  }

  get #field() {
    return this.el.checkForm.elements.namedItem("share");
  }

  show(study, another) {
    const { el } = this;
    const { planted, described, unmapped, rated } = study.checks;
    this.#study = study;
    el.checkCount.textContent = `${planted} of ${described} described ${described === 1 ? "image" : "images"}${rated ? `, ${rated} rated` : ""}`;
    if (another) {
      el.checkSaid.textContent = "";
      this.#wrong("");
    }
    if (another || document.activeElement !== this.#field) this.#field.value = described ? Math.round((100 * planted) / described) : 0;
    el.unmapped.hidden = !unmapped;
    el.unmappedText.textContent = `${unmapped} of these texts ${unmapped === 1 ? "has" : "have"} no map yet`;
  }

  async #set(event) {
    event.preventDefault();
    const { el } = this;
    const share = Number(this.#field.value);
    if (this.#field.value.trim() === "" || !Number.isInteger(share) || share < 0 || share > 50) return this.#wrong("The share must be a whole number from 0 to 50.");
    el.checkSet.disabled = true;
    try {
      const study = await send("POST", `/api/studies/${this.#study.id}/checks`, { share }, { timeout: 60_000 });
      this.#wrong("");
      el.checkSaid.textContent = `Saved ${clock()}`;
      await this.onChange(study);
    } catch (error) {
      this.#wrong(error.message);
    } finally {
      el.checkSet.disabled = false;
    }
    return undefined;
  }

  #wrong(text) {
    this.el.checkWrong.textContent = text;
    this.el.checkWrong.hidden = !text;
    this.#field.setAttribute("aria-invalid", String(Boolean(text)));
    if (text) this.#field.focus();
  }
}
