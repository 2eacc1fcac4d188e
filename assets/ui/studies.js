// The Studies screen, for those who lead: the list of studies, and the chosen one's settings; people, for admins.
// The chosen study is the one that is open, so that the header, the address and this screen tell of the same one.

import { get } from "./api.js";
import { Asked } from "./asked.js";
import { make, parts, sayNothing } from "./dom.js";
import { NewStudy } from "./newstudy.js";
import { People } from "./people.js";
import { address, go, place, session } from "./session.js";
import { OneStudy } from "./study.js";
import { follow, markPart } from "./tabs.js";

const say = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

class Studies {
  #asked = 0;

  constructor(root) {
    const el = (this.el = parts(root));
    const ask = new Asked(el);
    this.one = new OneStudy(el, { ask, changed: (study) => this.#changed(study), edited: () => this.#marks() });
    this.making = new NewStudy(el, { made: (study) => this.#made(study), left: () => go("studies") });
    this.people = new People(el, ask);
    root.addEventListener("click", (event) => event.detail && event.target.closest("button, a")?.blur());
    el.parts.addEventListener("click", (event) => follow(event, (link) => `studies${link.dataset.part === "people" ? "?part=people" : ""}`));
    el.add.addEventListener("click", (event) => follow(event, () => "studies?new=1"));
    el.list.addEventListener("click", (event) => this.#choose(event));
    session.addEventListener("chosen", () => place().screen === "studies" && this.load());
    addEventListener("hashchange", () => place().screen === "studies" && this.load());
    addEventListener("beforeunload", (event) => this.unsaved && event.preventDefault());
  }

  /** Whether something was changed or typed that the server does not have. */
  get unsaved() {
    return this.one.unsaved.size > 0 || this.making.begun || this.people.begun;
  }

  #choose(event) {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const id = Number(link.dataset.id);
    if (id === session.study?.id) go("studies");
    else session.choose(id);
  }

  async load() {
    const turn = ++this.#asked;
    const { el } = this;
    try {
      await session.ready();
      if (turn !== this.#asked) return undefined;
      const { reviewer } = session;
      if (!reviewer.leads) return this.#nothing("This is for those who lead studies", "Ask one of them, or an admin, if you are to lead studies too.", [["Review images", () => go("review")]]);
      const manages = reviewer.role === "admin";
      const part = manages && place().query.get("part") === "people" ? "people" : "studies";
      this.#links(part, manages);
      if (part === "people") await this.people.load(() => turn === this.#asked);
      else await this.#studies(() => turn === this.#asked);
      if (turn === this.#asked) this.#shows(part);
    } catch (error) {
      if (turn === this.#asked) this.#nothing("This cannot be shown", error.message, [["Look again", () => this.load()]]);
    }
    return undefined;
  }

  #shows(part) {
    const { el } = this;
    el.nothing.hidden = true;
    el.bar.hidden = false;
    el.studies.hidden = part !== "studies";
    el.people.hidden = part !== "people";
  }

  #links(part, manages) {
    const { el } = this;
    for (const link of el.parts.children) {
      link.href = address(`studies${link.dataset.part === "people" ? "?part=people" : ""}`);
      link.hidden = link.dataset.part === "people" && !manages;
    }
    markPart(el.parts.children, part);
    el.add.href = address("studies?new=1");
  }

  async #studies(current) {
    const { el } = this;
    const making = place().query.has("new");
    const chosen = session.study?.id;
    const [listed, study] = await Promise.all([get("/api/studies"), making || !chosen ? null : get(`/api/studies/${chosen}`)]);
    if (!current()) return;
    this.#list(listed.studies, making ? null : chosen);
    el.one.hidden = !study;
    el.making.hidden = !making;
    el.none.hidden = making || Boolean(study);
    if (study) this.one.show(study);
    if (making) this.making.show(listed);
  }

  #list(studies, chosen) {
    const { el } = this;
    if (chosen === null) el.add.setAttribute("aria-current", "page");
    else el.add.removeAttribute("aria-current");
    el.list.replaceChildren(...studies.map((study) => this.#item(study, study.id === chosen)));
    this.#marks();
  }

  #item(study, current) {
    const { images, complete, settings } = study;
    const badges = [study.sample && "Sample", study.closed && "Closed"].filter(Boolean);
    const far = make("span", { class: "how-far", "aria-hidden": "true" }, make("i", { style: `width:${images ? (100 * complete) / images : 0}%` }));
    const link = make(
      "a",
      { href: `#studies?study=${study.id}`, "data-id": study.id, "aria-current": current ? "page" : null },
      make("span", { class: "inline" }, make("b", { class: "grow" }, study.name), ...badges.map((one) => make("span", { class: "badge" }, one)), make("span", { class: "badge unsaved", hidden: true }, "Not saved")),
      make("span", { class: "inline small quiet num" }, make("span", { class: "grow" }, images ? `${complete} of ${say(images, "image")} complete` : "No images yet"), `overlap ${settings.overlap}`),
      far,
    );
    return make("li", {}, link);
  }

  /** Say in the list which studies have changes that are not saved. */
  #marks() {
    for (const link of this.el.list.querySelectorAll("a")) {
      link.querySelector(".unsaved").hidden = !this.one.unsaved.has(Number(link.dataset.id));
    }
  }

  /** A study was changed: the header and the other screens learn of it. */
  async #changed(study) {
    await session.renew(study.id);
  }

  async #made(study) {
    go("studies", true);
    await session.renew(study.id);
    this.el.name.focus({ preventScroll: true });
  }

  #nothing(title, text, choices = []) {
    const { el } = this;
    el.bar.hidden = true;
    el.studies.hidden = true;
    el.people.hidden = true;
    sayNothing(el, title, text, choices);
  }
}

export async function mount(element) {
  const studies = new Studies(element.querySelector("[data-screen]"));
  if (place().screen === "studies") await studies.load();
}
