// The plots of Insights but for the scores, as SVG: each takes the rows that the server tells and the size of its place.

import { across, below, clip, frame, line, said, steps, svg } from "./axes.js";
import { draw } from "./dom.js";
import { count } from "./jobs.js";
import { go } from "./session.js";

const SCALE = [0, 20, 40, 60, 80, 100];
const ONE = [0, 0.25, 0.5, 0.75, 1];
const MANY = 150; // images from which on they are drawn more faintly
const ROW = 40; // px that a name under the axis needs, at least
const round = Math.round;

const circle = (kind, cx, cy, r) => draw("circle", { class: kind, cx, cy, r });
const opens = (shape, row) => {
  shape.addEventListener("click", () => go(`review/${row.key}`));
  return shape;
};
const group = (rows, ...shapes) => draw("g", { class: rows.length > MANY ? "dots many" : "dots" }, ...shapes);
const day = (iso) => new Date(`${iso}T00:00:00Z`);
export const short = (iso) => day(iso).toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

/** Days along the axis, where they lie, so that a gap is a gap. */
function days(rows, width) {
  const first = day(rows[0].day);
  const span = day(rows.at(-1).day) - first;
  const at = (row) => (span ? 0.03 + (0.94 * (day(row.day) - first)) / span : 0.5);
  const most = Math.max(2, Math.floor(width / (2 * ROW)));
  const every = Math.ceil(rows.length / most);
  return { at, marks: rows.filter((_, number) => number % every === 0).map((row) => [at(row), short(row.day)]), whole: 1 + span / 86_400_000 };
}

function ratings({ rows, title }, size) {
  const values = steps(Math.max(...rows.map((row) => row.ratings), 5));
  const axes = frame(size, values);
  const { at, marks, whole } = days(rows, size.width);
  const wide = Math.max(2, Math.min(32, (0.6 * (axes.right - axes.left)) / whole));
  const bars = rows.map((row) => said(draw("rect", { class: "bar-day", x: axes.x(at(row)) - wide / 2, y: axes.y(row.ratings), width: wide, height: axes.bottom - axes.y(row.ratings) }), `${short(row.day)}: ${count(row.ratings, "rating")}, ${row.ratings_so_far} so far`));
  const last = rows.at(-1);
  return svg({ ...size, label: `${title}: ${last.ratings_so_far} on ${count(rows.length, "day")}, ${last.ratings} on the last` }, ...across(axes, values, "Ratings"), ...below(axes, marks, "day (UTC)"), ...bars);
}

/** One image's opinion in words. */
export function opinion(row) {
  const span = row.low === null ? "" : ` (${round(row.low)} to ${round(row.high)})`;
  const votes = row.votes ? `, votes ${row.votes.map(round).join(", ")}` : "";
  const likely = row.mos_p910 === null ? "" : `, most likely ${round(row.mos_p910)}`;
  return `Image ${row.image}: MOS ${round(row.mos)}${span}, n ${row.n}${votes}; without bias ${round(row.mos_p913)}${likely}`;
}

function mos({ rows, title }, size) {
  const axes = frame(size, SCALE);
  const { x, y } = axes;
  const half = Math.max(1, Math.min(5, (0.35 * (axes.right - axes.left)) / rows.length));
  const marks = rows.map((row, number) => {
    const cx = x((number + 0.5) / rows.length);
    const inside = row.low === null ? row.votes.map((vote) => circle("vote", cx, y(vote), 3)) : [line("iv", cx, cx, y(row.low), y(row.high)), circle("pt", cx, y(row.mos), 3)];
    inside.push(line("unbiased", cx - half, cx + half, y(row.mos_p913), y(row.mos_p913)));
    if (row.mos_p910 !== null) inside.push(draw("path", { class: "likely", d: `M${cx - 3} ${y(row.mos_p910) - 3}l6 6m0-6l-6 6` }));
    return opens(said(draw("g", { class: "one" }, ...inside), opinion(row)), row);
  });
  const known = rows.filter((row) => row.low !== null).length;
  const label = `${title} of ${rows.length} images, lowest to highest, from ${round(rows[0].mos)} to ${round(rows.at(-1).mos)}; ${known} with 95 % intervals`;
  return svg({ ...size, label }, ...across(axes, SCALE, "MOS"), ...below(axes, [], "images, lowest to highest"), group(rows, ...marks));
}

