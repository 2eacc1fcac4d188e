// The realness map over the picture, and its controls in the tool strip.

import { MapFilter } from "./colours.js";
import { Dials } from "./dials.js";
import { make, press } from "./dom.js";

const ENOUGH = 0.005; // the share of a map that must be seen: less is noise

/** How unreal a grey layer picture (white = realistic) is, in percent: its most unreal place, and what enough places reach. */
export function unreal(image) {
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  const paper = new OffscreenCanvas(width, height).getContext("2d");
  paper.drawImage(image, 0, 0);
  const { data } = paper.getImageData(0, 0, width, height);
  const counts = new Array(256).fill(0);
  for (let at = 0; at < data.length; at += 4) counts[data[at]]++;
  const reached = (places) => {
    let grey = 0;
    for (let left = places - counts[0]; left > 0; left -= counts[grey]) grey++;
    return (100 * (255 - grey)) / 255;
  };
  return { most: reached(1), enough: reached(Math.ceil(width * height * ENOUGH)) };
}

export class Overlay {
  #map = null;
  #layer = 0;
  #peek = null; // the layer shown while the pointer is over its finding
  #on = true;
  #unreal = null; // how unreal the shown layer is
  #hidden = 0; // percent under which a map is not seen

  /** `id` names the filter in the page. */
  constructor(el, pictures, id = "rz-map") {
    this.el = el;
    this.pictures = pictures;
    this.filter = new MapFilter(id);
    el.mapSwitch.addEventListener("click", () => this.toggle());
    el.layers.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.layer(Number(button.dataset.v));
    });
    el.layers.addEventListener("scroll", () => this.#fade());
    new ResizeObserver(() => this.#fade()).observe(el.layers);
    this.dials = new Dials(el, (settings) => this.#dress(settings));
  }

  /** Show the map of a reveal; null takes everything away, a reveal without a map says so. */
  show(reveal) {
    this.#map = reveal?.map ?? null;
    this.#layer = 0;
    this.#peek = null;
    this.#on = true;
    const { el } = this;
    el.mapTools.hidden = !this.#map;
    el.noMap.hidden = !reveal || Boolean(this.#map);
    el.byMini.hidden = this.#map?.clip !== "mini";
    el.layers.replaceChildren();
    const layers = this.#map?.layers ?? [];
    if (layers.length > 1) {
      const name = (layer) => (layer.index === 0 ? "All" : String(layer.index));
      el.layers.append(...layers.map((layer) => make("button", { type: "button", "data-v": layer.index, title: layer.phrase }, name(layer))));
    }
    el.layers.hidden = layers.length < 2;
    this.pictures.ahead(layers.map((layer) => layer.url));
    this.#paint();
  }

  get urls() {
    return (this.#map?.layers ?? []).map((layer) => layer.url);
  }

  toggle() {
    this.#on = !this.#on;
    this.#paint();
  }

  layer(index) {
    if (!this.#map?.layers.some((layer) => layer.index === index)) return;
    this.#layer = index;
    this.#peek = null;
    this.#on = true;
    this.#paint();
  }

  /** Show a layer for as long as something points at its finding; null ends it. */
  peek(index) {
    if (this.#peek === index) return;
    this.#peek = this.#map?.layers.some((layer) => layer.index === index) ? index : null;
    this.#paint();
  }

  #dress({ opacity, hidden, colours }) {
    const { el } = this;
    this.#hidden = hidden;
    this.filter.colour(colours);
    this.filter.hideBelow(hidden / 100);
    el.heat.style.opacity = opacity / 100;
    el.heat.style.filter = this.filter.css;
    this.#sayWhenNothingIsSeen();
  }

  async #paint() {
    const { el } = this;
    const index = this.#peek ?? this.#layer;
    press(el.layers.children, index);
    el.layers.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
    el.mapSwitch.classList.toggle("on", this.#on);
    el.mapSwitch.setAttribute("aria-pressed", String(this.#on));
    const layer = this.#map?.layers.find((one) => one.index === index);
    if (!layer || !this.#on) {
      el.heat.hidden = true;
      this.#unreal = null;
      this.#sayWhenNothingIsSeen();
      return;
    }
    const map = this.#map;
    try {
      const image = await this.pictures.get(layer.url);
      if (map !== this.#map || index !== (this.#peek ?? this.#layer) || !this.#on) return; // something else by now
      el.heat.src = image.src;
      el.heat.hidden = false;
      el.noMap.hidden = true;
      this.#unreal = unreal(image);
      this.#sayWhenNothingIsSeen();
    } catch {
      if (map !== this.#map) return;
      el.heat.hidden = true;
      el.noMap.hidden = false;
    }
  }

  /** A map that shows nothing is an answer too, and is not to be taken for a fault. */
  #sayWhenNothingIsSeen() {
    const { el } = this;
    const nothing = this.#unreal !== null && this.#unreal.enough <= this.#hidden;
    el.rampEnds.hidden = nothing;
    el.rampNone.hidden = !nothing;
    el.rampNone.textContent = this.#unreal?.most === 0 ? "All real" : `All under ${this.#hidden} %`;
  }

  /** Show at which edge more layers are to be had by scrolling. */
  #fade() {
    const { scrollLeft: left, clientWidth, scrollWidth, style } = this.el.layers;
    style.setProperty("--before", left > 1 ? "16px" : "0px");
    style.setProperty("--after", left + clientWidth < scrollWidth - 1 ? "16px" : "0px");
  }
}
