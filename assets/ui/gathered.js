// The images of Browse that were chosen to be compared: they stay chosen while pages are turned and filters change.

import { MOST } from "./laying.js";

export class Gathered {
  keys = []; // in the order of choosing

  /** `keyOf(at)` gives the key of the card at a place in the grid. */
  constructor(el, keyOf) {
    Object.assign(this, { el, keyOf });
  }

  toggle(key) {
    if (this.keys.includes(key)) this.keys = this.keys.filter((one) => one !== key);
    else if (this.keys.length < MOST) this.keys.push(key);
    this.show();
  }

  clear() {
    this.keys = [];
    this.show();
  }

  /** Mark the cards, and say how many were chosen. */
  show() {
    const { grid, gathered, told } = this.el;
    [...grid.children].forEach((card, at) => card.setAttribute("aria-checked", String(this.keys.includes(this.keyOf(at)))));
    gathered.textContent = this.keys.length ? ` ${this.keys.length}` : "";
    told.textContent = this.keys.length ? `${this.keys.length} of at most ${MOST} images chosen to be compared` : "";
  }
}
