// One picture with one map over it, its head, the cross and the value under it.

import { MapFilter } from "./colours.js";
import { draw, make } from "./dom.js";
import { mapsButton } from "./jobs.js";
import { choices, format, formatPair, LETTERS, methodName, ofWhat } from "./laying.js";
import { showMarks } from "./regions.js";
import { address, session } from "./session.js";
import { drawDifference, reach, read, signed, subtract } from "./values.js";
import { Viewer } from "./viewer.js";

const SLOW = 300; // ms after which one is told that there is something to wait for
const MINI = "mini is a small model that this project trained itself. It shows how the workbench works; it is not evidence.";

/** What all tiles have: head, stage, picture, marks, cross. What lies over the picture is theirs to make. */
class Pane {
  got = null; // the answer about the image
  #pictured = null; // the key of the image that is seen
  values = null; // what is under the cross

  constructor(letter, heat, { pictures, together, onPoint, onZoom, onChoose }) {
    Object.assign(this, { letter, heat, pictures, together });
    this.title = make("b", {});
    this.detail = make("span", { class: "quiet detail" });
    this.select = make("select", { "aria-label": `What ${letter} shows` });
    this.select.addEventListener("change", () => {
      this.select.blur();
      onChoose(this.select.value);
    });
    this.choice = make("label", { class: "choice" }, this.title, this.detail, this.select);
    this.note = make("span", { class: "small quiet note" });
    this.svg = draw("svg", { class: "marks", preserveAspectRatio: "none" });
    this.value = make("span", { class: "under num" });
    this.cross = make("i", { class: "cross", hidden: true }, this.value);
    this.pic = make("figure", { class: "pic", hidden: true }, heat, this.svg, this.cross);
    this.words = make("div", { class: "on-stage", hidden: true });
    this.waiting = make("div", { class: "waiting pulse", hidden: true });
    this.stage = make("div", { class: "stage" }, this.waiting, this.pic, this.words);
    this.element = make("article", { class: "pane", "aria-label": `Map ${letter}` }, make("header", {}, make("span", { class: "letter" }, letter), this.choice, this.note), this.stage);
    this.viewer = new Viewer(this.stage, this.pic, {
      onZoom: (percent) => onZoom(this, percent),
      onMove: () => together.moved(this.viewer),
      takesDrag: ({ target }) => this.words.contains(target), // a link in it is to be pressed, not dragged
    });
    together.add(this.viewer);
    this.stage.addEventListener("pointermove", (event) => onPoint(this, event));
    this.stage.addEventListener("pointerleave", () => onPoint(this, null));
  }

  get size() {
    return this.got.image;
  }

  /** Show the picture of an answer, unless it is there already. False when another one is wanted by now. */
  async picture(got) {
    this.got = got;
    const { key, url, width, height } = got.image;
    if (this.#pictured === key) return true;
    const slow = setTimeout(() => this.#wait(width / height), SLOW);
    try {
      const held = await this.pictures.get(url);
      const image = held.cloneNode(); // one picture may lie on several tiles
      await image.decode();
      if (this.got.image.key !== key) return false;
      this.viewer.show(image, { width, height }, `Image on tile ${this.letter}`);
      this.together.join(this.viewer);
      this.#pictured = key;
      return true;
    } finally {
      clearTimeout(slow);
      if (this.got.image.key === key) this.waiting.hidden = true;
    }
  }

  /** A block in the picture's own proportions, in place of the picture before. */
  #wait(ratio) {
    this.#pictured = null;
    this.viewer.clear();
    this.waiting.style.setProperty("--ratio", ratio);
    this.waiting.hidden = false;
  }

  /** Say something on the picture's ground, with a way on; nothing takes it away. */
  say(title = "", text = "", way = null) {
    this.words.hidden = !title;
    this.words.replaceChildren(make("b", {}, title), make("span", {}, text), ...(way ? [way] : []));
  }

  broken() {
    this.#pictured = null;
    this.viewer.clear();
    this.say("This image cannot be shown", "The file is missing or damaged.");
  }

  marks(marks) {
    showMarks(this.svg, marks, this.size);
  }

  /** Put the cross at a pixel, or take it away; `text` is what stands beside it. */
  point(place, text) {
    this.cross.hidden = !place;
    if (!place) return;
    const { width, height } = this.size;
    Object.assign(this.cross.style, { left: `${(100 * (place.x + 0.5)) / width}%`, top: `${(100 * (place.y + 0.5)) / height}%` });
    this.cross.classList.toggle("leftward", place.x > 0.8 * width);
    this.value.textContent = text;
    this.value.hidden = !text;
  }

  /** The value at a pixel; null where there is no map. */
  at({ x, y }) {
    return this.values ? this.values.at((x + 0.5) / this.size.width, (y + 0.5) / this.size.height) : null;
  }

  options(list, value) {
    this.select.replaceChildren(...list.map(([text, name]) => new Option(text, name, false, name === value)));
    this.select.disabled = list.length < 2;
  }
}

/** A layer of a map. */
export class Tile extends Pane {
  shown = null; // {map, layer}
  image = null; // the layer's grey picture

