// Several viewers that zoom and move as one, as long as they are locked together.

const WHOLE = { fitted: true };
const shown = (viewer) => viewer.stage.clientWidth > 0;

export class Together {
  #viewers = [];
  #lead = null; // the viewer that was moved or pointed at last
  #view = WHOLE; // what all see
  locked = true;

  add(viewer) {
    this.#viewers.push(viewer);
  }

  /** The viewer that keys and buttons speak to. */
  get lead() {
    return this.#lead && shown(this.#lead) ? this.#lead : (this.#viewers.find(shown) ?? this.#viewers[0]);
  }

  /** The person moved this one: the others follow. */
  moved(viewer) {
    this.#lead = viewer;
    if (this.locked) this.#follow();
  }

  point(viewer) {
    this.#lead = viewer;
  }

  /** A picture that has just come is seen as the others are. */
  join(viewer) {
    if (this.locked) viewer.adopt(this.#view);
  }

  lock(on) {
    this.locked = on;
    if (on) this.#follow();
  }

  /** The whole pictures again: there are other ones. */
  reset() {
    this.#view = WHOLE;
    for (const viewer of this.#viewers) viewer.adopt(WHOLE);
  }

  #follow() {
    const { lead } = this;
    this.#view = lead.view;
    for (const viewer of this.#viewers) if (viewer !== lead) viewer.adopt(this.#view);
  }
}
