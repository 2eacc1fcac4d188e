// The settings of a study as a form: one row each, with a plain sentence beside it and what is wrong under it.

import { make } from "./dom.js";

const ORDERS = { imported: "As imported", random: "Random, another for each person", informative: "Least certain score first" };
const WHOLE = /^\d{1,10}$/;

/** Group, then its settings. `unit` stands behind the field; `free` lets it be empty. */
const GROUPS = [
  ["How it is reviewed", [
    { name: "blind", say: "Rate blind", kind: "switch", about: "The image is rated before anything a machine said of it is shown." },
    { name: "overlap", say: "Overlap", kind: "whole", least: 1, most: 1000, unit: "people", about: "So many people review each image. Who skips it does not count." },
    { name: "order", say: "Order", kind: "choice", choices: ORDERS, about: "In which order images come; the least certain score is the one with the widest interval." },
    { name: "seed", say: "Seed", kind: "whole", least: 0, most: 2 ** 31 - 1, only: (values) => values.order === "random", about: "The same number gives the same random orders again." },
    { name: "target", say: "Target", kind: "whole", least: 1, most: 10 ** 9, free: true, unit: "images", about: "Each person is done after so many; empty for all." },
    { name: "choices", say: "Texts to choose from", kind: "whole", least: 1, most: 4, about: "So many descriptions of an image, each by another describer and without its name: the reviewer takes the best one and corrects it. With 1 the newest is shown." },
  ]],
  ["How steady people are", [
    { name: "hidden_repeats", say: "Hidden repeats", kind: "whole", least: 0, most: 50, unit: "of 100", about: "So many of the images that a person rates come a second time, without a word." },
    { name: "gold_share", say: "Gold share", kind: "whole", least: 0, most: 50, unit: "of 100", about: "So many of the images that a person rates are gold; with 0 gold images come like all others." },
  ]],
];

/** Show under a field what is wrong with it, or nothing; whether there is such a field. */
export function blame(root, name, text) {
  const field = root.querySelector(`[data-field="${CSS.escape(name)}"]`);
  if (!field) return false;
  const said = field.querySelector(".wrong");
  said.textContent = text;
  said.hidden = !text;
  for (const control of field.querySelectorAll("input, select")) control.setAttribute("aria-invalid", String(Boolean(text)));
  return true;
}

/** Take back all that `blame` said. */
export function absolve(root) {
  for (const field of root.querySelectorAll("[data-field]")) if (field.querySelector(".wrong")) blame(root, field.dataset.field, "");
}

/** Tell of a refusal where it belongs: beside its field, else in `other`. */
export function tell(root, error, other) {
  const field = (error.body?.field ?? "").split(".").at(-1);
  const found = field && blame(root, field, error.message);
  other.textContent = found ? "" : error.message;
  other.hidden = Boolean(found);
  root.querySelector('[aria-invalid="true"]')?.focus();
}

function control(one, id) {
  const told = { id, "data-set": one.name, "aria-describedby": `${id}-about` };
  if (one.kind === "switch") return make("button", { type: "button", class: "btn plain switch", role: "switch", ...told }, make("i"), make("span", { class: "on-off" }));
  if (one.kind === "whole") return make("input", { class: "field num", type: "number", min: one.least, max: one.most, step: 1, placeholder: one.free ? "all" : null, ...told });
  const options = Object.entries(one.choices).map(([value, label]) => make("option", { value }, label));
  return make("span", { class: "select" }, make("select", told, ...options));
}

function row(one, id) {
  const unit = one.unit ? make("span", { class: "small quiet" }, one.unit) : null;
  return make(
    "div",
    { class: "setting", "data-field": one.name },
    make("label", { for: id }, one.say),
    make("div", { class: "inline" }, control(one, id), unit),
    make("p", { class: "small quiet", id: `${id}-about` }, one.about),
    make("p", { class: "small wrong", role: "alert", hidden: true }),
  );
}

/** The form's rows under `root`; `onChange()` hears of every change by the person. */
export class Settings {
  #all = GROUPS.flatMap(([, settings]) => settings);

  constructor(root, prefix, onChange) {
    this.root = root;
    for (const [title, settings] of GROUPS) {
      root.append(make("section", { class: "part" }, make("header", {}, make("h2", {}, title)), ...settings.map((one) => row(one, `${prefix}-${one.name}`))));
    }
    const changed = () => {
      this.#check(false);
      onChange();
    };
    root.addEventListener("input", (event) => event.target.dataset.set && changed());
    root.addEventListener("click", (event) => {
      const pressed = event.target.closest('[role="switch"]');
      if (!pressed) return;
      this.#turn(pressed, pressed.getAttribute("aria-checked") !== "true");
      changed();
    });
  }

  #control(name) {
    return this.root.querySelector(`[data-set="${name}"]`);
  }

  #turn(control, on) {
    control.setAttribute("aria-checked", String(on));
    control.classList.toggle("on", on);
    control.querySelector(".on-off").textContent = on ? "On" : "Off";
  }

  /** Put values in, as the server or `typed` gave them. */
  show(values) {
    for (const one of this.#all) {
      if (one.kind === "switch") this.#turn(this.#control(one.name), values[one.name]);
      else this.#control(one.name).value = values[one.name] ?? "";
    }
    this.#check(false);
  }

  /** What stands there: whole numbers as such, and what is none as it was typed. */
  typed() {
    return Object.fromEntries(this.#all.map((one) => {
      const at = this.#control(one.name);
      if (one.kind === "switch") return [one.name, at.getAttribute("aria-checked") === "true"];
      const text = at.value.trim();
      if (one.kind === "choice") return [one.name, text];
      if (!text && one.free && !at.validity.badInput) return [one.name, null];
      return [one.name, WHOLE.test(text) ? Number(text) : text];
    }));
  }

  /** Only what is different from `before`. */
  changes(before) {
    return Object.fromEntries(Object.entries(this.typed()).filter(([name, value]) => value !== before[name]));
  }

  /** Whether everything can be sent; says beside each field what is wrong. */
  right() {
    return this.#check(true);
  }

  /** While one types, a field that is wrong is told when it is left, not before; a mended one at once. */
  #check(aloud) {
    const values = this.typed();
    let right = true;
    for (const one of this.#all) {
      const row = this.root.querySelector(`[data-field="${one.name}"]`);
      row.hidden = Boolean(one.only && !one.only(values));
      const wrong = one.kind === "whole" && !this.#fits(one, values[one.name]);
      right &&= !wrong;
      const said = wrong ? `${one.say} must be a whole number from ${one.least} to ${one.most.toLocaleString("en")}${one.free ? ", or empty" : ""}.` : "";
      if (!wrong || aloud) blame(this.root, one.name, said);
    }
    if (aloud && !right) this.root.querySelector('[aria-invalid="true"]').focus();
    return right;
  }

  #fits({ least, most, free }, value) {
    return value === null ? Boolean(free) : typeof value === "number" && least <= value && value <= most;
  }
}
