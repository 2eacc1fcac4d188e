// The Compare screen: maps side by side, zooming together. What lies there is in the address bar.

import { get } from "./api.js";
import { connect } from "./connectcompare.js";
import { Cross } from "./cross.js";
import { Dials } from "./dials.js";
import { parts, press, sayNothing } from "./dom.js";
import { count } from "./jobs.js";
import { showLegend } from "./keys.js";
import { alike, asked, chosen, columns, filled, LETTERS, MOST, pair, parse, whole, written } from "./laying.js";
import { recall, remember } from "./memory.js";
import { Numbers } from "./numbers.js";
import { Picking } from "./picking.js";
import { Pictures } from "./pictures.js";
import { importInto } from "./rest.js";
import { go, place, session } from "./session.js";
import { Difference, Tile } from "./tile.js";
import { Together } from "./together.js";
import { DIFFERENCE, reach } from "./values.js";

const NOT_YET = "In a blind study an image can be compared once your own rating of it is locked.";
const flip = (button, on) => {
  button.classList.toggle("on", on);
  button.setAttribute("aria-pressed", String(on));
};

class Compare {
  state = { tiles: [], pair: null, own: false, alone: null }; // as in the address: tiles are {key, map, layer}
  #got = new Map(); // answers about images, by key
  #like = []; // the maps to look for on another image
  #left = null; // the comparison that was left: {study, query}
  #asked = 0;
  #urls = [];
  #maps = true;
  #marks = recall("compareMarks", false);

