// The rating: bands, a scale without a handle until there is a value, and the figure.

import { band, BANDS } from "./form.js";
import { press } from "./dom.js";

const MIDDLE = 50;

export class Rate {
  #value = null;

  constructor(el, onChange) {
    this.el = el;
    this.onChange = onChange;
    el.bands.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.#give(Number(button.dataset.v));
    });
    el.scale.addEventListener("pointerdown", (event) => {
      el.scale.setPointerCapture(event.pointerId);
      this.#point(event);
    });
    el.scale.addEventListener("pointermove", (event) => {
      if (el.scale.hasPointerCapture(event.pointerId)) this.#point(event);
    });
  }

  /** Show a value without having been given one; null is none. */
  show(value) {
    this.#value = value;
    const { el } = this;
    const at = value === null ? null : BANDS.indexOf(band(value));
    el.rating.textContent = value === null ? "–" : String(Math.round(value));
    el.ratingWord.textContent = value === null ? "No rating yet" : BANDS[at];
    el.ratingWord.classList.toggle("quiet", value === null);
    el.thumb.hidden = value === null;
    el.thumb.style.left = `${value ?? 0}%`;
    [...el.segments.children].forEach((segment, index) => segment.classList.toggle("on", index === at));
    press(el.bands.children, at === null ? null : at * 20 + 10);
    if (value === null) el.scale.removeAttribute("aria-valuenow");
    else el.scale.setAttribute("aria-valuenow", String(value));
    el.scale.setAttribute("aria-valuetext", value === null ? "No rating yet" : `${value}, ${BANDS[at]}`);
  }

  band(number) {
    this.#give(20 * number - 10);
  }

  nudge(by) {
    this.#give(this.#value === null ? MIDDLE : this.#value + by);
  }

  #give(value) {
    this.show(Math.max(0, Math.min(100, value)));
    this.onChange(this.#value);
  }

  #point(event) {
    const box = this.el.scale.getBoundingClientRect();
    this.#give(Math.round(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * 100));
  }
}
