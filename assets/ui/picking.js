// The dialog in which images are chosen: those of the study, as they were imported.

import { get } from "./api.js";
import { icon, make } from "./dom.js";
import { MOST } from "./laying.js";
import { Pictures } from "./pictures.js";
import { session } from "./session.js";

const PER = 60;

export class Picking {
  #keys = []; // chosen, in the order of choosing
  #page = 0;

  /** `onDone(keys)` hears what was chosen. */
  constructor(el, onDone) {
    this.el = el;
    this.pictures = new Pictures();
    el.picks.addEventListener("click", (event) => this.#toggle(event.target.closest("button")));
    el.picks.addEventListener("keydown", (event) => this.#move(event));
    el.picks.addEventListener("focusin", ({ target }) => this.#rove(target));
    el.pickMore.addEventListener("click", () => this.#more());
    el.pickClose.addEventListener("click", () => el.picker.close());
    el.pickForm.addEventListener("submit", (event) => (this.#keys.length ? onDone(this.#keys) : event.preventDefault()));
    el.picker.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.target.closest(".picks")) return; // Space chooses, Enter is done
      event.preventDefault();
      el.pickDone.click();
    });
    el.picker.addEventListener("close", () => this.pictures.keep([]));
  }

  async open(keys) {
    this.#keys = keys.slice(0, MOST);
    this.#page = 0;
    this.el.picks.replaceChildren();
    this.#say();
    this.el.picker.showModal();
    await this.#more();
    this.el.picks.querySelector("button:not([disabled])")?.focus();
  }

  async #more() {
    const { el } = this;
    try {
      const { study } = session;
      const got = await get("/api/browse", { study: study.id, sort: "imported", page: ++this.#page, per: PER });
      el.picks.append(...got.items.map((item, at) => this.#pick(item, (this.#page - 1) * PER + at + 1)));
      el.pickMore.hidden = this.#page >= got.pages;
    } catch (error) {
      el.pickMore.hidden = true;
      el.pickWords.textContent = `The images cannot be listed. ${error.message}`;
    }
  }

  #pick(item, number) {
    const name = item.hidden ? `Image ${number}, not rated yet` : `Image ${number}${item.mapped ? "" : ", no map yet"}`;
    const tile = make("span", { class: "tile" }, make("span", { class: "tick" }, icon("done")));
    this.pictures.get(item.thumb).then((image) => tile.prepend(Object.assign(image, { alt: "" })), () => {});
    const words = make("span", { class: "small" }, item.hidden ? "Rate it first" : item.mapped ? `Image ${number}` : `Image ${number}, no map`);
    const button = make("button", { type: "button", class: "pick-one", "data-key": item.key, "aria-label": name, disabled: item.hidden, tabindex: -1 }, tile, words);
    button.setAttribute("aria-pressed", String(this.#keys.includes(item.key)));
    return button;
  }

  /** The arrows move over the images that can be chosen. */
  #move(event) {
    const { picks } = this.el;
    const all = [...picks.children];
    const columns = getComputedStyle(picks).gridTemplateColumns.split(" ").length;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!by) return;
    event.preventDefault();
    let next = all.indexOf(event.target) + by;
    while (all[next]?.disabled) next += by;
    all[next]?.focus();
  }

  /** The list has one stop for the focus: where it was last. */
  #rove(button) {
    for (const one of this.el.picks.children) one.tabIndex = one === button ? 0 : -1;
  }

  #toggle(button) {
    if (!button) return;
    const { key } = button.dataset;
    if (this.#keys.includes(key)) this.#keys = this.#keys.filter((one) => one !== key);
    else if (this.#keys.length < MOST) this.#keys.push(key);
    for (const one of this.el.picks.children) one.setAttribute("aria-pressed", String(this.#keys.includes(one.dataset.key)));
    this.#say();
  }

  #say() {
    const { el } = this;
    const count = this.#keys.length;
    el.pickDone.disabled = !count;
    const words = ["Space chooses. One image shows its maps side by side, several their first maps.", "Its maps are laid side by side."];
    el.pickWords.textContent = words[count] ?? `${count} images are laid side by side.${count === MOST ? " That is as many as there is room for." : ""}`;
  }
}
