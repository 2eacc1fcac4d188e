// The marks of the findings on the picture: shows them, selects and changes them, and hands new ones to the form.

import { Drawing } from "./drawing.js";
import { inserted, isLarge, isSame, moved, points, reach, refusal, without, withPoint } from "./shapes.js";
import { Sheet } from "./sheet.js";

const CLICK = 3; // css pixels that the pointer may move in a click
const NO_CORNER = -1;

export class Marks {
  #findings = [];
  #selected = null; // finding
  #mark = null; // which of its marks is selected
  #point = null; // which corner of that one
  #drag = null;
  #press = null; // where the pointer went down beside all marks

  /** `onChange(finding, regions, occasion)` and `onSelect(finding)` take indices into the findings; `onState()` hears of tools and selection, `onSay(text)` what a person should read. */
  constructor(el, viewer, { onChange, onSelect, onState, onSay }) {
    const { svg, stage } = el;
    Object.assign(this, { svg, stage, viewer, onChange, onSelect, onState, onSay });
    this.drawing = new Drawing(el, viewer, {
      onMade: (region) => this.#made(region),
      onStroke: () => this.#stroke(),
      onPainted: (runs) => this.#painted(runs),
    });
    this.sheet = new Sheet(el, viewer, this.drawing.sketch);
    stage.addEventListener("pointermove", (event) => this.#move(event));
    stage.addEventListener("pointerup", (event) => this.#up(event));
    stage.addEventListener("pointercancel", () => this.#cancel());
    stage.addEventListener("dblclick", () => this.drawing.tool === "polygon" && this.drawing.close());
  }

  /** Show the marks of `findings` (`{regions, gone, machine}`), those of the one at `selected` as selected. */
  show(findings, selected) {
    const same = (one, other) => one.regions === other?.regions && one.gone === other.gone;
    const known = selected === this.#selected && findings.length === this.#findings.length && findings.every((one, at) => same(one, this.#findings[at]));
    if (selected !== this.#selected) this.#mark = this.#point = null;
    this.#findings = findings;
    this.#selected = selected;
    if (this.#mark !== null && !this.#regions[this.#mark]) this.#mark = this.#point = null;
    if (this.#point !== null && this.#point >= points(this.#chosen).length) this.#point = null;
    if (!known) this.#paint();
  }

  /** What keys mean now: the tool in the hand, a selected mark, or null. */
  get step() {
    if (this.drawing.tool) return `marking ${this.drawing.tool}`;
    return this.#mark === null ? null : "marked";
  }

  get #regions() {
    return this.#findings[this.#selected]?.regions ?? [];
  }

  get #chosen() {
    return this.#mark === null ? null : this.#regions[this.#mark];
  }

  // ---- what keys and buttons do ----

  /** Take a tool into the hand; without a name the last one, then the next. */
  begin(tool) {
    this.drawing.take(tool);
    if (this.drawing.tool !== "brush" || this.#chosen?.shape !== "mask") this.#mark = this.#point = null;
    this.#paint();
    this.onState();
  }

  /** Put the tool down and select nothing. */
  rest() {
    this.#putDown();
    this.#mark = this.#point = this.#drag = null;
    this.#paint();
  }

  /** Put the tool down, at a person's wish. */
  done() {
    this.#putDown();
    this.#paint();
    this.onState();
  }

  #putDown() {
    this.drawing.take(null);
    this.svg.classList.remove("painting");
  }

  place() {
    this.drawing.place();
    this.onState();
  }

  close() {
    if (this.drawing.tool === "brush") this.done();
    else this.drawing.close();
  }

  takeBack() {
    this.drawing.takeBack();
    this.onState();
  }

  /** One step out: drop what was begun, put the tool down, leave the corner, leave the mark. False when there was none. */
  leave() {
    if (!this.drawing.tool && this.#mark === null) return false;
    if (this.drawing.drop()) return true;
    if (this.drawing.tool) this.done();
    else {
      if (this.#point === null) this.#mark = null;
      this.#point = null;
      this.#paint();
      this.onState();
    }
    return true;
  }

  /** Select another mark of the finding. */
  next(by) {
    const count = this.#regions.length;
    if (!count) return this.onSay("This finding has no mark yet");
    const at = this.#mark === null ? (by > 0 ? 0 : count - 1) : (this.#mark + by + count) % count;
    this.#putDown();
    return this.#choose(at);
  }

  /** Select another corner of the mark. */
  nextPoint(by) {
    const count = this.#chosen ? points(this.#chosen).length : 0;
    if (!count) return;
    this.#point = this.#point === null ? (by > 0 ? 0 : count - 1) : (this.#point + by + count) % count;
    this.#paint();
    this.onSay(`Corner ${this.#point + 1} of ${count}`);
  }

  /** Delete the selected mark. */
  remove() {
    const at = this.#mark;
    if (at === null) return;
    this.#mark = this.#point = null;
    this.onChange(this.#selected, this.#regions.toSpliced(at, 1));
    this.onState();
  }

  /** Take the selected corner out of a polygon. */
  removePoint() {
    if (this.#point === null) return;
    const left = without(this.#chosen, this.#point);
    if (!left) return void this.onSay("A polygon has at least three points");
    this.#point = Math.max(0, this.#point - 1);
    this.#put(left);
  }

  /** Add a corner in the middle of the edge after the selected one. */
  addPoint() {
    if (this.#point === null || this.#chosen.shape !== "polygon") return;
    this.#point += 1;
    this.#put(inserted(this.#chosen, this.#point - 1));
  }

  /** Move the selected corner, else the selected mark, by image pixels. */
  nudge(right, down) {
    const region = this.#chosen;
    if (!region) return;
    const { size } = this.viewer;
    const now = this.#point === null ? moved(region, right, down, size) : withPoint(region, this.#point, right, down, size);
    if (isLarge(now, size)) this.#put(now, `nudge ${this.#selected} ${this.#mark} ${this.#point}`);
  }

  // ---- the pointer ----

  /** Whether a press on the stage is for marks; else it moves the picture. */
  takes(event) {
    if (this.#drag) return true; // a second finger
    this.#press = null;
    if (this.drawing.tool && this.#selected !== null) {
      this.#drag = { id: event.pointerId };
      this.drawing.down(event);
      if (this.drawing.tool === "polygon" || !this.drawing.tool) {
        this.#drag = null; // its points are placed by clicks
        this.onState();
      }
    } else if (!this.#grab(event.target.dataset ?? {}, this.viewer.at(event))) {
      this.#press = { x: event.clientX, y: event.clientY };
      return false;
    }
    if (this.#drag) {
      this.#drag.id = event.pointerId;
      this.stage.setPointerCapture(event.pointerId);
    }
    return true;
  }

  /** Begin to move what was pressed: a corner, a new corner on an edge, or a mark. */
  #grab({ finding, mark, grip, edge }, from) {
    const { size } = this.viewer;
    if (grip !== undefined || edge !== undefined) {
      const at = Number(grip ?? edge) + (edge === undefined ? 0 : 1);
      const was = edge === undefined ? this.#chosen : inserted(this.#chosen, Number(edge));
      this.#point = this.#chosen.shape === "polygon" ? at : null;
      this.#drag = { was, from, make: (right, down) => withPoint(was, at, right, down, size), fresh: edge !== undefined };
    } else if (finding !== undefined) {
      this.onSelect(Number(finding)); // shows the findings anew, which forgets the mark of another one
      this.#choose(Number(mark));
      const was = this.#chosen;
      const mask = was.shape === "mask";
      this.#drag = { was, from, make: (right, down) => (mask ? was : moved(was, right, down, size)), slide: mask };
    } else return false;
    return true;
  }

  #move(event) {
    if (this.drawing.tool && (!this.#drag || this.#drag.id === event.pointerId)) return this.drawing.move(event);
    if (this.#drag?.id !== event.pointerId) return undefined;
    this.#follow(event);
    return this.sheet.slide(this.#all, this.#point ?? NO_CORNER);
  }

  #follow(event) {
    const at = this.viewer.at(event);
    const drag = this.#drag;
    drag.by = [Math.round(at.x - drag.from.x), Math.round(at.y - drag.from.y)];
    if (drag.slide) drag.by = reach(drag.was, ...drag.by, this.viewer.size);
    drag.now = drag.make(...drag.by);
  }

  #up(event) {
    const press = this.#press;
    this.#press = null;
    if (press && Math.hypot(event.clientX - press.x, event.clientY - press.y) < CLICK && !this.drawing.tool) this.leave();
    if (this.#drag?.id !== event.pointerId) return;
    if (this.drawing.tool) {
      this.#drag = null;
      this.drawing.up(event);
      return;
    }
    this.#follow(event);
    const { was, now, by, slide, fresh } = this.#drag;
    this.#drag = null;
    const size = this.viewer.size;
    const region = slide && (by[0] || by[1]) ? moved(was, ...by, size) : now;
    if (isLarge(region, size) && (fresh || !isSame(region, this.#chosen))) this.#put(region);
    else this.#paint();
  }

  #cancel() {
    this.#drag = null;
    this.drawing.cancel();
    this.#paint();
  }

  // ---- changes ----

  #choose(at) {
    this.#mark = at;
    this.#point = null;
    this.#paint();
    this.onState();
    this.onSay(`${this.#chosen.shape[0].toUpperCase()}${this.#chosen.shape.slice(1)}, mark ${at + 1} of ${this.#regions.length}`);
  }

  /** Hand the selected mark's new shape, or a new mark, to the form. */
  #put(region, occasion = null) {
    const at = this.#mark ?? this.#regions.length;
    const regions = this.#regions.toSpliced(at, 1, region);
    const refused = refusal(regions);
    if (refused) {
      this.onSay(refused);
      return false;
    }
    this.#mark = at;
    this.onChange(this.#selected, regions, occasion);
    return true;
  }

  #made(region) {
    if (!isLarge(region, this.viewer.size)) return;
    this.#mark = this.#point = null;
    this.#putDown();
    this.#put(region);
    this.onState();
  }

  /** A stroke begins: on the selected mask, else the last one of the finding, else on a new one. */
  #stroke() {
    if (this.#chosen?.shape !== "mask") {
      const last = this.#regions.findLastIndex(({ shape }) => shape === "mask");
      this.#mark = last < 0 ? null : last;
      this.#paint();
    }
    this.svg.classList.add("painting");
    return this.#chosen?.coordinates ?? null;
  }

  #painted(runs) {
    this.svg.classList.remove("painting");
    const region = { shape: "mask", coordinates: runs };
    const empty = runs.length < 2;
    if (empty && this.#chosen) this.remove();
    else if (!empty && !(this.#chosen && isSame(region, this.#chosen)) && !this.#put(region)) this.drawing.brush.rest();
  }

  // ---- the page ----

  /** Every mark with what is to be known to paint it; one that is being moved as it lies now. */
  get #all() {
    return this.#findings.flatMap(({ regions, gone, machine }, finding) =>
      regions.map((region, mark) => {
        const on = finding === this.#selected;
        const one = { region, finding, mark, gone, machine: machine?.(region), on, chosen: on && mark === this.#mark };
        if (!one.chosen || !this.#drag?.now) return one;
        return { ...one, region: this.#drag.now, by: this.#drag.slide ? this.#drag.by : null };
      }),
    );
  }

  #paint() {
    this.sheet.paint(this.#all, this.drawing.tool ? null : this.#point ?? NO_CORNER);
  }
}
