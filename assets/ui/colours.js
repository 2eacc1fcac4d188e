// Colour maps for realness maps: an 8-bit grey picture (white = realistic) is coloured by an SVG filter.
// Two tables make a filter: the colours from unreal (0) to real (1), and how much of them is seen.

import { draw } from "./dom.js";

// Thirteen even samples of matplotlib's maps, bright end first: bright = unreal.
const TABLES = {
  viridis: [
    "0.993 0.815 0.616 0.431 0.274 0.166 0.120 0.132 0.159 0.187 0.222 0.257 0.280",
    "0.906 0.883 0.853 0.808 0.752 0.691 0.622 0.552 0.482 0.415 0.339 0.256 0.166",
    "0.144 0.110 0.230 0.346 0.437 0.497 0.535 0.553 0.558 0.557 0.549 0.527 0.476",
  ],
  magma: [
    "0.987 0.994 0.997 0.992 0.970 0.913 0.811 0.691 0.569 0.457 0.341 0.219 0.103",
    "0.991 0.863 0.726 0.588 0.447 0.330 0.253 0.206 0.167 0.128 0.081 0.061 0.063",
    "0.750 0.619 0.499 0.406 0.360 0.383 0.439 0.483 0.504 0.507 0.493 0.425 0.258",
  ],
  cividis: [
    "0.996 0.928 0.845 0.765 0.688 0.617 0.544 0.475 0.412 0.349 0.279 0.200 0.087",
    "0.909 0.836 0.768 0.704 0.642 0.586 0.529 0.474 0.420 0.370 0.319 0.267 0.215",
    "0.218 0.291 0.363 0.411 0.443 0.462 0.472 0.468 0.444 0.430 0.423 0.425 0.437",
  ],
};

export const COLOUR_MAPS = Object.keys(TABLES);

/** How much of the colour is seen at 41 even steps of unrealness: nothing up to `hidden` (0 to 1), then quickly more. */
function seen(hidden) {
  const steps = Array.from({ length: 41 }, (_, at) => at / 40);
  return steps.map((unreal) => (unreal <= hidden ? "0" : Math.min(1, ((unreal - hidden) / (1 - hidden)) ** 0.55).toFixed(3))).join(" ");
}

/** One filter in the page, `url(#id)`, whose colours and threshold can be changed. */
export class MapFilter {
  constructor(id) {
    this.id = id;
    this.channels = ["R", "G", "B"].map((name) => draw(`feFunc${name}`, { type: "table", tableValues: "0 1" }));
    this.alpha = draw("feFuncA", { type: "table", tableValues: "0 1" });
    this.spread = ["R", "G", "B"].map((name) => draw(`feFunc${name}`, { type: "linear" }));
    const filter = draw(
      "filter",
      { id, x: 0, y: 0, width: 1, height: 1, "color-interpolation-filters": "sRGB" },
      draw("feComponentTransfer", { in: "SourceGraphic", result: "s" }, ...this.spread),
      draw("feComponentTransfer", { in: "s", result: "c" }, ...this.channels),
      draw("feColorMatrix", { in: "s", values: "0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  -1 0 0 0 1" }),
      draw("feComponentTransfer", { result: "a" }, this.alpha),
      draw("feComposite", { operator: "in", in: "c", in2: "a" }),
    );
    const holder = draw("svg", { width: 0, height: 0, "aria-hidden": "true", style: "position:absolute" }, filter);
    document.body.append(holder); // not inside a screen: a filter in a hidden part of the page does not work
  }

  get css() {
    return `url(#${this.id})`;
  }

  colour(name) {
    this.channels.forEach((channel, at) => channel.setAttribute("tableValues", TABLES[name][at]));
  }

  /** Give the whole scale to the values from `low` to `high`; all maps have one scale from 0 to 1 unless this is called. */
  stretch(low, high) {
    const slope = 1 / Math.max(high - low, 1 / 255);
    for (const part of this.spread) {
      part.setAttribute("slope", slope);
      part.setAttribute("intercept", -low * slope);
    }
  }

  /** Hide what is less unreal than `part`, 0 to 1. */
  hideBelow(part) {
    this.alpha.setAttribute("tableValues", seen(part));
  }
}

/** The same colours from real to unreal, as a css gradient. */
export function gradient(name) {
  const [red, green, blue] = TABLES[name].map((table) => table.split(" ").map((part) => Math.round(part * 255)));
  const stops = red.map((_, at) => `rgb(${red[at]} ${green[at]} ${blue[at]})`).reverse();
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
