// Seconds of work on one image: what lies between two signs of life, but never more than half a minute of it.

const IDLE = 30_000; // ms

export class Clock {
  #seconds = 0;
  #last = null;

  constructor() {
    for (const sign of ["pointermove", "pointerdown", "keydown", "wheel"]) {
      addEventListener(sign, () => this.#tick(), { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#tick();
      this.#last = document.hidden ? null : performance.now();
    });
  }

  start(seconds = 0) {
    this.#seconds = seconds;
    this.#last = document.hidden ? null : performance.now();
  }

  get seconds() {
    this.#tick(false);
    return Math.round(this.#seconds * 10) / 10;
  }

  #tick(alive = true) {
    const now = performance.now();
    if (this.#last !== null) {
      const passed = Math.min(now - this.#last, IDLE);
      if (alive || now - this.#last < IDLE) {
        this.#seconds += passed / 1000;
        this.#last = now;
      }
    } else if (alive && !document.hidden) this.#last = now;
  }
}
