// The Browse screen: all images of the study, filtered, sorted, searched; the state lives in the address bar.

import { get } from "./api.js";
import { Bulk } from "./bulk.js";
import { card, fill } from "./cards.js";
import { COLOUR_MAPS, gradient } from "./colours.js";
import { parts } from "./dom.js";
import { FACETS, Facets } from "./facets.js";
import { Gathered } from "./gathered.js";
import { listen } from "./keys.js";
import { recall, remember } from "./memory.js";
import { Pictures } from "./pictures.js";
import { MOST } from "./laying.js";
import { importInto } from "./rest.js";
import { go, place, session } from "./session.js";
import { Views } from "./views.js";

const PER = 60;
const WAIT = 250; // ms after the last key of a search
const RATED_ONLY = "Only images that you have rated are searched. ";
const OF_SCORES = ["score_low", "score_high", "disagreement", "uncertainty"]; // sorts that need a score
const NEWEST = "newest"; // the sort where the address names none

class Browse {
  items = [];
  #selected = 0;
  #asked = 0;
  #timer = null;

  constructor(root) {
    const el = (this.el = parts(root));
    this.root = root;
    this.pictures = new Pictures();
    this.maps = recall("browseMaps", true);
    this.gathered = new Gathered(el, (at) => this.items[at].key);
    this.facets = new Facets(el.facets, (name, value) => this.#toggle(name, value));
    this.bulk = new Bulk(el, this.gathered, () => this.load());
    this.views = new Views(el, () => this.#listing());
    this.inSight = new IntersectionObserver((seen) => this.#fill(seen), { root: el.grid, rootMargin: "200px" });
    this.#connect();
    this.#showMaps();
  }

  /** Load what the address bar asks for. */
  async load() {
    const turn = ++this.#asked;
    const { query } = place();
    const asked = Object.fromEntries(Object.keys(FACETS).map((name) => [name, query.getAll(name)]));
    const more = { q: query.get("q"), sort: query.get("sort") ?? NEWEST, page: query.get("page"), per: PER };
    try {
      await session.ready();
      if (!session.study) return this.#nothing("There is no study yet", `Import a folder, a CSV or a data set: ${importInto(null)}`);
      const { study } = session;
      this.gathered.heed(this.#listing());
      if (!this.facets.knows(study)) this.facets.begin(study, (await get("/api/browse", { study: study.id, per: 1 })).facets);
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
    el.sort.value = query.get("sort") ?? NEWEST;
    el.total.textContent = got.total;
    el.of.textContent = got.of;
    el.clear.hidden = !filtered;
    const first = (got.page - 1) * PER + 1;
    el.range.textContent = got.total ? `${first} to ${first + got.items.length - 1} of ${got.total}` : "";
    el.before.disabled = got.page <= 1;
    el.after.disabled = got.page >= got.pages;
    this.page = got.page;
    this.total = got.total;
    this.facets.show(got.facets, query);
    el.gatherAllCount.textContent = got.total;
    for (const one of [el.gatherAll, el.tagChosen, el.giveChosen]) one.hidden = !session.reviewer.leads;
    if (!got.items.length) {
      const title = filtered ? "No image matches" : "No images in this study yet";
      const more = `${query.has("q") && session.study.blind && !session.seesAll ? RATED_ONLY : ""}Take a filter away to see more.`;
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
      if (event.shiftKey) this.#reach(at);
      else this.#gather(at);
    }));
    this.fits = new Map(cards.map(({ element, fit }, at) => [element, { fit, item: items[at] }]));
    el.grid.replaceChildren(...cards.map(({ element }) => element));
    el.grid.scrollTop = 0;
    for (const { element } of cards) this.inSight.observe(element);
    this.gathered.show();
    this.#select(Math.min(this.#selected, items.length - 1));
  }

  /** What the address asks for, whatever the page. */
  #listing() {
    const { query } = place();
    query.delete("page");
    return query.toString();
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

  get #columns() {
    return getComputedStyle(this.el.grid).gridTemplateColumns.split(" ").length;
  }

  #move({ key }) {
    if (!this.items.length) return;
    this.gathered.settle();
    const { grid } = this.el;
    const columns = this.#columns;
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

  /** Choose all from where the range began to the card at `to`, at most to the ends of the page. */
  #reach(to) {
    if (!this.items.length) return;
    const at = Math.max(0, Math.min(this.items.length - 1, to));
    this.gathered.reach(this.#selected, at);
    this.#select(at);
  }

  #reachBy({ key }) {
    this.#reach(this.#selected + { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.#columns, ArrowDown: this.#columns }[key]);
  }

  #gatherPage() {
    if (this.items.length) this.gathered.toggleAll(this.items.map(({ key }) => key));
  }

  #gatherAll() {
    if (session.reviewer?.leads && this.items.length) this.gathered.everything(this.#listing(), this.total);
  }

  /** Compare what was chosen, as many as there is room for, or the maps of the selected image. */
  #compare() {
    const chosen = this.gathered.all ? this.items.map(({ key }) => key) : this.gathered.keys;
    const keys = chosen.length ? chosen.slice(0, MOST) : this.items.slice(this.#selected, this.#selected + 1).map(({ key }) => key);
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
    const presses = { viewsOpen: () => this.views.open(), gatherPage: () => this.#gatherPage(), gatherAll: () => this.#gatherAll(), tagChosen: () => this.bulk.openTags(), giveChosen: () => this.bulk.openGive(), chooseNone: () => this.gathered.clear() };
    for (const [name, act] of Object.entries(presses)) el[name].addEventListener("click", act);
    el.grid.addEventListener("click", (event) => {
      const at = [...el.grid.children].indexOf(event.target.closest(".card"));
      if (at < 0) return;
      if (event.shiftKey) return void this.#reach(at);
      this.#select(at);
      this.#open(at);
    });
    el.grid.addEventListener("mousedown", (event) => event.shiftKey && event.preventDefault()); // or words would be marked
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
      reach: (event) => this.#reachBy(event),
      gatherPage: () => this.#gatherPage(),
      gatherAll: () => this.#gatherAll(),
      tags: () => this.bulk.openTags(),
      give: () => this.bulk.openGive(),
      views: () => this.views.open(),
      compare: () => this.#compare(),
      forget: () => this.gathered.clear(),
    });
  }
}

export async function mount(element) {
  const browse = new Browse(element.querySelector("[data-screen]"));
  if (place().screen === "browse") await browse.load();
}
