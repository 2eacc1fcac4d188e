// The images of Browse that were chosen: one by one, in ranges, or all that match. They stay chosen while pages are
// turned and filters change; all that match are chosen for as long as the filters are the same.

import { MOST } from "./laying.js";

export class Gathered {
  keys = []; // in the order of choosing
  all = null; // `{ listing, total }` when all that match are chosen
  #range = null; // where a range began, and what was chosen before it

  /** `keyOf(at)` gives the key of the card at a place in the grid. */
  constructor(el, keyOf) {
    Object.assign(this, { el, keyOf });
  }

  get count() {
    return this.all?.total ?? this.keys.length;
  }

  /** What the server is told of them: bodies of at most `most` images each. */
  bodies(most) {
    if (this.all) return [{ listing: this.all.listing }];
    return Array.from({ length: Math.ceil(this.keys.length / most) }, (_, at) => ({ images: this.keys.slice(at * most, (at + 1) * most) }));
  }

  toggle(key) {
    this.#set(this.keys.includes(key) ? this.keys.filter((one) => one !== key) : [...this.keys, key]);
  }

  /** From where the range began, which is `from` for a new one, to `to`; what was chosen before it stays. */
  reach(from, to) {
    const { anchor, before } = this.#range ?? { anchor: from, before: this.keys };
    const [low, high] = [Math.min(anchor, to), Math.max(anchor, to)];
    const range = Array.from({ length: high - low + 1 }, (_, at) => this.keyOf(low + at));
    this.#set([...new Set([...before, ...range])]);
    this.#range = { anchor, before };
  }

  /** The selection moved without choosing: the next range begins where it is. */
  settle() {
    this.#range = null;
  }

  /** All of these; none of them when all were chosen already. */
  toggleAll(keys) {
    const others = this.keys.filter((one) => !keys.includes(one));
    this.#set(keys.every((one) => this.keys.includes(one)) ? others : [...new Set([...this.keys, ...keys])]);
  }

  everything(listing, total) {
    this.#set([]);
    this.all = { listing, total };
    this.show();
  }

  /** The listing is this one from now on: what was chosen as a whole is another whole then. */
  heed(listing) {
    if (this.all && this.all.listing !== listing) this.clear();
  }

  clear() {
    this.#set([]);
  }

  #set(keys) {
    this.all = null;
    this.#range = null;
    this.keys = keys;
    this.show();
  }

  /** Mark the cards, and say how many were chosen. */
  show() {
    const { grid, gathered, told, looks, chosenBar, chosenCount } = this.el;
    const { count } = this;
    const focus = looks.contains(document.activeElement) || chosenBar.contains(document.activeElement);
    [...grid.children].forEach((card, at) => card.setAttribute("aria-checked", String(this.all !== null || this.keys.includes(this.keyOf(at)))));
    gathered.textContent = this.keys.length > MOST ? ` first ${MOST}` : this.keys.length ? ` ${this.keys.length}` : "";
    chosenCount.textContent = this.all ? `All ${count} chosen` : `${count} chosen`;
    told.textContent = count ? `${count} ${count === 1 ? "image" : "images"} chosen` : "";
    looks.hidden = count > 0;
    chosenBar.hidden = count === 0;
    if (focus && document.activeElement === document.body) grid.focus(); // the button that was pressed is gone
  }
}
