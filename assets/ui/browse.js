// The Browse screen: all images of the study, filtered, sorted, searched; the state lives in the address bar.

import { get } from "./api.js";
import { AGREEMENT, card, fill, STATUS } from "./cards.js";
import { COLOUR_MAPS, gradient } from "./colours.js";
import { make, parts } from "./dom.js";
import { VERDICTS } from "./form.js";
import { Gathered } from "./gathered.js";
import { listen } from "./keys.js";
import { recall, remember } from "./memory.js";
import { Pictures } from "./pictures.js";
import { importInto } from "./rest.js";
import { go, place, session } from "./session.js";

const PER = 60;
const WAIT = 250; // ms after the last key of a search
const WORDS = { status: STATUS, verdict: VERDICTS, agreement: AGREEMENT }; // facets whose values we know, in their order
const RATED_ONLY = "Only images that you have rated are searched. ";
const OF_SCORES = ["score_low", "score_high", "disagreement", "uncertainty"]; // sorts that need a score
const FACETS = { status: "Status", agreement: "MOS and score", verdict: "Verdict", origin: "Origin", split: "Split" };

class Browse {
  items = [];
  #selected = 0;
  #asked = 0;
  #timer = null;
  #values = {}; // every facet's values seen so far in the study: a search that finds nothing keeps the column