  constructor(root) {
    this.root = root;
    const el = (this.el = parts(root));
    this.pictures = new Pictures();
    this.together = new Together();
    this.numbers = new Numbers(el);
    this.cross = new Cross(this.numbers, this.together);
    const common = { pictures: this.pictures, together: this.together, onPoint: (pane, event) => this.cross.pointed(pane, event), onZoom: (pane, percent) => this.#zoomed(pane, percent) };
    this.tiles = LETTERS.map((_, at) => new Tile(at, { ...common, onChoose: (tile, name) => this.choose(tile, name) }));
    this.difference = new Difference({ ...common, onChoose: (name) => this.change({ pair: pair(name) }) });
    for (const pane of [...this.tiles, this.difference]) {
      pane.element.hidden = true;
      el.panes.append(pane.element);
    }
    el.differenceBar.style.background = DIFFERENCE;
    this.picking = new Picking(el, (keys) => this.lay(keys));
    this.dials = new Dials(el, () => this.#dress());
    new ResizeObserver(() => this.#grid()).observe(el.panes);
    showLegend(el.legend, "compare");
    connect(this);
  }

  /** Everything that lies there now, in order. */
  get panes() {
    return [...this.tiles.slice(0, this.state.tiles.length), ...(this.state.pair ? [this.difference] : [])];
  }

  get keys() {
    return [...new Set(this.state.tiles.map(({ key }) => key))];
  }

  /** Show what the address bar asks for. */
  async load() {
    const turn = ++this.#asked;
    try {
      await session.ready();
      if (!session.study) return this.#nothing("There is no study yet", "Import a folder, a CSV or a data set:", importInto(null));
      const wanted = await this.#wanted();
      if (turn !== this.#asked) return undefined;
      if (!wanted) return this.#empty();
      await this.change(wanted, true);
    } catch (error) {
      if (turn === this.#asked) this.#failed(error);
    }
    return undefined;
  }

  /** What the address names, what was here before, or the first image with a map; null when there is nothing. */
  async #wanted() {
    const { image, query: here } = place();
    const before = this.#left?.study === session.study.id ? this.#left.query : here;
    const { tiles, ...more } = asked(here.has("t") || image ? here : before, image);
    if (tiles.length) return { tiles, ...more };
    const { items } = await get("/api/browse", { study: session.study.id, sort: "imported", per: 100 });
    const first = items.find((item) => item.mapped) ?? items.find((item) => !item.hidden);
    return first ? { tiles: [parse(first.key)], ...more } : null;
  }

  /** Change what lies there; the address follows. `anew` asks for the images again: one may have been rated meanwhile. */
  async change(change, anew = false) {
    const turn = ++this.#asked;
    const next = { ...this.state, ...change };
    try {
      await this.#fetch(next.tiles, anew);
    } catch (error) {
      if (turn === this.#asked) this.#failed(error);
      return;
    }
    if (turn !== this.#asked || place().screen !== "compare") return;
    const before = this.keys.join();
    this.state = whole(next, this.#got);
    if (this.keys.join() !== before) this.together.reset();
    this.#write();
    await this.#show(turn);
  }

  async #fetch(tiles, anew) {
    const missing = new Set(tiles.map(({ key }) => key).filter((key) => anew || !this.#got.has(key)));
    const study = session.study.id;
    await Promise.all([...missing].map(async (key) => this.#got.set(key, await get("/api/compare", { study, image: key }))));
  }

  #write() {
    const query = written(this.state);
    this.#left = { study: session.study.id, query };
    go(`compare?${query}`, true);
  }

  async #show(turn) {
    const { el, state } = this;
    const several = this.keys.length > 1;
    el.nothing.hidden = true;
    el.work.hidden = false;
    const shown = state.tiles.map((tile) => chosen(this.#got.get(tile.key), tile));
    if (shown.some(Boolean)) this.#like = shown.filter(Boolean);
    const urls = [...this.keys.map((key) => this.#got.get(key).image.url), ...shown.filter(Boolean).map((one) => one.layer.url)];
    this.pictures.keep([...this.#urls, ...urls]); // those of before may be loading still
    this.#urls = urls;
    this.#controls();
    await Promise.all(state.tiles.map(({ key }, at) => {
      const got = this.#got.get(key);
      return this.tiles[at].show(got, shown[at], several ? `image ${got.number}` : "");
    }));
    if (turn === this.#asked && state.pair) await this.difference.show(this.tiles.slice(0, state.tiles.length), state.pair);
    if (turn !== this.#asked) return;
    this.#dress();
    this.#people();
    this.numbers.show(this.panes, state.own);
    this.cross.over(this.panes);
  }

  /** Buttons, notes and which panes are seen: all that needs no picture. */
  #controls() {
    const { el, state } = this;
    const count = state.tiles.length;
    const several = this.keys.length > 1;
    const got = this.#got.get(state.tiles[0].key);
    press(el.modes.children, several ? "images" : "maps");
    press(el.counts.children, count);
    for (const button of el.counts.children) button.disabled = !several && Number(button.dataset.v) > filled(got, state.tiles, MOST).length;
    el.difference.disabled = count < 2;
    flip(el.difference, Boolean(state.pair));
    flip(el.own, state.own);
    flip(el.lock, this.together.locked);
    el.ownNotice.hidden = !state.own;
    el.onlyOne.hidden = several || got.maps.length !== 1 || !session.reviewer.leads;
    el.onlyOneCommand.textContent = session.command("map --method paper");
    el.saidPart.hidden = several || !got.description;
    el.said.textContent = got.description?.explanation || "No explanation given.";
    this.#grid();
  }

  #grid() {
    const { alone, tiles } = this.state;
    const only = alone && (alone > MOST ? this.difference : this.tiles[alone - 1]);
    for (const pane of [...this.tiles, this.difference]) pane.element.hidden = !(only ? pane === only : this.panes.includes(pane));
    if (!tiles.length) return;
    const { width, height } = this.#got.get(tiles[0].key).image;
    const frame = { width: this.el.panes.clientWidth, height: this.el.panes.clientHeight };
    const across = only ? 1 : columns(this.panes.length, width / height, frame);
    this.el.panes.style.gridTemplateColumns = `repeat(${across}, minmax(0, 1fr))`;
  }

  /** Colours of all maps, and what they mean. */
  #dress() {
    const { el, state } = this;
    if (!this.dials || !state.tiles.length) return;
    for (const pane of this.panes) pane.dress(this.dials.settings, { own: state.own, on: this.#maps });
    el.rampReal.textContent = state.own ? "Most real" : "Real 1";
    el.rampUnreal.textContent = state.own ? "Most unreal" : "0 Unreal";
    const values = state.pair && this.difference.values;
    el.differenceRamp.hidden = !values;
    if (!values) return;
    const most = state.own ? reach(values).toFixed(2) : "1";
    const [first, second] = state.pair.map((at) => LETTERS[at]);
    el.differenceLow.textContent = `−${most}`;
    el.differenceHigh.textContent = `+${most}`;
    el.moreFirst.textContent = `${first} more unreal`;
    el.moreSecond.textContent = `${second} more unreal`;
  }

  /** People's marks, where this reviewer may see them. */
  #people() {
    const { el } = this;
    const told = this.keys.map((key) => this.#got.get(key).people);
    const seen = told.filter(Boolean);
    for (const pane of this.panes) pane.marks(this.#marks ? (pane.got.people?.marks ?? []) : []);
    const [reviews, marks] = [(one) => one.reviews, (one) => one.marks.flatMap(({ regions }) => regions).length].map((of) => seen.reduce((sum, one) => sum + of(one), 0));
    el.people.disabled = !seen.length;
    flip(el.people, this.#marks && seen.length > 0);
    const rest = told.length > seen.length ? " Those of the others are shown once your own review is in." : "";
    el.peopleWords.textContent = seen.length ? `${count(marks, "mark")} from ${count(reviews, "review")}.${rest}` : "What people marked is shown once your own review is in.";
  }

  #zoomed(pane, percent) {
    if (pane.viewer === this.together.lead) this.el.zoomValue.textContent = `${percent} %`;
  }

  /** Images by key: one with its maps, several with the first map of each. */
  lay(keys) {
    return this.change({ tiles: keys.slice(0, MOST).map(parse), alone: null }, true);
  }

  choose(at, name) {
    return this.change({ tiles: this.state.tiles.map((tile, index) => (index === at ? parse(name) : tile)) });
  }

  count(count) {
    const { tiles } = this.state;
    if (count <= tiles.length) return this.change({ tiles: tiles.slice(0, count) });
    if (this.keys.length > 1) return this.picking.open(this.keys);
    return this.change({ tiles: filled(this.#got.get(tiles[0].key), tiles, count) });
  }

  /** The image before or after in the study, with the same maps. */
  async beside(by) {
    if (this.keys.length !== 1) return;
    const here = this.#got.get(this.keys[0]);
    const key = by < 0 ? here.before : here.after;
    if (!key) return;
    await this.#fetch([{ key }], true).catch(() => {});
    const got = this.#got.get(key);
    if (got) await this.change({ tiles: alike(got, this.#like) });
  }

  alone(number) {
    return this.change({ alone: number === this.state.alone ? null : number || null });
  }

  subtract() {
    if (this.state.tiles.length > 1) this.change({ pair: this.state.pair ? null : [0, 1] });
  }

  lock() {
    this.together.lock(!this.together.locked);
    flip(this.el.lock, this.together.locked);
  }

  showPeople() {
    if (this.el.people.disabled) return;
    this.#marks = !this.#marks;
    remember("compareMarks", this.#marks);
    this.#people();
  }

  showMaps() {
    this.#maps = !this.#maps;
    this.#dress();
  }

  open() {
    const pane = this.panes.find((one) => one.viewer === this.together.lead) ?? this.panes[0];
    if (pane) go(`review/${pane.got.image.key}`);
  }

  #failed({ message, unreachable }) {
    this.#nothing("This cannot be compared", message, "", unreachable ? [["Look again", () => this.load()]] : [["Choose images", () => this.picking.open([])]]);
  }

  #empty() {
    const { study } = session;
    if (!study.images) return this.#nothing("No images in this study yet", "Import a folder, a CSV or a data set:", importInto(study));
    return this.#nothing("Nothing to compare yet", NOT_YET, "", [["Go on rating", () => go("review")]]);
  }

  #nothing(title, text, command = "", choices = []) {
    const { el } = this;
    el.work.hidden = true;
    sayNothing(el, title, text, choices, command);
  }
}

export async function mount(element) {
  const compare = new Compare(element.querySelector("[data-screen]"));
  if (place().screen === "compare") await compare.load();
}
