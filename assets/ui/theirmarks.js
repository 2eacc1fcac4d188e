// Everybody's marks over the picture, each person's in dashes of their own and with their letter.

import { letter } from "./deciding.js";
import { draw, make, twice } from "./dom.js";
import { outline } from "./masks.js";
import { bounds } from "./shapes.js";

const DASHES = ["8 4", "2 3", "14 4 2 4", "4 8", "18 6", "8 3 2 3 2 3"];
export const dashes = (at) => DASHES[at % DASHES.length];

/** The dashes of a person, as a sample beside the letter. */
export function sample(at) {
  return draw("svg", { class: "dashes", viewBox: "0 0 34 4", "aria-hidden": "true" }, draw("path", { d: "M1 2H33", "stroke-dasharray": dashes(at) }));
}

function path({ shape, coordinates }, width) {
  if (shape === "mask") return outline(coordinates, width);
  if (shape === "polygon") return `M${coordinates.join(" ")}z`;
  const [x0, y0, x1, y1] = coordinates;
  return `M${x0} ${y0}H${x1}V${y1}H${x0}z`;
}

export class TheirMarks {
  hidden = new Set(); // whose marks are not shown, by pseudonym

  constructor({ otherMarks, otherTags }) {
    Object.assign(this, { svg: otherMarks, tags: otherTags });
  }

  /** Show the marks of the reviews that are not hidden. */
  show(reviews, size) {
    const all = reviews.flatMap((review, at) => (this.hidden.has(review.reviewer) ? [] : this.#of(review, at)));
    this.svg.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
    this.svg.replaceChildren(...all.map(({ region, at }) => draw("g", {}, ...twice("path", { d: path(region, size.width) }, { "stroke-dasharray": dashes(at) }))));
    this.tags.replaceChildren(...all.map((one) => this.#tag(one, size)));
  }

  #of({ findings }, at) {
    const kept = findings.filter(({ state }) => state !== "dropped");
    return kept.flatMap(({ regions }) => regions.map((region) => ({ region, at })));
  }

  /** The letter stands at the lower right, out of the way of the result's numbers. */
  #tag({ region, at }, size) {
    const [, , x1, y1] = bounds(region, size);
    return make("span", { class: "tag who", style: `left:${(100 * x1) / size.width}%;top:${(100 * y1) / size.height}%` }, letter(at));
  }

  /** Everybody's, then one's after the other, then nobody's. */
  next(reviews) {
    const names = reviews.map(({ reviewer }) => reviewer);
    const seen = names.filter((name) => !this.hidden.has(name));
    const only = seen.length === 1 && names.length > 1 ? names.indexOf(seen[0]) : -1;
    if (!seen.length) this.hidden.clear();
    else if (only === names.length - 1 || names.length === 1) this.hidden = new Set(names);
    else this.hidden = new Set(names.filter((_, at) => at !== only + 1));
  }

  toggle(name) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
  }
}
