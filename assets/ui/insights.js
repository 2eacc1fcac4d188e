// The Insights screen: its parts, of which the address names one, each as far as this reviewer may see it.

import { get } from "./api.js";
import { make, parts } from "./dom.js";
import { Scores } from "./scores.js";
import { importInto } from "./rest.js";
import { show } from "./sections.js";
import { address, go, place, session } from "./session.js";

const SLOW = 300; // ms after which one is told that there is something to wait for
const OWN = "scores"; // the part with a screen of its own: it can train

class Insights {
  #asked = 0;
  #shown = null; // of which study and part the figures are that stand there

  constructor(root) {
    this.el = parts(root);
    this.scores = new Scores(this.el, { nothing: (...said) => this.#nothing(...said), reload: () => this.load() });
    root.addEventListener("click", (event) => event.detail && event.target.closest("button")?.blur());
    this.el.parts.addEventListener("click", (event) => this.#follow(event));
    session.addEventListener("chosen", () => place().screen === "insights" && this.load());
    session.addEventListener("study", () => this.#links());
    addEventListener("hashchange", () => place().screen === "insights" && this.load());
    this.#links();
  }

  get #names() {
    return [...this.el.parts.children].map((link) => link.dataset.part);
  }

  /** The part that the address names; without one the first. */
  get #part() {
    const named = place().query.get("part");
    return this.#names.includes(named) ? named : this.#names[0];
  }

  #links() {
    for (const link of this.el.parts.children) {
      link.href = address(`insights?part=${link.dataset.part}`);
      if (link.dataset.part === this.#part) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  #follow(event) {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab, at the link's own address
    event.preventDefault();
    go(`insights?part=${link.dataset.part}`);
  }

  async load() {
    const turn = ++this.#asked;
    const part = this.#part;
    this.#links();
    (part === OWN ? this.el.told : this.el.scores).hidden = true;
    const current = () => turn === this.#asked;
    const same = () => this.#shown === `${session.study?.id} ${part}`;
    const slow = setTimeout(() => current() && !same() && this.#nothing("Reading the answers", "The first look after something was saved takes a moment."), SLOW);
    try {
      await session.ready();
      const { study } = session;
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
    el.nothing.hidden = false;
    el.nothingTitle.textContent = title;
    el.nothingText.textContent = text;
    el.nothingChoices.replaceChildren(...choices.map(([label, act]) => make("button", { type: "button", class: "btn tall", onclick: act }, label)));
  }
}

export async function mount(element) {
  const insights = new Insights(element.querySelector("[data-screen]"));
  if (place().screen === "insights") await insights.load();
}