  constructor(at, options) {
    super(LETTERS[at], make("img", { class: "heat", alt: "", draggable: "false", hidden: true }), { ...options, onChoose: (name) => options.onChoose(at, name) });
    this.filter = new MapFilter(`rz-tile-${at}`);
  }

  /** Show `shown` (`{map, layer}` or null) of the image of an answer; `title` names the image where there are several. */
  async show(got, shown, title) {
    this.shown = shown;
    this.#head(got, title);
    if (!shown) this.#nothing();
    try {
      if (!(await this.picture(got))) return;
      this.say(...this.#missing());
    } catch {
      if (this.got !== got) return;
      this.#nothing();
      this.broken();
      return;
    }
    if (shown) await this.#layer(shown);
  }

  #head(got, title) {
    const { shown } = this;
    this.title.textContent = shown ? methodName(shown.map) : got.choosing ? "Not reviewed yet" : got.hidden ? "Not rated yet" : "No map";
    this.detail.textContent = [title, shown?.map.clip, shown && ofWhat(shown.map, shown.layer)].filter(Boolean).join(", ");
    this.choice.title = shown?.layer.phrase ?? shown?.map.text ?? "";
    const all = choices(got).map(({ map, layer }) => [`${methodName(map)}, ${map.clip}: ${ofWhat(map, layer)}`, format({ key: got.image.key, map: map.id, layer: layer.index })]);
    this.options(all, shown && format({ key: got.image.key, map: shown.map.id, layer: shown.layer.index }));
  }

  async #layer(shown) {
    try {
      const image = await this.pictures.get(shown.layer.url);
      if (shown !== this.shown) return;
      this.image = image;
      this.values = read(image);
      this.heat.src = image.src;
    } catch (error) {
      if (shown !== this.shown) return;
      this.#nothing();
      this.say("This map cannot be shown", error.message);
    }
  }

  #nothing() {
    this.values = this.image = null;
    this.heat.hidden = true;
  }

  /** Why there is no map, and what to do. */
  #missing() {
    const { got } = this;
    if (got.choosing) return ["Review it first", "Its maps are shown once you have chosen one of its descriptions.", make("a", { class: "btn", href: address(`review/${got.image.key}`) }, "Review this image")];
    if (got.hidden) return ["Rate it first", "Its maps are shown once your rating is locked.", make("a", { class: "btn", href: address(`review/${got.image.key}`) }, "Rate this image")];
    if (got.maps.length) return [];
    if (!got.description) return ["No map of this image", "It has no description that a map could be of."];
    if (!session.reviewer.leads) return ["No map of this image yet", "Those who lead studies compute it."];
    return ["No map of this image yet", "This computes all that are missing:", mapsButton()];
  }

  /** Colour it: with one scale for all, or its own from its lowest to its highest value. */
  dress({ opacity, hidden, colours }, { own, on }) {
    const [low, high] = own && this.values ? this.values.range : [0, 1];
    this.filter.colour(colours);
    this.filter.hideBelow(hidden / 100);
    this.filter.stretch(low, high);
    this.heat.hidden = !this.values || !on;
    Object.assign(this.heat.style, { opacity: opacity / 100, filter: this.filter.css });
    const mini = this.shown?.map.clip === "mini";
    const scale = own && this.values && `own scale ${low.toFixed(2)} to ${high.toFixed(2)}`;
    this.note.textContent = [mini && "by mini", scale].filter(Boolean).join(", ");
    this.note.title = mini ? MINI : "";
  }

  text(value) {
    return value.toFixed(2);
  }
}

/** One map minus another, of the same image. */
export class Difference extends Pane {
  constructor(options) {
    super("±", make("canvas", { class: "heat", hidden: true }), options);
    this.element.classList.add("difference");
    this.element.setAttribute("aria-label", "Difference");
    this.title.textContent = "Difference";
    this.select.setAttribute("aria-label", "Of which maps the difference is shown");
  }

  /** Show `tiles[a]` minus `tiles[b]`. */
  async show(tiles, ofTwo) {
    const [first, second] = ofTwo.map((at) => tiles[at]);
    const letters = tiles.map((_, at) => LETTERS[at]);
    const pairs = letters.flatMap((a) => letters.filter((b) => b !== a).map((b) => [`${a} minus ${b}`, `${a}-${b}`]));
    this.options(pairs, formatPair(ofTwo));
    this.detail.textContent = `${first.letter} minus ${second.letter}`;
    this.values = null;
    const one = first.got.image.key === second.got.image.key;
    try {
      if (!(await this.picture(first.got))) return;
    } catch {
      return void this.broken();
    }
    if (one && first.values && second.values) this.values = subtract(first.values, second.values);
    if (one) this.say(...(this.values ? [] : ["No difference", "One of the two has no map to be shown."]));
    else this.say("No difference", "It needs two maps of one image.");
  }

  dress({ opacity }, { own, on }) {
    this.heat.hidden = !this.values || !on;
    this.heat.style.opacity = opacity / 100;
    this.note.textContent = "";
    if (!this.values) return;
    const most = own ? reach(this.values) : 1;
    drawDifference(this.heat, this.values, most);
    this.note.textContent = own ? `own scale −${most.toFixed(2)} to +${most.toFixed(2)}` : "";
  }

  text(value) {
    return signed(value);
  }
}