  constructor(root) {
    const el = (this.el = parts(root));
    this.root = root;
    this.pictures = new Pictures();
    this.maps = recall("browseMaps", true);
    this.gathered = new Gathered(el, (at) => this.items[at].key);
    this.inSight = new IntersectionObserver((seen) => this.#fill(seen), { root: el.grid, rootMargin: "200px" });
    this.#connect();
    this.#showMaps();
  }

  /** Load what the address bar asks for. */
  async load() {
    const turn = ++this.#asked;
    const { query } = place();
    const asked = Object.fromEntries(Object.keys(FACETS).map((name) => [name, query.getAll(name)]));
    const more = { q: query.get("q"), sort: query.get("sort"), page: query.get("page"), per: PER };
    try {
      await session.ready();
      if (!session.study) return this.#nothing("There is no study yet", `Import a folder, a CSV or a data set: ${importInto(null)}`);
      const { study } = session;
      if (this.#values.study !== study.id) this.#values = { study: study.id, ...(await get("/api/browse", { study: study.id, per: 1 })).facets };
      const got = await get("/api/browse", { study: study.id, ...asked, ...more });
      if (turn === this.#asked) this.#show(got, query);
    } catch (error) {
      if (turn === this.#asked) this.#nothing("The images cannot be listed", error.message);
    }
    return undefined;
  }

  #show(got, query) {
    const { el } = this;
    const filtered = [...Object.keys(FACETS), "q"].some((name) => query.has(name));
    if (document.activeElement !== el.search) el.search.value = query.get("q") ?? "";
    for (const option of el.sort.options) option.disabled = !got.scores && OF_SCORES.includes(option.value);
    el.sort.value = query.get("sort") ?? "newest";
    el.total.textContent = got.total;
    el.of.textContent = got.of;
    el.clear.hidden = !filtered;
    const first = (got.page - 1) * PER + 1;
    el.range.textContent = got.total ? `${first} to ${first + got.items.length - 1} of ${got.total}` : "";
    el.before.disabled = got.page <= 1;
    el.after.disabled = got.page >= got.pages;
    this.page = got.page;
    this.#facets(got.facets, query);
    if (!got.items.length) {
      const title = filtered ? "No image matches" : "No images in this study yet";
      const more = `${query.has("q") && session.study.blind ? RATED_ONLY : ""}Take a filter away to see more.`;
      this.#nothing(title, filtered ? more : `Import a folder, a CSV or a data set: ${importInto(session.study)}`, filtered);
      return;
    }
    this.#cards(got.items);
  }

  #cards(listed) {
    const { el } = this;
    const chosen = recall("map", {}).colours;
    const colours = COLOUR_MAPS.includes(chosen) ? chosen : COLOUR_MAPS[0];
    const items = listed.map((item) => ({ ...item, mapped: item.mapped && `${item.mapped}/${colours}` }));
    el.rampBar.style.background = gradient(colours);
    el.nothing.hidden = true;
    el.grid.hidden = false;
    this.inSight.disconnect();
    this.items = items;
    el.importedKey.hidden = !items.some((item) => item.opinion);
    el.scoreKey.hidden = !items.some((item) => item.score !== null);
    this.pictures.keep(items.flatMap((item) => [item.thumb, item.mapped]));
    const cards = items.map((item, at) => card(item, at));
    cards.forEach(({ tick }, at) => tick.addEventListener("click", (event) => {
      event.stopPropagation(); // a press on the card itself opens it
      this.#gather(at);
    }));
    this.fits = new Map(cards.map(({ element, fit }, at) => [element, { fit, item: items[at] }]));
    el.grid.replaceChildren(...cards.map(({ element }) => element));
    el.grid.scrollTop = 0;
    for (const { element } of cards) this.inSight.observe(element);
    this.gathered.show();
    this.#select(Math.min(this.#selected, items.length - 1));
  }

  #nothing(title, text, filtered = false) {
    const { el } = this;
    this.items = [];
    el.grid.replaceChildren();
    el.grid.hidden = true;
    el.nothing.hidden = false;
    el.nothingTitle.textContent = title;
    el.nothingText.textContent = text;
    el.nothingClear.hidden = !filtered;
  }

  #facets(facets, query) {
    for (const name of Object.keys(FACETS)) {
      const seen = new Map((this.#values[name] ?? []).map((one) => [one.value, { ...one, count: 0 }]));
      for (const one of facets[name] ?? []) seen.set(one.value, one);
      this.#values[name] = [...seen.values()];
    }
    const shown = Object.entries(FACETS).filter(([name]) => this.#values[name].length > (name in WORDS ? 0 : 1) || query.has(name));
    const focused = document.activeElement?.dataset?.facet;
    const sections = shown.map(([name, title]) => {
      const known = Object.keys(WORDS[name] ?? {});
      const sorted = this.#values[name].toSorted((a, b) => known.indexOf(a.value) - known.indexOf(b.value));
      const options = sorted.map(({ value, label, count }) => {
        const on = query.getAll(name).includes(value);
        const box = make("input", { type: "checkbox", class: "sr", "data-facet": `${name} ${value}`, onchange: () => this.#toggle(name, value) });
        box.checked = on;
        return make("label", { class: `opt ${on ? "on" : ""}` }, box, make("i", {}), WORDS[name]?.[value] ?? label, make("span", { class: "num" }, String(count)));
      });
      return make("section", {}, make("h2", {}, title), ...options);
    });
    this.el.facets.replaceChildren(...sections);
    for (const box of this.el.facets.querySelectorAll("input")) if (box.dataset.facet === focused) box.focus();
  }

  #fill(seen) {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      this.inSight.unobserve(target);
      const held = this.fits.get(target);
      if (held) fill(held.fit, held.item, this.pictures, this.maps);
    }
  }

  /** Change the address; a filter or a search starts again at page one. */
  #ask(change) {
    const { query } = place();
    query.delete("page");
    change(query);
    const text = query.toString();
    this.#selected = 0;
    go(text ? `browse?${text}` : "browse");
  }

  #toggle(name, value) {
    this.#ask((query) => {
      const others = query.getAll(name).filter((one) => one !== value);
      const on = query.getAll(name).includes(value);
      query.delete(name);
      for (const one of on ? others : [...others, value]) query.append(name, one);
    });
  }

  #search() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const { query } = place();
      const text = this.el.search.value.trim();
      query.delete("page");
      query.delete("q");
      if (text) query.set("q", text);
      this.#selected = 0;
      go(`browse?${query}`, true);
      this.load();
    }, WAIT);
  }

  /** Another page; its card at `at` is selected then, or the last before that. */
  #turn(by, at = 0) {
    if ((by < 0 ? this.el.before : this.el.after).disabled) return;
    this.#ask((query) => query.set("page", this.page + by));
    this.#selected = at;
  }

  #clear() {
    this.el.search.value = "";
    this.#ask((query) => {
      for (const name of [...Object.keys(FACETS), "q"]) query.delete(name);
    });
  }

  #select(at) {
    const cards = this.el.grid.children;
    if (!cards.length) return;
    this.#selected = Math.max(0, Math.min(cards.length - 1, at));
    [...cards].forEach((one, index) => {
      one.classList.toggle("sel", index === this.#selected);
      one.setAttribute("aria-selected", String(index === this.#selected));
    });
    this.el.grid.setAttribute("aria-activedescendant", cards[this.#selected].id);
    cards[this.#selected].scrollIntoView({ block: "nearest" });
  }

  #move({ key }) {
    if (!this.items.length) return;
    const { grid } = this.el;
    const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
    const screen = columns * Math.max(1, Math.floor(grid.clientHeight / grid.firstChild.offsetHeight));
    const all = this.items.length;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, PageUp: -screen, PageDown: screen }[key];
    if (!by) return void this.#select(key === "Home" ? 0 : all - 1);
    const next = this.#selected + by;
    const row = (at) => Math.floor(at / columns);
    if (next < 0 && row(this.#selected) === 0) this.#turn(-1, PER);
    else if (next >= all && row(this.#selected) === row(all - 1)) this.#turn(1);
    else this.#select(next);
  }

  #open(at) {
    const item = this.items[at];
    if (item) go(`review/${item.key}`);
  }

  #gather(at) {
    if (!this.items[at]) return;
    this.gathered.toggle(this.items[at].key);
    this.#select(at);
  }

  /** Compare what was chosen, or the maps of the selected image. */
  #compare() {
    const keys = this.gathered.keys.length ? this.gathered.keys : this.items.slice(this.#selected, this.#selected + 1).map(({ key }) => key);
    if (keys.length) go(`compare?${new URLSearchParams(keys.map((key) => ["t", key]))}`);
    this.gathered.clear();
  }

  #showMaps() {
    this.el.ramp.hidden = !this.maps;
    this.el.mapSwitch.classList.toggle("on", this.maps);
    this.el.mapSwitch.setAttribute("aria-pressed", String(this.maps));
  }

  #toggleMaps() {
    this.maps = !this.maps;
    remember("browseMaps", this.maps);
    this.#showMaps();
    for (const card of this.el.grid.children) this.inSight.observe(card); // those in sight are filled anew
  }

  #connect() {
    const { el } = this;
    el.search.addEventListener("input", () => this.#search());
    el.search.addEventListener("keydown", (event) => {
      if (event.key === "Escape" || event.key === "Enter") el.search.blur();
    });
    el.sort.addEventListener("change", () => {
      this.#ask((query) => query.set("sort", el.sort.value));
      el.sort.blur();
    });
    el.clear.addEventListener("click", () => this.#clear());
    el.nothingClear.addEventListener("click", () => this.#clear());
    el.before.addEventListener("click", () => this.#turn(-1));
    el.after.addEventListener("click", () => this.#turn(1));
    el.mapSwitch.addEventListener("click", () => this.#toggleMaps());
    el.compare.addEventListener("click", () => this.#compare());
    el.grid.addEventListener("click", (event) => {
      const at = [...el.grid.children].indexOf(event.target.closest(".card"));
      if (at < 0) return;
      this.#select(at);
      this.#open(at);
    });
    this.root.addEventListener("click", (event) => event.detail && event.target.closest("button")?.blur());
    session.addEventListener("chosen", () => {
      this.gathered.clear();
      if (place().screen === "browse") this.load();
    });
    addEventListener("hashchange", () => place().screen === "browse" && this.load());
    listen(() => (this.root.hidden ? null : "browse"), {
      search: () => el.search.select(),
      move: (event) => this.#move(event),
      open: () => this.#open(this.#selected),
      map: () => this.#toggleMaps(),
      gather: () => this.#gather(this.#selected),
      compare: () => this.#compare(),
      forget: () => this.gathered.clear(),
    });
  }
}

export async function mount(element) {
  const browse = new Browse(element.querySelector("[data-screen]"));
  if (place().screen === "browse") await browse.load();
}
