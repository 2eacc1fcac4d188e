// The tool strip's parts for marks: tools and brush while marking, undo and redo while correcting.

import { press } from "./dom.js";

const HINTS = { box: "Drag on the picture", polygon: "Click points; Enter or the first point closes", brush: "" };
const MARKING = "marking ";

export class Toolbar {
  constructor(el, marks, correct) {
    Object.assign(this, { el, marks, correct });
    el.markTool.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      marks.begin(button.dataset.v);
      if (!event.detail) el.stage.focus(); // where Space is the tool's
    });
    el.brushSize.addEventListener("input", () => this.#size(Number(el.brushSize.value)));
    el.erase.addEventListener("click", () => this.erase(!marks.drawing.erasing));
    el.markDone.addEventListener("click", () => marks.done());
    el.stepBack.addEventListener("click", () => this.back());
    el.stepForward.addEventListener("click", () => correct.redo());
  }

  /** Show what belongs to a step, as keys know it. */
  show(step) {
    const { el, marks, correct } = this;
    const tool = step.startsWith(MARKING) ? step.slice(MARKING.length) : null;
    el.markTools.hidden = !tool;
    el.tools.classList.toggle("marking", Boolean(tool));
    el.historyTools.hidden = !(tool || ["correct", "marked"].includes(step));
    el.stepBack.disabled = !correct.history.canBack && !marks.drawing.begun;
    el.stepForward.disabled = !correct.history.canForward;
    if (!tool) return;
    press(el.markTool.children, tool);
    el.brushTools.hidden = tool !== "brush";
    el.markHint.textContent = HINTS[tool];
    this.#size(marks.drawing.across);
    this.erase(marks.drawing.erasing);
  }

  /** Take back the last point of a polygon that is being drawn, else the last change of the findings. */
  back() {
    if (!this.marks.drawing.begun || !this.marks.drawing.takeBack()) this.correct.undo();
  }

  widen(sign) {
    this.marks.drawing.widen(sign);
    this.#size(this.marks.drawing.across);
  }

  erase(on) {
    this.marks.drawing.erasing = on;
    this.el.erase.classList.toggle("on", on);
    this.el.erase.setAttribute("aria-pressed", String(on));
  }

  #size(across) {
    const { el, marks } = this;
    if (across !== marks.drawing.across) marks.drawing.across = across;
    const { min, max } = el.brushSize;
    el.brushSize.value = across;
    el.brushSize.style.setProperty("--v", `${(100 * (across - min)) / (max - min)}%`);
    el.brushValue.textContent = across;
  }
}
