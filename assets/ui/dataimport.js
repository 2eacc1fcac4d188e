// Import: a study, files or a path; what is at work; and what came of it.

import { make, press } from "./dom.js";
import { Board, count, save, size, table, trouble, Work } from "./jobs.js";
import { session, go } from "./session.js";
import { chosen, dropped, stem, together, Upload, weight } from "./uploading.js";

const TABLE = /\.(csv|tsv|jsonl|ndjson)$/i;

/** What was chosen, in words. */
function summary(files) {
  const tables = [...files.keys()].filter((name) => TABLE.test(name)).length;
  const others = files.size - tables;
  const parts = [others ? count(others, "file") : "", tables ? count(tables, "table") : ""].filter(Boolean);
  return `${parts.join(" and ")}, ${size(weight(files))}`;
}

export class Import {
  #files = new Map();
  #from = "files";
  #called = ""; // the study's name, as far as it was not typed
  #upload = null;
  #trouble = null;

  constructor(el, jobs) {
    Object.assign(this, { el, jobs, told: { import: null, maps: null }, limits: null, studies: [] });
    this.work = new Work(() => this.#stop());
    this.board = new Board(el.imported, this.work);
    el.importForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#start();
    });
    el.importForm.addEventListener("input", () => this.#form());
    el.path.addEventListener("input", () => this.#call());
    el.from.addEventListener("click", ({ target }) => target.dataset.v && this.#choose(target.dataset.v));
    el.chooseFiles.addEventListener("click", () => el.files.click());
    el.chooseFolder.addEventListener("click", () => el.folder.click());
    el.unchoose.addEventListener("click", () => this.#take(new Map()));
    for (const input of [el.files, el.folder]) input.addEventListener("change", () => this.#take(chosen(input)));
    el.drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      el.drop.classList.add("over");
    });
    el.drop.addEventListener("dragleave", () => el.drop.classList.remove("over"));
    el.drop.addEventListener("drop", (event) => this.#dropped(event));
  }

  /** What the server says the screen begins with. */
  begin({ studies, layouts, limits, manages, images }) {
    const { el } = this;
    Object.assign(this, { studies, limits, images });
    el.studies.replaceChildren(...studies.map((name) => new Option(name)));
    el.layout.replaceChildren(...layouts.map((name) => new Option(name === "auto" ? "Detected automatically" : name, name)));
    el.from.hidden = !manages;
    if (!manages) this.#choose("files");
    this.#form();
  }

  show(kind, told, was) {
    this.told[kind] = told;
    const ended = was?.state === "running" && told.state !== "running";
    if (ended && kind === "import") session.refresh().catch(() => {});
    if (ended && kind === "import" && told.state === "done") this.#take(new Map());
    this.#draw();
  }

  async #dropped(event) {
    event.preventDefault();
    this.el.drop.classList.remove("over");
    try {
      this.#take(await dropped(event.dataTransfer));
    } catch {
      this.#say("This cannot be read", "The browser could not open what was dropped; choose it with the buttons.");
    }
  }

  #take(files) {
    this.#files = files;
    this.el.files.value = this.el.folder.value = "";
    this.#call();
    this.#form();
  }

  #choose(from) {
    this.#from = from;
    this.#call();
    this.#form();
  }

  /** The study is called as the folder is, unless somebody typed a name. */
  #call() {
    const { study, path } = this.el;
    if (study.value && study.value !== this.#called) return;
    const called = this.#from === "files" ? together(this.#files) : stem(path.value.trim().split(/[\\/]/).filter(Boolean).at(-1) ?? "");
    study.value = this.#called = called.slice(0, study.maxLength);
  }

  /** The form as it is now: what is chosen, and whether it can be imported. */
  #form() {
    const { el } = this;
    const files = this.#files;
    const name = el.study.value.trim();
    press(el.from.children, this.#from);
    el.drop.hidden = this.#from !== "files";
    el.pathField.hidden = this.#from !== "path";
    el.studyKind.textContent = name ? (this.studies.includes(name) ? "adds to it" : "a new one") : "";
    el.dropped.replaceChildren(make("b", {}, files.size ? summary(files) : "Drop files here"));
    el.dropHint.hidden = Boolean(files.size);
    el.unchoose.hidden = !files.size;
    const busy = Boolean(this.#upload) || this.jobs.running("import") || this.jobs.running("maps");
    const missing = this.#missing(name);
    el.startImport.disabled = busy || Boolean(missing);
    el.missing.textContent = busy ? "" : missing;
  }

  #missing(name) {
    if (this.#from === "files" && !this.#files.size) return "Choose what to import.";
    if (this.#from === "path" && !this.el.path.value.trim()) return "Name a folder or a file.";
    return name ? "" : "Name a study.";
  }

  async #start() {
    const { el } = this;
    if (el.startImport.disabled) return;
    const body = { study: el.study.value.trim(), split: el.split.value.trim(), layout: el.layout.value };
    this.#trouble = null;
    try {
      if (this.#from === "path") Object.assign(body, { path: el.path.value.trim(), link: el.link.checked });
      else body.upload = await this.#send();
      if (this.#from === "path" || body.upload) await this.jobs.start("import", "/api/data/import", body);
    } catch (error) {
      this.#say("Not imported", error.message);
    }
    this.#draw();
  }

  async #send() {
    const files = this.#files;
    const all = weight(files);
    const tell = (bytes, done) => this.work.show(`Sending, ${done.toLocaleString("en")} of ${count(files.size, "file")}, ${size(bytes)} of ${size(all)}`, all ? bytes / all : null);
    this.#upload = new Upload(files, this.limits.piece, tell);
    this.#draw();
    tell(0, 0);
    try {
      return await this.#upload.send();
    } finally {
      this.#upload = null;
    }
  }

  async #maps() {
    this.#trouble = null;
    try {
      await this.jobs.start("maps", "/api/data/maps", {});
    } catch (error) {
      this.#say("No maps", error.message);
    }
  }

  async #stop() {
    if (this.#upload) return this.#upload.stop();
    try {
      await this.jobs.stop(this.jobs.running("maps") ? "maps" : "import");
    } catch {
      // it goes on, and is looked at again
    }
    return undefined;
  }

  #say(title, text) {
    this.#trouble = [title, text];
    this.#draw();
  }

