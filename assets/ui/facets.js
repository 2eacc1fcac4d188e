// The column of filters: the values of each facet with their counts. Where there are many, the most frequent ones, and a
// field that finds the others.

import { AGREEMENT, RATINGS, STATUS } from "./cards.js";
import { make } from "./dom.js";
import { VERDICTS } from "./form.js";
import { session } from "./session.js";

export const FACETS = { status: "My review", ratings: "Ratings", agreement: "MOS and score", flags: "Flags", notes: "Notes", tags: "Tags", verdict: "Verdict", origin: "Origin", generator: "Generator", split: "Split" };
const WORDS = { status: STATUS, verdict: VERDICTS, ratings: RATINGS, agreement: AGREEMENT, flags: { flagged: "" }, notes: { noted: "Has a note" } }; // whose values we know, in their order
const BY_COUNT = ["tags", "generator"];
const FEW = { generator: 2, split: 2, origin: 2 }; // fewer values than that are no choice
const MOST = 20;

const named = (name, { value, label }) => (name === "flags" ? `Flagged by ${session.reviewer.leads ? "anybody" : "me"}` : (WORDS[name]?.[value] ?? label));

export class Facets {
  #values = {}; // all seen so far in the study: a search that finds nothing keeps the column
  #sought = {}; // what was typed to find a value, by facet

  /** `onToggle(name, value)` hears of a press. */
  constructor(element, onToggle) {
    Object.assign(this, { element, onToggle });
  }

  /** Whether the values of this study are known. */
  knows(study) {
    return this.#values.study === study.id;
  }

  /** Begin anew with another study's values. */
  begin(study, facets) {
    this.#values = { study: study.id, ...facets };
    this.#sought = {};
  }

  show(facets, query) {
    for (const name of Object.keys(FACETS)) {
      const seen = new Map((this.#values[name] ?? []).map((one) => [one.value, { ...one, count: 0 }]));
      for (const value of query.getAll(name)) if (!seen.has(value)) seen.set(value, { value, label: value, count: 0 });
      for (const one of facets[name] ?? []) seen.set(one.value, one);
      this.#values[name] = [...seen.values()];
    }
    const shown = Object.keys(FACETS).filter((name) => this.#values[name].length >= (FEW[name] ?? 1) || query.has(name));
    const focused = document.activeElement?.dataset?.facet;
    this.element.replaceChildren(...shown.map((name) => this.#section(name, query)));
    for (const box of this.element.querySelectorAll("input")) if (box.dataset.facet === focused) box.focus();
  }

  #section(name, query) {
    const values = this.#sorted(name);
    const options = make("div", {});
    const fill = () => options.replaceChildren(...this.#options(name, values, query));
    fill();
    const head = make("h2", { id: `rz-facet-${name}` }, FACETS[name]);
    if (values.length <= MOST) return make("section", { role: "group", "aria-labelledby": head.id }, head, options);
    const find = make("input", { class: "field find", type: "search", placeholder: `Find one of ${values.length}`, "aria-label": `Find: ${FACETS[name]}`, "data-facet": `${name} find`, autocomplete: "off", spellcheck: "false" });
    find.value = this.#sought[name] ?? "";
    find.addEventListener("input", () => {
      this.#sought[name] = find.value;
      fill();
    });
    return make("section", { role: "group", "aria-labelledby": head.id }, head, find, options);
  }

  #sorted(name) {
    const known = Object.keys(WORDS[name] ?? {});
    const rank = BY_COUNT.includes(name) ? (a, b) => b.count - a.count || a.label.localeCompare(b.label) : (a, b) => known.indexOf(a.value) - known.indexOf(b.value);
    return this.#values[name].toSorted(rank);
  }

  /** The values that hold what is sought: the first ones, and those that are on wherever they are. */
  #options(name, values, query) {
    const on = query.getAll(name);
    const sought = (this.#sought[name] ?? "").trim().toLowerCase();
    const found = values.filter(({ label }) => label.toLowerCase().includes(sought));
    const first = new Set(found.slice(0, MOST));
    const shown = values.filter((one) => first.has(one) || on.includes(one.value));
    const options = shown.map((one) => this.#option(name, one, on.includes(one.value)));
    const left = found.length - first.size;
    const note = left ? `${left} more: type to find one` : found.length ? "" : "None is called so";
    return note ? [...options, make("p", { class: "small quiet", role: "status" }, note)] : options;
  }

  #option(name, one, on) {
    const box = make("input", { type: "checkbox", class: "sr", "data-facet": `${name} ${one.value}`, onchange: () => this.onToggle(name, one.value) });
    box.checked = on;
    const label = named(name, one);
    return make("label", { class: `opt ${on ? "on" : ""}` }, box, make("i", {}), make("b", { title: label }, label), make("span", { class: "num" }, String(one.count)));
  }
}
