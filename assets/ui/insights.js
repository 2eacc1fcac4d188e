// The Insights screen: its parts, of which the address names one, each as far as this reviewer may see it.

import { get } from "./api.js";
import { parts, sayNothing } from "./dom.js";
import { Scores } from "./scores.js";
import { importInto } from "./rest.js";
import { show } from "./sections.js";
import { place, session } from "./session.js";
import { Tabs } from "./tabs.js";

const SLOW = 300; // ms after which one is told that there is something to wait for
const OWN = "scores"; // the part with a screen of its own: it can train

class Insights {
  #asked = 0;
  #shown = null; // of which study and part the figures are that stand there

  constructor(root) {
    this.el = parts(root);
    this.scores = new Scores(this.el, { nothing: (...said) => this.#nothing(...said), reload: () => this.load() });
    root.addEventListener("click", (event) => event.detail && event.target.closest("button")?.blur());
    this.tabs = new Tabs(this.el.parts, "insights");
    session.addEventListener("chosen", () => place().screen === "insights" && this.load());
    session.addEventListener("study", () => this.tabs.show());
    addEventListener("hashchange", () => place().screen === "insights" && this.load());
    this.tabs.show();
  }

  async load() {
    const turn = ++this.#asked;
    const part = this.tabs.part;
    this.tabs.show();
    this.#ofLeads();
    (part === OWN ? this.el.told : this.el.scores).hidden = true;
    const current = () => turn === this.#asked;
    const same = () => this.#shown === `${session.study?.id} ${part}`;
    const slow = setTimeout(() => current() && !same() && this.#nothing("Reading the answers", "The first look after something was saved takes a moment."), SLOW);
    try {
      await session.ready();
      const { study } = session;
      this.#ofLeads();
      if (!study) return this.#nothing("There is no study yet", `Import a folder, a CSV or a data set: ${importInto(null)}`);
      const got = await get(part === OWN ? "/api/insights" : `/api/insights/${part}`, { study: study.id });
      if (current()) this.#show(part, got);
    } catch (error) {
      if (current()) this.#nothing("This cannot be shown", error.message, [["Look again", () => this.load()]]);
    } finally {
      clearTimeout(slow);
    }
    return undefined;
  }

  /** Who describes is told to leads alone: a reviewer chooses among texts without knowing it. */
  #ofLeads() {
    this.el.parts.querySelector('[data-part="describers"]').hidden = !session.reviewer?.leads;
  }

  #show(part, got) {
    const { el } = this;
    this.#shown = `${session.study.id} ${part}`;
    el.saving.textContent = "";
    el.nothing.hidden = true;
    el.told.hidden = part === OWN;
    el.scores.hidden = part !== OWN;
    if (part === OWN) return this.scores.show(got);
    const empty = show(el.told, part, got, (said) => { el.saving.textContent = said; });
    if (empty) this.#nothing(...empty);
    return undefined;
  }

  /** What to do where there is nothing to draw. */
  #nothing(title, text, choices = []) {
    const { el } = this;
    el.told.hidden = true;
    el.plots.hidden = true;
    sayNothing(el, title, text, choices);
  }
}

export async function mount(element) {
  const insights = new Insights(element.querySelector("[data-screen]"));
  if (place().screen === "insights") await insights.load();
}
