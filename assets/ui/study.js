// One study on the Studies screen: its settings, what a change of them does, and closing it.
// Changes that are not saved are kept for each study until they are saved or discarded, or the page goes.

import { send } from "./api.js";
import { Checks } from "./checks.js";
import { clock, make } from "./dom.js";
import { effects } from "./effects.js";
import { Golds } from "./golds.js";
import { absolve, Settings, tell } from "./settings.js";

const CLOSED = {
  title: "Open this study again?",
  text: "It takes reviews again at once, and who has an image begun goes on with it.",
  yes: "Open it again",
  heading: "Open again",
  about: "People review in it again, from where they were.",
};
const OPEN = {
  title: "Close this study?",
  text: "It takes no more reviews. Who is in the middle of an image is told so when they save, and what they typed is kept as a draft. Nothing that was answered is lost, and it can be opened again.",
  yes: "Close study",
  heading: "Close",
  about: "A closed study takes no reviews. What was answered stays, and it can be opened again.",
};

export class OneStudy {
  unsaved = new Map(); // the changes to a study's settings, by its id
  #study = null;
  #busy = false;
  #saved = ""; // what was saved last, and when

  constructor(el, { ask, changed, edited }) {
    Object.assign(this, { el, ask, changed, edited });
    this.settings = new Settings(el.settings, "rz-set", () => this.#edit());
    this.golds = new Golds(el, (count) => {
      this.#study.gold = count; // what a change of the share does depends on it
      this.#state();
    });
    this.checks = new Checks(el, (study) => this.#took(study));
    el.settings.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    el.discard.addEventListener("click", () => this.#discard());
    el.closing.addEventListener("click", () => this.#close());
  }

  show(study) {
    const { el } = this;
    const another = this.#study?.id !== study.id;
    this.#study = study;
    if (another) {
      this.#saved = "";
      el.body.scrollTop = 0;
      absolve(el.settings);
    }
    el.name.textContent = study.name;
    const { people } = study.at_work;
    const worked = people ? `, ${people} ${people === 1 ? "person has" : "people have"} answered` : "";
    el.about.textContent = `${study.images} ${study.images === 1 ? "image" : "images"}, ${study.complete} complete${worked}`;
    el.closedNote.hidden = !study.closed;
    this.settings.show({ ...study.settings, ...this.unsaved.get(study.id) });
    const closing = study.closed ? CLOSED : OPEN;
    el.closingTitle.textContent = closing.heading;
    el.closingText.textContent = closing.about;
    el.closing.textContent = study.closed ? "Open again…" : "Close study…";
    this.golds.show(study, another);
    this.checks.show(study, another);
    this.#state();
  }

  #edit() {
    const { id, settings } = this.#study;
    const changes = this.settings.changes(settings);
    if (Object.keys(changes).length) this.unsaved.set(id, changes);
    else this.unsaved.delete(id);
    this.#state();
    this.edited();
  }

  /** The foot: what is not saved and what it would do, or that everything is. */
  #state() {
    const { el } = this;
    const changes = this.unsaved.get(this.#study.id) ?? {};
    const count = Object.keys(changes).length;
    el.state.textContent = count ? `${count} ${count === 1 ? "change" : "changes"} not saved` : this.#saved;
    el.save.disabled = !count || this.#busy;
    el.discard.hidden = !count;
    const told = effects(this.#study, changes);
    el.effects.hidden = !told.length;
    el.effects.replaceChildren(...told.map((sentence) => make("li", {}, sentence)));
  }

  async #save() {
    const { el } = this;
    const { id } = this.#study;
    const changes = this.unsaved.get(id);
    if (!changes || this.#busy || !this.settings.right()) return;
    this.#busy = true;
    this.#state();
    try {
      const study = await send("PATCH", `/api/studies/${id}`, changes);
      this.unsaved.delete(id);
      this.#saved = `Saved ${clock()}`;
      await this.#took(study);
    } catch (error) {
      el.state.textContent = "Not saved";
      tell(el.settings, error, el.state);
    } finally {
      this.#busy = false;
      el.save.disabled = !this.unsaved.has(this.#study.id);
    }
  }

  #discard() {
    this.unsaved.delete(this.#study.id);
    absolve(this.el.settings);
    this.show(this.#study);
    this.edited();
    this.el.settings.querySelector("button, input").focus();
  }

  async #took(study) {
    if (study.id === this.#study.id) this.show(study);
    await this.changed(study);
  }

  #close() {
    const { id, closed } = this.#study;
    const { title, text, yes } = closed ? CLOSED : OPEN;
    this.ask.ask(title, text, yes, async () => this.#took(await send("PATCH", `/api/studies/${id}`, { closed: !closed })));
  }
}
