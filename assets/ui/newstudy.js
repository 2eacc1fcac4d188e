// Making a study: its name, from which images, its settings; and how many images it would have, before it is made.

import { get, send } from "./api.js";
import { make } from "./dom.js";
import { absolve, blame, Settings, tell } from "./settings.js";

const STANDARD = { blind: true, overlap: 1, order: "imported", seed: 0, target: null, hidden_repeats: 0, gold_share: 0, choices: 1 };
const VERDICTS = { yes: "yes, something is unrealistic", somewhat: "somewhat", no: "no, nothing is" };
const PAUSE = 250; // ms after the last change, before the images are counted

const say = (n) => `${n} ${n === 1 ? "image" : "images"}`;

export class NewStudy {
  #turn = 0;
  #timer = 0;

  constructor(el, { made, left }) {
    Object.assign(this, { el, made });
    this.settings = new Settings(el.newSettings, "rz-new", () => {});
    this.settings.show(STANDARD);
    this.#which();
    el.which.addEventListener("input", () => this.#counted());
    el.make.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#create();
    });
    el.cancel.addEventListener("click", () => {
      this.#reset();
      left();
    });
  }

  /** Whether something was typed that would be lost with the page. */
  get begun() {
    return this.el.newName.value.trim() !== "" || Object.keys(this.settings.changes(STANDARD)).length > 0;
  }

  show({ studies, sources }) {
    this.sources = sources;
    this.#fill("of_study", "Any study", studies.map((one) => [one.id, `${one.name} (${one.images})`]));
    this.#fill("split", "Any split", sources.splits.map(([name, count]) => [name, `${name} (${count})`]));
    this.#fill("generator", "Any generator", sources.generators.map(([name, count]) => [name, `${name} (${count})`]));
    this.#counted(0);
    if (!this.el.newName.value) this.el.newName.focus();
  }

  #which() {
    const none = make("option", { value: "none" }, "None yet, an import brings them");
    const all = make("option", { value: "some" }, "Images that are here already");
    const chosen = (name, label) => make("div", { class: "setting", "data-field": name }, make("label", { for: `rz-which-${name}` }, label), make("div", { class: "inline" }, make("span", { class: "select" }, make("select", { id: `rz-which-${name}`, "data-which": name }))), make("p", { class: "small wrong", role: "alert", hidden: true }));
    const limit = make("input", { class: "field num", type: "number", id: "rz-which-limit", min: 1, step: 1, placeholder: "all", "data-which": "limit" });
    this.some = make(
      "div", { class: "some" },
      chosen("of_study", "From study"), chosen("split", "Split"), chosen("generator", "Generator"), chosen("verdict", "Text says"),
      make("div", { class: "setting", "data-field": "limit" }, make("label", { for: "rz-which-limit" }, "At most"), make("div", { class: "inline" }, limit, make("span", { class: "small quiet" }, "images")), make("p", { class: "small quiet" }, "Those imported first."), make("p", { class: "small wrong", role: "alert", hidden: true })),
    );
    this.from = make("select", { id: "rz-which-from" }, none, all);
    this.el.which.append(
      make("div", { class: "setting wide-setting", "data-field": "images" }, make("label", { for: "rz-which-from" }, "Take"), make("div", { class: "inline" }, make("span", { class: "select" }, this.from)), make("p", { class: "small wrong", role: "alert", hidden: true })),
      this.some,
    );
    this.#fill("verdict", "Anything", Object.entries(VERDICTS));
    this.from.value = "some";
  }

  #fill(name, any, options) {
    const select = this.some.querySelector(`[data-which="${name}"]`);
    const { value } = select;
    select.replaceChildren(new Option(any, ""), ...options.map(([key, label]) => new Option(label, key)));
    select.value = [...select.options].some((one) => one.value === value) ? value : "";
    select.closest(".setting").hidden = !options.length;
  }

  /** What is asked for, by name; what is left open is not in it. */
  get #wanted() {
    const given = [...this.some.querySelectorAll("[data-which]")].map((one) => [one.dataset.which, one.value.trim()]);
    const numbers = ["of_study", "limit"];
    return Object.fromEntries(given.filter(([, value]) => value).map(([name, value]) => [name, numbers.includes(name) ? Number(value) : value]));
  }

  #limitFits() {
    const field = this.some.querySelector('[data-which="limit"]');
    const fits = !field.validity.badInput && (field.value.trim() === "" || (Number.isInteger(Number(field.value)) && Number(field.value) >= 1));
    blame(this.el.make, "limit", fits ? "" : "At most must be a whole number from 1, or empty.");
    return fits;
  }

  #counted(pause = PAUSE) {
    const turn = ++this.#turn;
    clearTimeout(this.#timer);
    const none = this.from.value === "none";
    this.some.hidden = none;
    blame(this.el.make, "images", "");
    if (none) return this.#takes("No images yet", "import PATH --study NAME brings them");
    if (!this.#limitFits()) return this.#takes("", "");
    this.#timer = setTimeout(async () => {
      try {
        const { images } = await get("/api/studies/images", this.#wanted);
        if (turn === this.#turn) this.#takes(say(images), images ? `of ${this.sources.images} that are here` : "No image is like that: choose others, or none yet");
      } catch (error) {
        if (turn === this.#turn) this.#takes("", error.message);
      }
    }, pause);
    return undefined;
  }

  #takes(count, more) {
    this.el.willTake.textContent = count;
    this.el.willTakeMore.textContent = more;
  }

  async #create() {
    const { el } = this;
    absolve(el.make);
    const name = el.newName.value.trim();
    const right = this.settings.right() && (this.from.value === "none" || this.#limitFits());
    if (!name) {
      blame(el.make, "name", "A study needs a name.");
      el.newName.focus();
    }
    if (!name || !right || el.create.disabled) return;
    el.create.disabled = true;
    try {
      const images = this.from.value === "none" ? null : this.#wanted;
      const study = await send("POST", "/api/studies", { name, settings: this.settings.typed(), images }, { timeout: 60_000 });
      this.#reset();
      await this.made(study);
    } catch (error) {
      el.willTake.textContent = "";
      el.willTakeMore.hidden = false;
      tell(el.make, error, el.willTakeMore);
      el.willTakeMore.hidden = false;
    } finally {
      el.create.disabled = false;
    }
  }

  #reset() {
    absolve(this.el.make);
    this.el.make.reset();
    this.from.value = "some";
    this.settings.show(STANDARD);
  }
}
