// The mask that is being painted: its pixels, and a canvas over the picture that shows them meanwhile. The canvas is
// touched only where the brush goes, and run lengths are made at a stroke's end: large images stay as fast as small ones.

import { encode, spans, stroke } from "./masks.js";

const LARGEST = 16_000_000; // pixels of the canvas; of a larger image it shows fewer
const FINEST = Math.SQRT1_2; // image pixels; a smaller radius could miss every centre of a pixel

export class Brush {
  #bits = new Uint8Array(0);
  #size = null;
  #loaded = null; // the run lengths that the bits are of

  constructor(canvas) {
    this.canvas = canvas;
  }

  /** Begin a stroke on a mask, or on none yet. */
  begin(runs, size) {
    this.canvas.hidden = false;
    if (this.#loaded && this.#loaded === runs && this.#size === size) return;
    this.#size = size;
    this.#loaded = null;
    const count = size.width * size.height;
    if (this.#bits.length === count) this.#bits.fill(0);
    else this.#bits = new Uint8Array(count);
    const less = Math.max(1, Math.ceil(Math.sqrt(count / LARGEST)));
    this.canvas.width = Math.ceil(size.width / less); // clears it too
    this.canvas.height = Math.ceil(size.height / less);
    this.paper = this.canvas.getContext("2d");
    this.paper.scale(this.canvas.width / size.width, this.canvas.height / size.height);
    this.paper.fillStyle = getComputedStyle(this.canvas).color;
    const all = runs ? spans(runs, size.width) : [];
    for (let at = 0; at < all.length; at += 3) this.#row(all[at], all[at + 1], all[at + 2], false);
  }

  /** Paint, or erase, from one place to another. */
  paint(from, to, diameter, erase) {
    const radius = Math.max(FINEST, diameter / 2);
    stroke(from, to, radius, this.#size, (y, first, after) => this.#row(y, first, after, erase));
  }

  #row(y, first, after, erase) {
    const start = y * this.#size.width;
    this.#bits.fill(erase ? 0 : 1, start + first, start + after);
    this.paper.clearRect(first, y, after - first, 1);
    if (!erase) this.paper.fillRect(first, y, after - first, 1);
  }

  /** End the stroke: the mask's run lengths. */
  end() {
    this.canvas.hidden = true;
    this.#loaded = encode(this.#bits);
    return this.#loaded;
  }

  /** Let go of the memory. */
  rest() {
    this.canvas.hidden = true;
    this.canvas.width = this.canvas.height = 0;
    [this.#bits, this.#loaded] = [new Uint8Array(0), null];
  }
}
