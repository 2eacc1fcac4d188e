// The Data screen, for those who lead studies: import, export, backup.

import { get } from "./api.js";
import { Backup } from "./databackup.js";
import { Export } from "./dataexport.js";
import { Import } from "./dataimport.js";
import { parts, sayNothing } from "./dom.js";
import { Jobs } from "./jobs.js";
import { go, place, session } from "./session.js";
import { Tabs } from "./tabs.js";

const NAMES = ["import", "export", "backup"];

class Data {
  constructor(root) {
    this.el = parts(root);
    this.jobs = new Jobs((kind, told, was) => this.#tell(kind, told, was));
    this.import = new Import(this.el, this.jobs);
    this.export = new Export(this.el, this.jobs);
    this.backup = new Backup(this.el, this.jobs);
    root.addEventListener("click", (event) => event.detail && event.target.closest("button")?.blur());
    this.tabs = new Tabs(this.el.parts, "data");
    session.addEventListener("study", () => this.tabs.show());
    session.addEventListener("chosen", () => place().screen === "data" && this.load());
    addEventListener("hashchange", () => place().screen === "data" && this.load());
    this.tabs.show();
  }

  #tell(kind, told, was) {
    if (kind === "export" || kind === "backup") this[kind].show(told, was);
    else this.import.show(kind, told, was);
    if (was?.state === "running" && told.state === "done" && kind === "import") this.#begin().catch(() => {}); // a study more
  }

  async #begin() {
    const told = await get("/api/data");
    for (const part of NAMES) this[part].begin(told);
    return told;
  }

  async load() {
    const { el } = this;
    this.tabs.show();
    try {
      await session.ready();
      el.parts.hidden = !session.reviewer.leads;
      if (!session.reviewer.leads) return this.#nothing("This is for those who lead studies", "Ask one of them to import or export.", [["To the review", () => go("review")]]);
      const { jobs } = await this.#begin();
      el.nothing.hidden = true;
      for (const part of NAMES) el[part].hidden = part !== this.tabs.part;
      this.jobs.take(jobs);
      await this[this.tabs.part].open?.();
    } catch (error) {
      this.#nothing("This cannot be shown", error.message, [["Look again", () => this.load()]]);
    }
    return undefined;
  }

  #nothing(title, text, choices) {
    const { el } = this;
    for (const part of NAMES) el[part].hidden = true;
    sayNothing(el, title, text, choices);
  }
}

export async function mount(element) {
  const data = new Data(element.querySelector("[data-screen]"));
  if (place().screen === "data") await data.load();
}
