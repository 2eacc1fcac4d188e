// A plot of predicted scores against people's, as SVG, at the size of its place: text stays as large as everywhere.

import { draw } from "./dom.js";

const LEFT = 36;
const RIGHT = 12;
const TOP = 24;
const BOTTOM = 40;
const STEPS = [0, 20, 40, 60, 80, 100];
const FEW = 150; // points with intervals that are told apart

/** Whether people's mean lies outside the score's interval; null where there is no interval. */
export const outside = (point) => (point.low === null || point.high === null ? null : point.mos < point.low || point.mos > point.high);

/** One point in words. */
export function words(point) {
  const round = Math.round;
  const span = point.low === null || point.high === null ? "" : ` (${round(point.low)} to ${round(point.high)})`;
  const people = point.mos_low === null ? "" : ` (${round(point.mos_low)} to ${round(point.mos_high)})`;
  const votes = point.n === null ? ", imported" : `, n ${point.n}`;
  return `Image ${point.number}: score ${round(point.score)}${span}, MOS ${round(point.mos)}${people}${votes}`;
}

function axes(x, y, width, height) {
  const shapes = STEPS.flatMap((step) => [
    draw("line", { class: step ? "ax" : "ax0", x1: x(0), x2: x(100), y1: y(step), y2: y(step) }),
    draw("text", { x: LEFT - 8, y: y(step) + 4, "text-anchor": "end" }, String(step)),
    draw("text", { x: x(step), y: height - BOTTOM + 18, "text-anchor": step === 100 ? "end" : "middle" }, String(step)),
  ]);
  shapes.push(draw("text", { x: LEFT, y: 12 }, "Score"), draw("text", { x: width - RIGHT, y: height - 6, "text-anchor": "end" }, "MOS"));
  shapes.push(draw("line", { class: "ref", x1: x(0), y1: y(0), x2: x(100), y2: y(100) }));
  return shapes;
}

/** Draw the points; `open(point)` is called for one that is clicked. */
export function scatter(points, { width, height, label, open }) {
  const x = (value) => LEFT + (value / 100) * (width - LEFT - RIGHT);
  const y = (value) => TOP + (1 - value / 100) * (height - TOP - BOTTOM);
  const spans = points.flatMap((point) => [
    ...(point.low === null || point.high === null ? [] : [draw("line", { class: "iv", x1: x(point.mos), x2: x(point.mos), y1: y(point.low), y2: y(point.high) })]),
    ...(point.mos_low === null ? [] : [draw("line", { class: "iv", x1: x(point.mos_low), x2: x(point.mos_high), y1: y(point.score), y2: y(point.score) })]),
  ]);
  const dots = points.map((point) => {
    const dot = draw("circle", { class: outside(point) === false ? "dot hollow" : "dot", cx: x(point.mos), cy: y(point.score), r: 3.5 }, draw("title", {}, words(point)));
    dot.addEventListener("click", () => open(point));
    return dot;
  });
  const many = points.length > FEW ? " many" : "";
  return draw(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    ...axes(x, y, width, height), draw("g", { class: `spans${many}` }, ...spans), draw("g", { class: `dots${many}` }, ...dots),
  );
}
