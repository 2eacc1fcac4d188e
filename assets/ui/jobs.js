// Long work on the server: how far each is, asked as long as one is at work; and how that is shown.

import { get, send } from "./api.js";
import { icon, make } from "./dom.js";
import { go } from "./session.js";

const LOOK = 700; // ms between two looks
const LOOK_AGAIN = 5000; // ms after a look that got no answer
const STEPS = { unpacking: "Unpacking", reading: "Reading", importing: "Importing", maps: "Computing maps", exporting: "Exporting", copying: "Copying" };
const UNITS = { unpacking: "files", importing: "images", maps: "maps", exporting: "reviews" };

export const count = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

/** Bytes as a person says them. */
export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB"];
  const step = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** step).toFixed(step && bytes / 1000 ** step < 100 ? 1 : 0)} ${units[step]}`;
}

/** Knows how far all jobs are; `changed(kind, told, was)` is called whenever it hears of one. */
export class Jobs {
  #last = {};
  #timer = null;

  constructor(changed) {
    this.changed = changed;
  }

  /** Take over what the server says. */
  take(told) {
    clearTimeout(this.#timer);
    const was = this.#last;
    this.#last = { ...was, ...told };
    for (const [kind, one] of Object.entries(told)) this.changed(kind, one, was[kind] ?? null);
    if (Object.values(this.#last).some(({ state }) => state === "running")) this.#timer = setTimeout(() => this.#look(), LOOK);
  }

  running(kind) {
    return this.#last[kind]?.state === "running";
  }

  async start(kind, path, body) {
    const told = await send("POST", path, body);
    this.#last[kind] = { state: "running" }; // so that its end is noticed, however soon it comes
    this.take({ [kind]: told });
  }

  async stop(kind) {
    this.take(await send("DELETE", `/api/data/jobs/${kind}`, undefined, { timeout: 30_000 }));
  }

  async #look() {
    try {
      this.take(await get("/api/data/jobs"));
    } catch {
      this.#timer = setTimeout(() => this.#look(), LOOK_AGAIN);
    }
  }
}

/** A button that computes the maps that are missing, and goes where one sees how far that is. */
export function mapsButton() {
  const said = make("span", { class: "small", role: "alert" });
  const start = async () => {
    try {
      await send("POST", "/api/data/maps", {});
      go("data");
    } catch (error) {
      said.textContent = error.message;
    }
  };
  return make("span", { class: "choices" }, make("button", { type: "button", class: "btn", onclick: start }, "Compute the maps"), said);
}

/** What is at work, how far it is, and the way to stop it. Who only listens is told of each tenth. */
export class Work {
  #heard = "";

  constructor(stop) {
    this.words = make("span", { class: "grow num" });
    this.heard = make("span", { class: "sr", role: "status" });
    this.bar = make("progress", { class: "training-bar", max: 100, "aria-label": "Progress" });
    this.button = make("button", { type: "button", class: "btn", onclick: stop }, "Stop");
    this.element = make("div", { class: "work", hidden: true }, this.words, this.bar, this.button, this.heard);
  }

  hide() {
    if (document.activeElement === this.button) this.element.parentElement.focus(); // not lost with the button
    this.element.hidden = true;
    this.#hear("");
  }

  show(words, share) {
    this.element.hidden = false;
    this.words.textContent = words;
    if (share === null) this.bar.removeAttribute("value");
    else this.bar.value = 100 * share;
    this.#hear(`${words.split(",")[0]}${share === null ? "" : `, ${10 * Math.floor(10 * share)} %`}`);
  }

  /** A job as the server tells it. */
  tell({ step, done, total }) {
    const share = total ? done / total : null;
    const named = STEPS[step] ?? "Starting";
    if (!UNITS[step]) return this.show(`${named}${share === null ? " …" : `, ${Math.round(100 * share)} %`}`, share);
    const counted = total ? `${done.toLocaleString("en")} of ${count(total, UNITS[step].slice(0, -1))}` : count(done ?? 0, UNITS[step].slice(0, -1));
    return this.show(`${named}, ${counted}`, share);
  }

  #hear(words) {
    if (words !== this.#heard) this.heard.textContent = words;
    this.#heard = words;
  }
}

/** The right side of the screen: what is at work, and below it what changes now and then. */
export class Board {
  #shown = "";

  constructor(host, work) {
    Object.assign(this, { host, work });
    host.tabIndex = -1;
    host.append(work.element);
  }

  /** Put `parts()` there when `state`, of which they are made, is another one: focus and scroll stay where they are. */
  show(state, parts) {
    const said = JSON.stringify(state);
    if (said === this.#shown) return;
    this.#shown = said;
    const held = this.host.contains(document.activeElement) && document.activeElement !== this.work.button;
    while (this.host.lastChild !== this.work.element) this.host.lastChild.remove();
    this.host.append(...parts().filter(Boolean));
    if (held) this.host.focus();
  }
}

/** A notice that something did not work, and why. */
export const trouble = (title, text) => make("div", { class: "notice alert", role: "alert" }, icon("alert"), make("div", { class: "grow" }, make("b", {}, title), make("br"), text));

/** Let the browser save a file of the server's: its address holds for a minute. */
export async function save(kind, name) {
  const { address } = await send("POST", "/api/data/download", { kind, name });
  make("a", { href: address, download: "" }).click();
}

const numeric = (rows, at) => (typeof rows[0]?.[at] === "number" ? "figure" : null);

/** A table: names of its columns, rows of cells. Numbers stand at the right. */
export function table(label, names, rows) {
  const head = make("tr", {}, ...names.map((name, at) => make("th", { scope: "col", class: numeric(rows, at) }, name)));
  const lines = rows.map((cells) => make("tr", {}, ...cells.map((cell, at) => make(at ? "td" : "th", at ? { class: numeric(rows, at) } : { scope: "row" }, typeof cell === "number" ? cell.toLocaleString("en") : cell))));
  return make("div", { class: "table", tabindex: "0", role: "region", "aria-label": label }, make("table", { class: "num" }, make("thead", {}, head), make("tbody", {}, ...lines)));
}

/** The local date and time of an ISO date. */
export const when = (iso) => new Date(iso).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "short" });
