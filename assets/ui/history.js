// What the findings were before each change, to take changes back and make them again. Lists are never changed in place.

const MOST = 200; // steps; more than anyone takes back

const isSame = (one, other) => one.length === other.length && one.every((finding, at) => finding === other[at]);

export class History {
  #past = [];
  #future = [];
  #occasion = null;

  clear() {
    [this.#past, this.#future, this.#occasion] = [[], [], null];
  }

  get canBack() {
    return this.#past.length > 0;
  }

  get canForward() {
    return this.#future.length > 0;
  }

  /** Note a change. Those of one occasion, as the letters of one phrase, are one step; one that leads nowhere is none. */
  note(before, after, occasion = null) {
    this.#future = [];
    if (occasion === null || occasion !== this.#occasion) this.#past = [...this.#past, before].slice(-MOST);
    this.#occasion = occasion;
    if (!isSame(this.#past.at(-1) ?? [], after)) return;
    this.#past.pop();
    this.#occasion = null;
  }

  /** The findings as they were before the last change; null when there was none. */
  back(now) {
    return this.#go(this.#past, this.#future, now);
  }

  /** The findings as they were before the last change was taken back. */
  forward(now) {
    return this.#go(this.#future, this.#past, now);
  }

  #go(from, to, now) {
    if (!from.length) return null;
    this.#occasion = null;
    to.push(now);
    return from.pop();
  }
}
