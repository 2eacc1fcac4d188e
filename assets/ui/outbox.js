// Reviews on their way to the server. Each is kept in this browser, with the id it was first sent with, until the
// server has it: sending it again under that id cannot save it twice.

import { pause, send } from "./api.js";
import { recall, remember } from "./memory.js";

const WAITS = [2, 4, 8, 15, 30]; // seconds before the next try

/** Asks until the server answers. */
export class Patience {
  #hurry = null;

  /** Try again at once instead of at the end of the wait. */
  hurry() {
    this.#hurry?.();
  }

  /** The answer of `ask`; `onWait(seconds)` hears every second how long it is to the next try. Refusals are thrown. */
  async until(ask, onWait) {
    for (let turn = 0; ; turn++) {
      try {
        return await ask();
      } catch (error) {
        if (!error.unreachable) throw error;
        await this.#wait(WAITS[Math.min(turn, WAITS.length - 1)], onWait);
      }
    }
  }

  async #wait(seconds, onWait) {
    const hurried = new Promise((done) => {
      this.#hurry = () => done(true);
    });
    for (let left = seconds; left > 0; left--) {
      onWait(left);
      if (await Promise.race([pause(1000), hurried])) break;
    }
    onWait(0);
    this.#hurry = null;
  }
}

export class Outbox {
  /** `before()` is awaited before each try; `onDelivered(review)` hears of every review that the server has. */
  constructor({ before, onDelivered }) {
    Object.assign(this, { before, onDelivered });
    this.patience = new Patience();
  }

  get waiting() {
    const kept = recall("outbox", []);
    return Array.isArray(kept) ? kept.filter((review) => review?.submission_id) : [];
  }

  #put(review) {
    remember("outbox", [...this.#others(review), review]);
  }

  #remove(review) {
    remember("outbox", this.#others(review));
  }

  #others(review) {
    return this.waiting.filter(({ submission_id: id }) => id !== review.submission_id);
  }

  async #send(review) {
    await this.before();
    return send("POST", "/api/reviews", review);
  }

  /** Send until the server answers. Rejects when it refuses; the review then leaves the outbox, its draft stays. */
  async deliver(review, onWait) {
    this.#put(review);
    try {
      const answer = await this.patience.until(() => this.#send(review), onWait);
      this.onDelivered(review);
      return answer;
    } finally {
      this.#remove(review);
    }
  }

  /** Send what an earlier page left behind, once each and in order; what the server refuses opens with its draft. */
  async sweep() {
    for (const review of this.waiting) {
      try {
        await send("POST", "/api/reviews", review);
        this.onDelivered(review);
      } catch (error) {
        if (error.unreachable) return;
      }
      this.#remove(review);
    }
  }
}
