// Export: what would leave, the file made and saved, and those made before.

import { get } from "./api.js";
import { make } from "./dom.js";
import { Board, count, save, table, trouble, when, Work } from "./jobs.js";
import { session } from "./session.js";

const REASONS = {
  "other study": "of other studies",
  "other split": "of other splits",
  "other time": "of other days",
  "other generator": "on texts of others",
  "older text": "replaced by a newer text",
  "too few reviews": "of images with too few reviews",
  "wrong on purpose": "made wrong on purpose",
  draft: "not submitted yet",
};
const NOUNS = { human: ["review", "reviews"], machine: ["description", "descriptions"], both: ["review or description", "reviews and descriptions"] };
const NAMES = { jsonl: "JSON lines (jsonl)", csv: "CSV" };

const reasons = (excluded) => Object.entries(excluded).map(([reason, n]) => `${n.toLocaleString("en")} ${REASONS[reason] ?? reason}`);
const sum = (excluded) => Object.values(excluded).reduce((all, n) => all + n, 0);

export class Export {
  #asked = 0;
  #mine = null; // the number of the export that was asked for here, to be saved at its end
  #told = null;
  #trouble = null;
  #made = [];
  #formats = new Map();
  #followed = ""; // the header's study that was chosen last

  constructor(el, jobs) {
    Object.assign(this, { el, jobs });
    this.work = new Work(() => this.jobs.stop("export").catch(() => {}));
    this.board = new Board(el.exported, this.work);
    el.exportForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#start();
    });
    el.exportForm.addEventListener("change", () => {
      this.#fit();
      this.count();
    });
  }

  begin({ formats, studies, splits, generators, prompts }) {
    const { el } = this;
    this.#formats = new Map(formats.map((one) => [one.name, one]));
    fill(el.format, grouped(formats));
    fill(el.generator, [new Option("Anyone", ""), ...generators.map((name) => new Option(name))]);
    fill(el.prompt, prompts.map((name) => new Option(name)));
    fill(el.of, [new Option("All studies", ""), ...studies.map((name) => new Option(name))]);
    fill(el.ofSplit, [new Option("All splits", ""), ...splits.map((name) => new Option(name))]);
    const name = session.study?.name ?? "";
    if (name !== this.#followed) el.of.value = this.#followed = name;
    this.#fit();
  }

  /** The screen is opened: everything as it is now. */
  async open() {
    await Promise.all([this.count(), this.#list()]);
  }

  show(told, was) {
    const ended = was?.state === "running" && told.state !== "running";
    this.#told = told;
    if (ended && told.state === "done") this.#ended(told);
    this.#draw();
  }

  /** The form as the format needs it. */
  #fit() {
    const { el } = this;
    const { purpose = "", learned = false, needs_people: people = false } = this.#formats.get(el.format.value) ?? {};
    el.purpose.textContent = people ? `${purpose}. Made of people's answers alone.` : `${purpose}.`;
    if (people) el.source.value = "human";
    el.source.disabled = people;
    el.learnedFields.hidden = !learned;
    el.skipsField.hidden = learned;
  }

  get #wanted() {
    const { el } = this;
    const skips = el.skips.checked && !el.skipsField.hidden;
    const days = { since: el.since.value || null, until: el.until.value || null };
    return { source: el.source.value, study: el.of.value || null, split: el.ofSplit.value || null, skips, ...days, generator: el.generator.value || null, min_reviews: whole(el.least), adjudicated: el.adjudicated.checked };
  }

  /** How it is written. */
  get #how() {
    const { el } = this;
    return el.learnedFields.hidden ? {} : { prompt: el.prompt.value, test_share: whole(el.share) / 100, seed: whole(el.seed) };
  }

  /** How many reviews would leave now, or be looked at by a format of another kind of rows, and how many would not. */
  async count() {
    const turn = ++this.#asked;
    const { counted } = this.el;
    try {
      const { rows, excluded } = await get("/api/data/export", this.#wanted);
      if (turn !== this.#asked) return;
      const out = reasons(excluded);
      const learned = !this.el.learnedFields.hidden;
      const does = `${rows === 1 ? "is" : "are"} looked at; this format makes its rows of ${rows === 1 ? "it" : "them"}`;
      const leaves = rows === 1 ? "leaves" : "leave";
      const lines = out.length ? [make("p", { class: "small quiet" }, "Left out"), make("ul", { class: "small" }, ...out.map((line) => make("li", {}, line)))] : [];
      counted.replaceChildren(make("p", {}, make("b", { class: "large num" }, rows.toLocaleString("en")), ` ${NOUNS[this.el.source.value][rows === 1 ? 0 : 1]} ${learned ? does : leaves}`), ...lines);
    } catch (error) {
      if (turn === this.#asked) counted.replaceChildren(make("p", {}, error.message));
    }
  }

  async #start() {
    if (this.jobs.running("export")) return;
    this.#trouble = null;
    this.#mine = true;
    try {
      await this.jobs.start("export", "/api/data/export", { format: this.el.format.value, ...this.#wanted, ...this.#how });
    } catch (error) {
      this.#mine = null;
      this.#trouble = ["Not exported", error.message];
      this.#draw();
    }
  }

  async #ended({ result }) {
    const mine = this.#mine;
    this.#mine = null;
    await this.#list();
    if (mine) await this.#save(result.file);
  }

  async #save(name) {
    try {
      await save("export", name);
    } catch (error) {
      this.#trouble = ["Not saved", error.message];
      this.#draw();
    }
  }

  async #list() {
    try {
      this.#made = (await get("/api/data/exports")).exports;
    } catch (error) {
      this.#trouble = ["The exports cannot be listed", error.message];
    }
    this.#draw();
  }

  #draw() {
    const told = this.#told;
    const running = told?.state === "running";
    if (running) this.work.tell(told);
    else this.work.hide();
    this.el.startExport.disabled = running;
    this.board.show([running || told, this.#trouble, this.#made], () => this.#parts(told));
  }

  #parts(told) {
    const parts = [this.#trouble && trouble(...this.#trouble)];
    if (told?.state === "failed") parts.push(trouble("Not exported", told.error));
    if (told?.state === "stopped") parts.push(make("p", {}, "Stopped; nothing was written."));
    if (told?.state === "done") parts.push(make("p", { role: "status" }, `${count(told.result.rows, "row")} in ${told.result.file}`));
    parts.push(this.#made.length ? this.#table() : make("div", { class: "nothing" }, make("p", { class: "large" }, "Nothing exported yet"), make("p", { class: "quiet" }, "Each export is listed here, with its hash and what it left out.")));
    return parts;
  }

  #table() {
    const rows = this.#made.map((one) => {
      const of = about(one.filters);
      const links = one.file ? [this.#button("Save", one.file, one), " ", this.#button("Manifest", `${one.file}.manifest.json`, one)] : [make("span", { class: "quiet" }, "file is gone")];
      return [when(one.made_at), one.format, of, one.rows, sum(one.excluded), make("code", { title: one.sha256 }, one.sha256.slice(0, 12)), make("span", {}, ...links)];
    });
    return table("Exports", ["Made", "Format", "Of", "Rows", "Left out", "SHA-256", "File"], rows);
  }

  #button(words, name, one) {
    return make("button", { type: "button", class: "btn small", "aria-label": `${words}: ${one.format} of ${when(one.made_at)}`, onclick: () => this.#save(name) }, words);
  }
}

/** What an export was made of, in a few words. */
function about({ study, split, skips, source, since, until, generator, min_reviews: least, adjudicated }) {
  const whose = { machine: "machines' texts", both: "people's and machines'" }[source];
  const days = since || until ? [since, until].map((day) => day ?? "").join("–") : null;
  const words = [study ?? "All studies", split, whose, days, generator, least ? `${least} reviews or more` : null, adjudicated ? "adjudicated" : null, skips ? "with skips" : null];
  return words.filter(Boolean).join(", ");
}

/** The formats under what they are for. */
function grouped(formats) {
  const groups = new Map();
  for (const { name, group } of formats) {
    if (!groups.has(group)) groups.set(group, make("optgroup", { label: group }));
    groups.get(group).append(new Option(NAMES[name] ?? name, name));
  }
  return [...groups.values()];
}

/** The whole number of a field; 0 where it holds none. */
const whole = ({ value }) => Math.max(0, Math.trunc(Number(value)) || 0);

/** New options; what was chosen stays chosen where it is still there. */
function fill(select, options) {
  const { value } = select;
  select.replaceChildren(...options);
  if ([...select.options].some((one) => one.value === value)) select.value = value;
}
