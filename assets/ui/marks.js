// Boxes that the reviewer draws on the picture for a finding. Coordinates are whole image pixels, half-open.

import { draw, make } from "./dom.js";

const SMALLEST = 3; // image pixels; less was a click
const GRIPS = [[0, 1], [2, 1], [0, 3], [2, 3]]; // which coordinates each corner moves

export class Marks {
  #findings = [];
  #selected = null; // finding
  #box = null; // which of its boxes
  #drawing = false;
  #drag = null;

  /** `onChange(finding, regions)` and `onSelect(finding)` take indices into the findings. */
  constructor({ svg, tags, stage }, viewer, { onChange, onSelect, onDrawing }) {
    Object.assign(this, { svg, tags, stage, viewer, onChange, onSelect, onDrawing });
    stage.addEventListener("pointermove", (event) => this.#move(event));
    stage.addEventListener("pointerup", (event) => this.#up(event));
    stage.addEventListener("pointercancel", () => this.#cancel());
  }

  /** Show the boxes of `findings` (`{regions, gone}`), the one at `selected` with grips. */
  show(findings, selected) {
    if (selected !== this.#selected) this.#box = null;
    this.#findings = findings;
    this.#selected = selected;
    this.#paint();
  }

  get drawing() {
    return this.#drawing;
  }

  draw(on) {
    this.#drawing = on;
    this.stage.classList.toggle("drawing", on);
    this.onDrawing(on);
  }

  /** Delete the selected box, the one with grips. */
  remove() {
    const at = this.#box;
    if (at === null) return;
    this.#box = null;
    this.onChange(this.#selected, this.#findings[this.#selected].regions.filter((_, index) => index !== at));
  }

  /** Whether a press on the stage is for marks; else it moves the picture. */
  takes(event) {
    const { finding, box, grip } = event.target.dataset ?? {};
    const at = this.viewer.at(event);
    if (grip !== undefined) {
      this.#drag = { was: this.#coordinates(this.#selected, this.#box), from: at, moves: GRIPS[grip] };
    } else if (this.#drawing && this.#selected !== null) {
      const [x, y] = [Math.floor(at.x), Math.floor(at.y)];
      this.#drag = { was: [x, y, x, y], from: at, moves: [2, 3], fresh: true };
    } else if (finding !== undefined) {
      this.onSelect(Number(finding)); // shows the findings anew, which forgets the box of another one
      this.#box = Number(box);
      this.#paint();
      this.#drag = { was: this.#coordinates(Number(finding), this.#box), from: at, moves: [0, 1, 2, 3] };
    } else return false;
    this.stage.setPointerCapture(event.pointerId);
    return true;
  }

  #coordinates(finding, box) {
    return [...this.#findings[finding].regions[box].coordinates];
  }

  #dragged(event) {
    const at = this.viewer.at(event);
    const { width, height } = this.viewer.size;
    const { was, from, moves } = this.#drag;
    let [right, down] = [Math.round(at.x - from.x), Math.round(at.y - from.y)];
    if (moves.length === 4) {
      right = Math.max(-was[0], Math.min(width - was[2], right));
      down = Math.max(-was[1], Math.min(height - was[3], down));
    }
    const now = was.map((value, index) => (moves.includes(index) ? value + (index % 2 ? down : right) : value));
    const within = (value, most) => Math.max(0, Math.min(most, value));
    const [x0, x1] = [now[0], now[2]].map((x) => within(x, width)).sort((a, b) => a - b);
    const [y0, y1] = [now[1], now[3]].map((y) => within(y, height)).sort((a, b) => a - b);
    return [x0, y0, x1, y1];
  }

  #move(event) {
    if (!this.#drag) return;
    this.#drag.now = this.#dragged(event);
    this.#paint();
  }

  #up(event) {
    if (!this.#drag) return;
    const { fresh, was, now } = { ...this.#drag, now: this.#dragged(event) };
    this.#drag = null;
    const large = now[2] - now[0] >= SMALLEST && now[3] - now[1] >= SMALLEST;
    const regions = [...this.#findings[this.#selected].regions];
    if (large && now.some((value, at) => value !== was[at])) {
      const at = fresh ? regions.length : this.#box;
      regions[at] = { ...regions[at], shape: "box", coordinates: now };
      this.#box = at;
      if (fresh) this.draw(false);
      this.onChange(this.#selected, regions);
    } else this.#paint();
  }

  #cancel() {
    this.#drag = null;
    this.#paint();
  }

  #shown(finding, box, region) {
    const moving = this.#drag?.now && !this.#drag.fresh && finding === this.#selected && box === this.#box;
    return moving ? this.#drag.now : region.coordinates;
  }

  #paint() {
    const { width, height } = this.viewer.size;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const shapes = [];
    const labels = [];
    this.#findings.forEach((finding, at) => {
      finding.regions.forEach((region, box) => {
        if (region.shape !== "box") return;
        const on = at === this.#selected;
        const chosen = on && box === this.#box;
        const corners = this.#shown(at, box, region);
        shapes.push(this.#shape(corners, { on, gone: finding.gone, at, box }));
        labels.push(this.#tag(corners, { on, gone: finding.gone, at }));
        if (chosen) labels.push(...this.#grips(corners));
      });
    });
    if (this.#drag?.fresh && this.#drag.now) shapes.push(this.#shape(this.#drag.now, { on: true, at: this.#selected, box: "" }));
    this.svg.replaceChildren(...shapes);
    this.tags.replaceChildren(...labels);
  }

  #shape([x0, y0, x1, y1], { on, gone, at, box }) {
    const place = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
    const data = { "data-finding": at, "data-box": box };
    return draw("g", { class: `${on ? "on" : ""} ${gone ? "drop" : ""}` }, draw("rect", { class: "e", ...place }), draw("rect", { class: "m", ...place, ...data }));
  }

  #tag([x0, y0], { on, gone, at }) {
    const { width, height } = this.viewer.size;
    const place = `left:${(x0 / width) * 100}%;top:${(y0 / height) * 100}%`;
    return make("span", { class: `tag ${on ? "on" : ""} ${gone ? "drop" : ""}`, style: place }, String(at + 1));
  }

  #grips(corners) {
    const { width, height } = this.viewer.size;
    return GRIPS.map(([x, y], grip) =>
      make("i", { class: "grip", "data-grip": grip, style: `left:${(corners[x] / width) * 100}%;top:${(corners[y] / height) * 100}%` }),
    );
  }
}