function spread({ rows, title }, size) {
  const values = steps(Math.max(...rows.map((row) => row.sd), 5));
  const axes = frame(size, values);
  const dots = rows.map((row) => opens(said(circle("dot", axes.x(row.mos / 100), axes.y(row.sd), 3.5), `Image ${row.image}: MOS ${round(row.mos)}, standard deviation ${row.sd.toFixed(1)}, n ${row.n}`), row));
  return svg({ ...size, label: `${title}, ${rows.length} images` }, ...across(axes, values, "Standard deviation, points"), ...below(axes, SCALE.map((step) => [step / 100, String(step)]), "MOS"), group(rows, ...dots));
}

function reviewers({ rows, title }, size) {
  const left = 104;
  const most = Math.max(...rows.map((row) => Math.abs(row.bias) + row.inconsistency), 5);
  const half = steps(most, 2);
  const ends = half.at(-1);
  const ticks = [...half.slice(1).reverse().map((step) => -step), ...half];
  const axes = frame({ ...size, left }, [0, 1]);
  const x = (points) => axes.x(0.5 + points / (2 * ends));
  const high = (axes.bottom - 24) / rows.length;
  const grid = ticks.map((tick) => line(tick ? "ax" : "ax0", x(tick), x(tick), 20, axes.bottom));
  const marks = ticks.map((tick) => [0.5 + tick / (2 * ends), `${tick > 0 ? "+" : tick < 0 ? "\u2212" : ""}${Math.abs(tick)}`]);
  const people = rows.flatMap((row, number) => {
    const cy = 24 + (number + 0.5) * high;
    const words = `${row.reviewer}: bias ${row.bias.toFixed(1)}, inconsistency ${row.inconsistency.toFixed(1)}, ${row.rated} rated`;
    const shapes = [line("iv strong", x(row.bias - row.inconsistency), x(row.bias + row.inconsistency), cy, cy), circle("pt", x(row.bias), cy, 4)];
    return [draw("text", { x: left - 12, y: cy + 4, "text-anchor": "end" }, clip(row.reviewer, 13)), said(draw("g", {}, ...shapes), words)];
  });
  const [lower, higher] = [draw("text", { x: left, y: 12 }, "rates lower than the others"), draw("text", { x: axes.right, y: 12, "text-anchor": "end" }, "rates higher")];
  return svg({ ...size, label: `${title} of ${count(rows.length, "reviewer")}` }, ...grid, lower, higher, ...below(axes, marks, "points"), ...people);
}

function minutes({ rows, title }, size) {
  const values = steps(Math.max(...rows.map((row) => row.high), 0.5));
  const axes = frame(size, values);
  const { at, marks } = days(rows, size.width);
  const points = (name) => rows.map((row) => `${axes.x(at(row))},${axes.y(row[name])}`);
  const band = draw("polygon", { class: "band", points: [...points("low"), ...points("high").reverse()].join(" ") });
  const dots = rows.flatMap((row) => {
    const cx = axes.x(at(row));
    const words = `${short(row.day)}: median ${row.median.toFixed(1)} minutes, middle half ${row.low.toFixed(1)} to ${row.high.toFixed(1)}, n ${row.n}`;
    return [line("iv", cx, cx, axes.y(row.low), axes.y(row.high)), said(circle("pt", cx, axes.y(row.median), 3.5), words)];
  });
  const label = `${title} on ${count(rows.length, "day")}; median ${rows.at(-1).median.toFixed(1)} on the last`;
  return svg({ ...size, label }, band, ...across(axes, values, "Minutes"), ...below(axes, marks, "day (UTC)"), draw("polyline", { class: "way", points: points("median").join(" ") }), ...dots);
}

function maps({ rows, mean, title }, size) {
  const axes = frame(size, ONE);
  const { x, y } = axes;
  const [value, low, high] = mean;
  const several = rows.length > 1; // one image has no interval
  const band = several ? [draw("rect", { class: "band", x: axes.left, y: y(high), width: axes.right - axes.left, height: Math.max(1, y(low) - y(high)) })] : [];
  const known = [line("way", axes.left, axes.right, y(value), y(value)), line("ref", axes.left, axes.right, y(0.5), y(0.5))];
  const dots = rows.map((row, number) => opens(said(circle("dot", x((number + 0.5) / rows.length), y(row.auroc), 3.5), `Image ${row.image}: AUROC ${row.auroc.toFixed(2)}, ${round(100 * row.marked_share)} % of it marked`), row));
  const label = `${title}: AUROC of ${count(rows.length, "image")}, mean ${value.toFixed(2)}${several ? `, 95 % interval ${low.toFixed(2)} to ${high.toFixed(2)}` : ""}`;
  return svg({ ...size, label }, ...band, ...across(axes, ONE, "AUROC"), ...known, ...below(axes, [], "images, lowest to highest"), group(rows, ...dots));
}

/** By the name of a plot, what draws it. */
export const PLOTS = { ratings, mos, spread, reviewers, minutes, maps };
