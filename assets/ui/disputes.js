// The images that wait for a decision or have one: which of them, and where among them one is.

import { get } from "./api.js";
import { make, press } from "./dom.js";
import { Pictures } from "./pictures.js";
import { session } from "./session.js";

export const WHICH = ["todo", "flagged", "done", "all"];
const whole = Math.round;

/** Why an image is on the list, in a few words. */
export function why({ reviews, low, high, verdicts, judgements, flags, notes }) {
  const words = [];
  if (reviews > 1 && low !== null) words.push(high - low >= 1 ? `ratings ${whole(low)} to ${whole(high)}` : `all rate ${whole(low)}`);
  if (verdicts > 1) words.push("verdicts differ");
  if (judgements > 1) words.push("judgements differ");
  if (flags) words.push(flags > 1 ? `flagged by ${flags}` : "flagged");
  if (notes) words.push(notes > 1 ? `${notes} notes` : "a note");
  return words.join(", ") || `${reviews} reviews alike`;
}

export class Disputes {
  which = "todo";
  items = [];
  counts = { todo: 0, flagged: 0, done: 0, all: 0 };
  at = -1;

  constructor(el, { onOpen, onFilter }) {
    Object.assign(this, { el, onOpen });
    this.pictures = new Pictures();
    this.sight = new IntersectionObserver((seen) => seen.forEach((one) => one.isIntersecting && this.#fill(one.target)), { root: el.list });
    el.which.addEventListener("click", ({ target }) => target.closest("button") && onFilter(target.closest("button").dataset.v));
  }

  /** Ask for the list anew; `key` is the image to stand at, else one stands where one was. */
  async load(which, key) {
    const { images, counts, page } = await this.#ask(which, 0);
    const again = which === this.which;
    Object.assign(this, { which, items: images, counts, page });
    const found = images.findIndex((one) => one.key === key);
    this.at = found >= 0 ? found : Math.min(Math.max(0, again ? this.at : 0), images.length - 1);
    this.pictures.keep(images.map(({ thumb }) => thumb));
    this.el.list.replaceChildren(...images.map((one) => this.#row(one)));
    for (const row of this.el.list.children) this.sight.observe(row);
    this.show();
  }

  #ask(which, offset) {
    return get("/api/adjudicate", { study: session.study.id, which, offset });
  }

  get current() {
    return this.items[this.at] ?? null;
  }

  /** Go to the one before or after; null at the ends. */
  async beside(by) {
    if (by > 0 && this.at === this.items.length - 1 && this.items.length % this.page === 0) await this.#more();
    const next = this.items[this.at + by];
    if (!next) return null;
    this.at += by;
    this.show();
    return next;
  }

  async #more() {
    const { images } = await this.#ask(this.which, this.items.length);
    this.items.push(...images);
    this.el.list.append(...images.map((one) => this.#row(one)));
    for (const row of this.el.list.children) this.sight.observe(row);
  }

  show() {
    const { el, counts } = this;
    for (const button of el.which.children) button.querySelector("span").textContent = counts[button.dataset.v];
    press(el.which.children, this.which);
    el.where.textContent = this.current ? `${this.at + 1} of ${counts[this.which]}` : "";
    el.left.textContent = `${counts.todo} left`;
    el.previous.disabled = this.at <= 0;
    el.following.disabled = this.at >= counts[this.which] - 1;
    [...el.list.children].forEach((row, at) => {
      if (at === this.at) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    });
    el.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  /** The thumbnail comes when the row is in sight. */
  async #fill(row) {
    this.sight.unobserve(row);
    const one = this.items[[...row.parentElement.children].indexOf(row)];
    try {
      const image = await this.pictures.get(one.thumb);
      row.querySelector(".tile").replaceChildren(Object.assign(image.cloneNode(), { alt: "", draggable: false }));
    } catch {
      // A row without a picture still says what it is of.
    }
  }

  #row(one) {
    const state = one.adjudicated ? (one.changed ? "Done, reviewed since" : "Done") : `${one.reviews} ${one.reviews === 1 ? "review" : "reviews"}`;
    const open = () => {
      this.at = this.items.indexOf(one);
      this.show();
      this.onOpen(one.key);
    };
    return make("button", { type: "button", title: why(one), "aria-label": `Image ${one.number}: ${state}, ${why(one)}`, onclick: open }, make("span", { class: "tile" }), make("span", { class: "num" }, `Image ${one.number}`), make("span", { class: "small quiet" }, state), make("span", { class: "small quiet cut" }, why(one)));
  }
}
