// The parts of a screen: links, of which the address names one.

import { address, go, place } from "./session.js";

/** Follow a link without loading the page; with a modifier it is the browser's, for a new tab. */
export function follow(event, where) {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(where(link));
}

/** Mark the one of `links` whose part is `part`. */
export function markPart(links, part) {
  for (const link of links) {
    if (link.dataset.part === part) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

export class Tabs {
  /** `list` holds the links, each with its `data-part`; `screen` is the one they belong to. */
  constructor(list, screen) {
    Object.assign(this, { list, screen });
    list.addEventListener("click", (event) => follow(event, (link) => this.#where(link)));
  }

  #where(link) {
    return `${this.screen}?part=${link.dataset.part}`;
  }

  /** The part that the address names; without one the first. */
  get part() {
    const names = [...this.list.children].map((link) => link.dataset.part);
    const named = place().query.get("part");
    return names.includes(named) ? named : names[0];
  }

  show() {
    for (const link of this.list.children) link.href = address(this.#where(link));
    markPart(this.list.children, this.part);
  }
}
