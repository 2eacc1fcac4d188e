// The cross: the same place on every tile. It goes with the pointer, or stays where it is held, or is moved by keys.

const BY = 8; // css pixels for one key press, or one image pixel where those are larger

export class Cross {
  #place = null; // {across, down}, parts of the picture: pictures may differ in size
  #held = false;
  #panes = [];

  constructor(numbers, together) {
    Object.assign(this, { numbers, together });
  }

  /** These panes are shown now. */
  over(panes) {
    this.#panes = panes;
    this.#paint();
  }

  /** The pointer is over a pane; null when it left. */
  pointed(pane, event) {
    if (event) this.together.point(pane.viewer);
    if (this.#held || !pane.got) return;
    const { width, height } = pane.size;
    const { x, y } = event ? pane.viewer.at(event) : { x: -1, y: -1 };
    const inside = x >= 0 && y >= 0 && x < width && y < height;
    this.#place = inside ? { across: x / width, down: y / height } : null;
    this.#paint();
  }

  hold() {
    this.#held = !this.#held;
    this.#place ??= { across: 0.5, down: 0.5 };
    this.#paint(true);
  }

  /** Move it by keys; it is held from then on, and stays in sight. */
  move([right, down]) {
    const pane = this.#panes.find((one) => one.viewer === this.together.lead) ?? this.#panes[0];
    if (!pane) return;
    const { width, height } = pane.size;
    const { x, y } = this.#pixel(pane, this.#place ?? { across: 0.5, down: 0.5 });
    const step = Math.max(1, Math.round(BY / pane.viewer.scale));
    const within = (value, length) => Math.max(0, Math.min(length - 1, value));
    const next = this.#place ? { x: within(x + right * step, width), y: within(y + down * step, height) } : { x, y };
    this.#held = true;
    this.#place = { across: (next.x + 0.5) / width, down: (next.y + 0.5) / height };
    pane.viewer.see(next);
    this.#paint(true);
  }

  #pixel({ size: { width, height } }, { across, down }) {
    return { x: Math.min(width - 1, Math.floor(across * width)), y: Math.min(height - 1, Math.floor(down * height)) };
  }

  #paint(told = false) {
    const found = new Map();
    for (const pane of this.#panes) {
      const at = this.#place && this.#pixel(pane, this.#place);
      const value = at && pane.at(at);
      found.set(pane, value);
      pane.point(at, value === null ? "" : pane.text(value));
    }
    const first = this.#place && this.#panes.length ? this.#pixel(this.#panes[0], this.#place) : null;
    const where = first ? `x ${first.x}  y ${first.y}${this.#held ? ", held" : ""}` : "";
    this.numbers.under(found, where, told);
  }
}
