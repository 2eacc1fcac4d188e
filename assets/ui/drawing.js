// The tool in the hand: makes a new mark by a drag, by clicks or by keys, or paints a mask.

import { Brush } from "./brush.js";
import { draw, twice } from "./dom.js";
import { recall, remember } from "./memory.js";
import { box, corner, polygon } from "./shapes.js";

export const TOOLS = ["box", "polygon", "brush"];
const NEAR = 10; // css pixels: a click so near to the first point closes a polygon
const TWICE = 4; // css pixels: the second press of a double click is no point of its own
const STEP = 10; // css pixels that the cursor goes at one press with Shift
const BRUSH = { least: 4, most: 200, by: 4, first: 32 }; // css pixels across

export class Drawing {
  tool = null;
  erasing = false;
  #last = recall("tool");
  #across = recall("brush", BRUSH.first);
  #points = []; // placed so far
  #at = null; // where the pointer or the keyboard's cursor is, in image pixels
  #from = null; // the last place of a brush stroke; null between strokes

  /** `onMade(region)` takes a box or a polygon; `onStroke()` gives the run lengths to paint on, `onPainted(runs)` takes them. */
  constructor({ stage, aim, canvas }, viewer, { onMade, onStroke, onPainted }) {
    Object.assign(this, { stage, aim, viewer, onMade, onStroke, onPainted });
    this.brush = new Brush(canvas);
    this.sketch = draw("g", { class: "on sketch" });
    stage.addEventListener("pointerleave", () => this.#from || this.#aim(false));
  }

  /** Take a tool into the hand: the one that was there last, or the next if one is there now; null puts it down. */
  take(tool = this.tool ? TOOLS[(TOOLS.indexOf(this.tool) + 1) % TOOLS.length] : TOOLS.includes(this.#last) ? this.#last : TOOLS[0]) {
    this.drop();
    this.#from = null;
    if (!tool) this.brush.rest();
    this.tool = tool;
    this.stage.dataset.tool = tool ?? "";
    this.#at = null;
    this.#aim(false);
    if (!tool) return;
    this.#last = tool;
    remember("tool", tool);
  }

  /** How wide the brush is, in pixels of the screen. */
  get across() {
    return this.#across;
  }

  set across(value) {
    this.#across = Math.max(BRUSH.least, Math.min(BRUSH.most, value));
    remember("brush", this.#across);
    if (!this.aim.hidden) this.#aim(true);
  }

  widen(sign) {
    this.across += sign * BRUSH.by;
  }

  get begun() {
    return this.#points.length > 0;
  }

  // ---- by pointer ----

  down(event) {
    this.#at = this.viewer.at(event);
    if (this.tool === "polygon") this.#add();
    else if (this.tool === "box") this.#points = [this.#corner()];
    else this.#begin(this.erasing || event.shiftKey || event.altKey);
  }

  move(event) {
    this.#at = this.viewer.at(event);
    if (this.#from) for (const one of event.getCoalescedEvents?.() ?? [event]) this.#paint(this.viewer.at(one));
    this.#aim(this.tool === "brush");
    this.#show();
  }

  up() {
    if (this.tool === "brush") this.#end();
    else if (this.tool === "box" && this.begun) this.#make(box(this.#points[0], this.#corner()));
  }

  cancel() {
    if (this.#from) this.#end();
    else if (this.tool === "box") this.drop();
  }

  // ---- by key ----

  /** Move the cursor by pixels of the screen, or of the image where those are larger. */
  steer(right, down, far) {
    const { width, height } = this.viewer.size;
    const by = Math.max(1, Math.round((far ? STEP : 1) / this.viewer.scale));
    const { x, y } = this.#at ?? this.viewer.middle;
    const within = (value, most) => Math.max(0, Math.min(most, Math.round(value)));
    this.#at = { x: within(x + right * by, width), y: within(y + down * by, height) };
    this.viewer.see(this.#at);
    this.#aim(true);
    this.#show();
    return this.#at;
  }

  /** Space: a corner, a point, a dab of the brush. */
  place() {
    if (!this.#at) this.steer(0, 0);
    if (this.tool === "polygon") this.#add();
    else if (this.tool === "brush") this.#dab(this.erasing);
    else if (this.begun) this.#make(box(this.#points[0], this.#corner()));
    else this.#points = [this.#corner()];
    this.#show();
  }

  /** Enter: the mark is done. */
  close() {
    if (this.tool === "box") this.place();
    else if (this.#points.length >= 3) this.#make(polygon(this.#points));
  }

  /** Backspace: the last point, or what lies under the brush, goes. True when there was a point. */
  takeBack() {
    if (this.tool === "brush" && this.#at) this.#dab(true);
    const had = Boolean(this.#points.pop());
    this.#show();
    return had;
  }

  /** Esc: what was begun goes. True when there was anything. */
  drop() {
    const had = this.begun;
    this.#points = [];
    this.#show();
    return had;
  }

  // ---- what both do ----

  #corner() {
    return corner(this.#at, this.viewer.size);
  }

  #distance([x, y]) {
    return Math.hypot(x - this.#at.x, y - this.#at.y) * this.viewer.scale;
  }

  #add() {
    const points = this.#points;
    if (points.length >= 3 && this.#distance(points[0]) < NEAR) return this.close();
    if (!points.length || this.#distance(points.at(-1)) >= TWICE) points.push(this.#corner());
    return this.#show();
  }

  #make(region) {
    this.drop();
    this.onMade(region);
  }

  #begin(erase) {
    const runs = this.onStroke();
    if (!runs && erase) return; // nothing to erase from
    this.erase = erase;
    this.brush.begin(runs, this.viewer.size);
    this.#from = this.#at;
    this.#paint(this.#at);
    this.#aim(true);
  }

  #paint(at) {
    this.brush.paint([this.#from.x, this.#from.y], [at.x, at.y], this.#across / this.viewer.scale, this.erase);
    this.#from = at;
  }

  #end() {
    if (!this.#from) return;
    this.#from = null;
    this.onPainted(this.brush.end());
  }

  #dab(erase) {
    this.#begin(erase);
    this.#end();
  }

  /** The cross of the keyboard's cursor, or the ring of the brush. */
  #aim(on) {
    const { aim, viewer } = this;
    aim.hidden = !on || !this.#at;
    if (aim.hidden) return;
    const { width, height } = viewer.size;
    aim.classList.toggle("ring", this.tool === "brush");
    Object.assign(aim.style, { left: `${(100 * this.#at.x) / width}%`, top: `${(100 * this.#at.y) / height}%` });
    aim.style.setProperty("--across", `${this.#across}px`);
  }

  #show() {
    const points = this.#points;
    if (!points.length || !this.#at) return this.sketch.replaceChildren();
    if (this.tool === "box") {
      const [x0, y0, x1, y1] = box(points[0], this.#corner()).coordinates;
      return this.sketch.replaceChildren(...twice("rect", { x: x0, y: y0, width: x1 - x0, height: y1 - y0 }));
    }
    const line = [...points, this.#corner()].map((point) => point.join(",")).join(" ");
    const dots = points.map(([x, y], at) => draw("path", { class: at || points.length < 3 ? "dot" : "dot first", d: `M${x} ${y}h0` }));
    return this.sketch.replaceChildren(...twice("polyline", { points: line }), ...dots);
  }
}
