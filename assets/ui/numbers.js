// The numbers beside the tiles: under the cross, and over the whole image.

import { make } from "./dom.js";
import { covered } from "./regions.js";

const UNREAL = 0.55; // below it a place counts as unreal, as where maps are held against people's marks
const FINE = 256; // cells on the long side of the grid on which areas are counted
const two = (value) => value.toFixed(2);
const letter = (pane) => make("span", { class: "letter" }, pane.letter);

/** The shared area of a map's unreal places and the marks over their joined area; null where neither is. */
export function overlap(values, marks, size) {
  const scale = Math.max(1, FINE / Math.max(values.width, values.height));
  const grid = { width: Math.round(values.width * scale), height: Math.round(values.height * scale) };
  let [shared, joined] = [0, 0];
  covered(marks, size, grid).forEach((marked, cell) => {
    const [x, y] = [cell % grid.width, Math.floor(cell / grid.width)];
    const unreal = values.at((x + 0.5) / grid.width, (y + 0.5) / grid.height) < UNREAL;
    shared += marked && unreal;
    joined += marked || unreal;
  });
  return joined ? shared / joined : null;
}

export class Numbers {
  #bars = new Map(); // pane: {bar, figure}

  constructor(el) {
    this.el = el;
  }

  /** One row for each pane, and one bar that waits for the cross. */
  show(panes, own) {
    const { el } = this;
    const marked = panes.some((pane) => pane.got.people?.marks.length);
    const overlaps = panes.map((pane) => this.#overlap(pane));
    const best = Math.max(...overlaps.filter((one) => one !== null), 0);
    el.overlapHead.hidden = el.overlapWords.hidden = !marked;
    const rows = panes.map((pane, at) => {
      const cells = pane.values ? [pane.text(pane.values.range[0]), pane.text(pane.values.mean)] : ["–", "–"];
      const shared = overlaps[at] === null ? "–" : two(overlaps[at]);
      const last = marked ? [make("td", { class: overlaps[at] === best && best > 0 ? "best" : "" }, shared)] : [];
      return make("tr", {}, make("th", { scope: "row" }, letter(pane)), ...cells.map((cell) => make("td", {}, cell)), ...last);
    });
    el.rows.replaceChildren(...rows);
    this.#bars.clear();
    const bars = panes.map((pane) => {
      const [bar, figure] = [make("i", {}), make("span", { class: "figure num" })];
      this.#bars.set(pane, { bar, figure });
      return make("div", { class: `vbar ${pane.element.classList.contains("difference") ? "both" : ""}` }, letter(pane), make("span", { class: "track" }, bar), figure);
    });
    el.bars.replaceChildren(...bars);
    el.scaleWords.textContent = `0 looks unreal, 1 looks real; kept in steps of 0.004${own ? ". The colours have scales of their own" : ""}`;
  }

  #overlap(pane) {
    const marks = pane.got.people?.marks ?? [];
    const map = pane.values && !pane.element.classList.contains("difference");
    return map && marks.length ? overlap(pane.values, marks, pane.size) : null;
  }

  /** What stands under the cross: `found` holds a value or null for each pane; `where` says where the cross is. */
  under(found, where, told) {
    const { el } = this;
    el.place.textContent = where;
    for (const [pane, { bar, figure }] of this.#bars) {
      const value = found?.get(pane) ?? null;
      figure.textContent = value === null ? "–" : pane.text(value);
      const both = pane.element.classList.contains("difference");
      const [from, to] = both ? [Math.min(0, value ?? 0), Math.max(0, value ?? 0)].map((one) => 50 + 50 * one) : [0, 100 * (value ?? 0)];
      Object.assign(bar.style, { left: `${from}%`, width: `${to - from}%` });
    }
    if (!told) return;
    const words = [...(found ?? [])].filter(([, value]) => value !== null).map(([pane, value]) => `${pane.letter} ${pane.text(value)}`);
    el.told.textContent = `${where}: ${words.join(", ") || "no value"}`;
  }
}
