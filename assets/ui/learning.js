// Training CORE on all ratings so far: starts it, follows it over reloads, says how far it is and how it ended.

import { get, send } from "./api.js";

const LOOK = 1000; // ms between two looks
const LOOK_AGAIN = 5000; // ms after a look that got no answer

const NAMES = { training: "Training", scoring: "Scoring" };
export const running = ({ state }) => state in NAMES;

const two = (value) => value.toFixed(2);

function sentence({ state, done, total, scores, skipped, srocc, before }) {
  if (state in NAMES) return `${NAMES[state]}${total ? `, ${done} of ${total} images` : done ? `, ${done} images` : " …"}`;
  if (state === "stopped" && srocc === null) return "Stopped; the model that was there stays";
  if (!["done", "stopped"].includes(state)) return "";
  const was = before === null ? "" : ` (${two(before)} before)`;
  if (state === "stopped") return `Stopped: the new model is there, SROCC ${two(srocc)}${was}; ${scores} of ${total} images scored`;
  const left = skipped ? `, ${skipped} could not be used` : "";
  return `Trained: SROCC ${two(srocc)}${was}; ${scores} ${scores === 1 ? "image" : "images"} scored${left}`;
}

/** Shows in `el` how far training is; `finished()` is called when it has ended well. */
export class Learning {
  #timer = null;
  #last = null;

  constructor(el, finished) {
    this.el = el;
    this.finished = finished;
    el.train.addEventListener("click", () => (running(this.#last ?? {}) ? this.stop() : this.start()));
  }

  /** Take over what the server says. */
  show(told) {
    const { el } = this;
    const was = this.#last;
    this.#last = told;
    el.train.disabled = false;
    el.train.textContent = running(told) ? "Stop training" : "Train on all ratings";
    el.training.textContent = sentence(told);
    el.trainingBar.hidden = !running(told);
    if (told.total) el.trainingBar.value = (100 * told.done) / told.total;
    else el.trainingBar.removeAttribute("value");
    el.failed.hidden = told.state !== "failed";
    el.failedText.textContent = told.state === "failed" ? told.error : "";
    clearTimeout(this.#timer);
    if (running(told)) this.#timer = setTimeout(() => this.#look(), LOOK);
    else if (was && running(was) && ["done", "stopped"].includes(told.state)) this.finished();
  }

  async start() {
    this.el.train.disabled = true;
    try {
      this.show(await send("POST", "/api/learning", {}));
    } catch (error) {
      this.show({ state: "failed", error: error.message });
    }
  }

  async stop() {
    this.el.train.disabled = true;
    try {
      this.show(await send("DELETE", "/api/learning"));
    } catch {
      this.el.train.disabled = false; // it goes on, and is looked at again
    }
  }

  async #look() {
    try {
      this.show(await get("/api/learning"));
    } catch {
      this.#timer = setTimeout(() => this.#look(), LOOK_AGAIN);
    }
  }
}
