// The frame of a plot: scales, lines with their figures, names with their units. Text stays as large as everywhere.

import { draw } from "./dom.js";

const LEFT = 44;
const RIGHT = 12;
const TOP = 24;
const BOTTOM = 40;
const LINES = 5; // above the lowest, where the scale is not fixed

export const clip = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
export const line = (kind, x1, x2, y1, y2) => draw("line", { class: kind, x1, x2, y1, y2 });
export const said = (shape, words) => {
  shape.append(draw("title", {}, words));
  return shape;
};

/** Round steps from 0 to at least `most`, about so many lines. */
export function steps(most, lines = LINES) {
  const raw = Math.max(most, 1e-9) / lines;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((by) => by * size).find((by) => by >= raw * (1 - 1e-9));
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, at) => at * step);
}

const figure = (value) => String(Number(value.toPrecision(6)));

/** The scales of a plot of this size: `x(share)` from 0 to 1, `y(value)` along `values`. */
export function frame({ width, height, left = LEFT }, values) {
  const [low, high] = [values[0], values.at(-1)];
  const x = (share) => left + share * (width - left - RIGHT);
  const y = (value) => TOP + (1 - (value - low) / (high - low)) * (height - TOP - BOTTOM);
  return { x, y, left, right: width - RIGHT, bottom: height - BOTTOM, height };
}

/** Lines across with their figures, the unit above the axis. */
export function across({ y, left, right }, values, unit) {
  const lines = values.flatMap((value, at) => [
    line(at ? "ax" : "ax0", left, right, y(value), y(value)),
    draw("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, figure(value)),
  ]);
  return [...lines, draw("text", { x: left, y: 12 }, unit)];
}

/** Figures or words under the plot, and what they are. */
export function below({ x, right, bottom, height }, marks, name) {
  const texts = marks.map(([share, text]) => draw("text", { x: x(share), y: bottom + 18, "text-anchor": share > 0.97 ? "end" : share < 0.03 ? "start" : "middle" }, text));
  return [...texts, draw("text", { x: right, y: height - 6, "text-anchor": "end" }, name)];
}

/** The SVG around the shapes. */
export function svg({ width, height, label }, ...shapes) {
  return draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...shapes);
}