  #draw() {
    const { told } = this;
    const running = [told.import, told.maps].find((one) => one?.state === "running");
    this.#form();
    if (running) this.work.tell(running);
    else if (!this.#upload) this.work.hide();
    const state = [told.import, told.maps].map((one) => (one?.state === "running" ? [one.number] : one));
    this.board.show([state, this.#trouble, Boolean(this.#upload), this.images], () => {
      const parts = this.#upload ? [] : [this.#trouble && trouble(...this.#trouble), ...this.#imported(), ...this.#mapped()].filter(Boolean);
      return parts.length || running || this.#upload ? parts : [hint(this.images, () => this.#maps())];
    });
  }

  #imported() {
    const { state, error, result, about, done } = this.told.import ?? {};
    if (state === "failed") return [trouble(`Nothing was imported into ${about}`, error)];
    if (state === "stopped") return [make("p", {}, `Stopped. What was imported of ${about} before that stays${done ? `: up to ${count(done, "record")}` : ""}; the same import goes on from there.`)];
    if (state !== "done") return [];
    return report(result, this.jobs.running("maps") ? null : () => this.#maps());
  }

  #mapped() {
    const { state, error, result, done } = this.told.maps ?? {};
    if (state === "failed") return [trouble("No maps were computed", error)];
    if (state === "stopped") return [make("p", {}, `Stopped; ${count(done ?? 0, "map")} computed, which stay.`)];
    if (state !== "done") return [];
    const said = result.maps || result.found ? `${count(result.maps, "map")} computed in ${result.seconds} s` : "No map was missing";
    return [make("p", {}, said + (result.skipped ? `; ${count(result.skipped, "image")} could not be used` : "")), reasons(result, "Not computed", null)];
  }
}

const computing = (maps) => make("button", { type: "button", class: "btn", onclick: maps }, "Compute the maps");

/** What stands there as long as nothing was imported from here. */
function hint(images, maps) {
  const title = images ? `${count(images, "image")} in the workbench` : "Nothing imported yet";
  const text = "Twice is the same as once: known images are recognised by their bytes, and what a source says of them is added.";
  return make("div", { class: "nothing" }, make("p", { class: "large" }, title), make("p", { class: "quiet" }, text), images ? computing(maps) : null);
}

/** What an import did. */
function report(result, maps) {
  const figures = [["Images", result.images], ["New", result.new], ["Known", result.duplicates], ["Skipped", result.skipped], ["Descriptions", result.descriptions], ["Scores", result.scores], ["Regions", result.regions]];
  const cells = figures.map(([name, value]) => make("div", {}, make("p", { class: "small quiet" }, name), make("p", { class: "large num" }, value.toLocaleString("en"))));
  const show = () => {
    const study = session.studies.find(({ name }) => name === result.study);
    if (study) session.choose(study.id);
    go("browse");
  };
  const buttons = [make("button", { type: "button", class: "btn", onclick: show }, "Show in Browse"), maps && computing(maps)];
  return [
    make("header", { class: "report-head" }, make("h2", { tabindex: "-1" }, `Imported into ${result.study}`), make("span", { class: "grow" }), ...buttons),
    make("div", { class: "stats any" }, ...cells),
    reasons(result, "Skipped", () => save("skipped", "")),
  ];
}

/** What was left out, and why. */
function reasons({ skipped, reasons: listed }, title, all) {
  if (!skipped) return null;
  const shown = listed.length < skipped ? `, of which the first ${listed.length} are shown` : "";
  const head = make("header", { class: "report-head" }, make("h2", {}, title), make("span", { class: "quiet" }, `${count(skipped, "record")}${shown}`), make("span", { class: "grow" }));
  if (all) head.append(make("button", { type: "button", class: "btn", onclick: all }, "All as CSV"));
  return make("section", { class: "left-out" }, head, table(title, ["Record", "Why"], listed));
}
