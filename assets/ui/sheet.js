// Paints the marks over the picture: outlines in the image's pixels, numbers and grips in the screen's. Decides nothing.

import { draw, make, twice } from "./dom.js";
import { outline } from "./masks.js";
import { bounds, middle, points } from "./shapes.js";

const paths = new WeakMap(); // the outline of a mask by its run lengths

function path(runs, width) {
  if (!paths.has(runs)) paths.set(runs, outline(runs, width));
  return paths.get(runs);
}

export class Sheet {
  /** `sketch` is an SVG element of what is being drawn. */
  constructor({ svg, tags }, viewer, sketch) {
    Object.assign(this, { svg, tags, viewer });
    this.settled = draw("g");
    svg.replaceChildren(this.settled, sketch);
  }

  /** Paint all marks; the chosen one has grips unless `point`, its selected corner, is null. */
  paint(marks, point) {
    const { width, height } = this.viewer.size;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const area = ({ region }) => {
      const [x0, y0, x1, y1] = bounds(region, this.viewer.size);
      return (x1 - x0) * (y1 - y0);
    };
    const sorted = marks.sort((a, b) => area(b) - area(a)); // small ones above the others, or they could not be pressed
    this.settled.replaceChildren(...sorted.map((one) => this.#shape(one)));
    this.#label(sorted, point);
  }

  /** While a mark moves, that one alone is painted anew. */
  slide(marks, point) {
    const chosen = marks.find((one) => one.chosen);
    const shown = this.settled.querySelector(".chosen");
    if (chosen.by) shown.setAttribute("transform", `translate(${chosen.by.join(" ")})`);
    else shown.replaceWith(this.#shape(chosen));
    this.#label(marks, point);
  }

  #label(marks, point) {
    const chosen = marks.find((one) => one.chosen);
    const grips = chosen && point !== null ? this.#grips(chosen.region, point) : [];
    this.tags.replaceChildren(...marks.map((one) => this.#tag(one)), ...grips);
  }

  #shape({ region, finding, mark, gone, machine, on, chosen }) {
    const names = { on, chosen, machine, dropped: gone };
    const group = { class: Object.keys(names).filter((name) => names[name]).join(" ") };
    const data = { "data-finding": finding, "data-mark": mark };
    const { shape, coordinates } = region;
    if (shape === "box") {
      const [x0, y0, x1, y1] = coordinates;
      return draw("g", group, ...twice("rect", { x: x0, y: y0, width: x1 - x0, height: y1 - y0 }, data));
    }
    if (shape === "polygon") return draw("g", group, ...twice("polygon", { points: coordinates.join(" ") }, data));
    return draw("g", group, ...twice("path", { d: path(coordinates, this.viewer.size.width) }, data));
  }

  #at([x, y]) {
    const { width, height } = this.viewer.size;
    return `left:${(x / width) * 100}%;top:${(y / height) * 100}%`;
  }

  #tag({ region, finding, gone, on, by }) {
    const [right, down] = by ?? [0, 0];
    const corners = points(region);
    const [x0, y0] = bounds(region, this.viewer.size);
    const highest = region.shape === "polygon" ? corners.reduce((one, other) => (other[1] < one[1] ? other : one)) : [x0, y0];
    const place = this.#at([highest[0] + right, highest[1] + down]);
    return make("span", { class: `tag ${on ? "on" : ""} ${gone ? "dropped" : ""}`, style: place }, String(finding + 1));
  }

  #grips(region, point) {
    const grips = points(region).map((at, grip) =>
      make("i", { class: `grip ${region.shape} ${grip === point ? "at" : ""}`, "data-grip": grip, style: this.#at(at) }),
    );
    if (region.shape !== "polygon") return grips;
    const edges = grips.map((_, edge) => make("i", { class: "grip edge", "data-edge": edge, style: this.#at(middle(region, edge)) }));
    return [...edges, ...grips];
  }
}
