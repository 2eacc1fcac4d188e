// People's reading under a thumbnail: the mean with its 95 % interval, or the votes while there are few.

import { draw, make } from "./dom.js";

const FEW = 5; // under so many votes an interval says nothing

const at = (value) => `${value}%`;
const line = (from, to, stroke, width) =>
  draw("line", { x1: at(from), x2: at(to), y1: 8, y2: 8, stroke: `var(--rz-${stroke})`, "stroke-width": width, "stroke-linecap": "round" });

function diamond(score, outside) {
  const fill = outside ? "var(--rz-accent)" : "var(--rz-panel)";
  return draw("svg", { x: at(score), y: 8, overflow: "visible" }, draw("path", { d: "M0 -6 L5 0 L0 6 L-5 0Z", fill, stroke: "var(--rz-accent)", "stroke-width": 1.5 }));
}

const figure = (label, value) => make("span", {}, `${label} `, make("b", {}, String(value)));

function people(item, shapes, words) {
  const { mos } = item;
  if (mos && mos.n >= FEW && mos.low !== null) {
    shapes.push(line(mos.low, mos.high, "line-control", 3));
    shapes.push(draw("circle", { cx: at(mos.mean), cy: 8, r: 4.5, fill: "var(--rz-text)" }));
    const half = Math.round((mos.high - mos.low) / 2);
    const text = figure("MOS", Math.round(mos.mean));
    text.append(` ± ${half}`, make("span", { class: "n" }, `n ${mos.n}`));
    words.push(text);
    return `Mean opinion ${Math.round(mos.mean)} plus or minus ${half} of ${mos.n}`;
  }
  if (mos) {
    const votes = mos.votes ?? [mos.mean];
    shapes.push(...votes.map((vote) => draw("circle", { cx: at(vote), cy: 8, r: 3.25, fill: "none", stroke: "var(--rz-text)", "stroke-width": 1.5 })));
    if (mos.n === 1 && item.rating !== null) return ""; // one's own, which is said anyway
    const text = make("span", {}, mos.n === 1 ? "1 vote " : `${mos.n} votes `, make("b", {}, votes.map((vote) => Math.round(vote)).join(", ")));
    words.push(text);
    return `Votes ${votes.map((vote) => Math.round(vote)).join(", ")}`;
  }
  return "";
}

function imported({ opinion }, shapes, words) {
  const whole = Math.round(opinion.rating);
  const square = draw("rect", { x: -4, y: -4, width: 8, height: 8, fill: "var(--rz-bg)", stroke: "var(--rz-text)", "stroke-width": 1.5 });
  shapes.push(draw("svg", { x: at(opinion.rating), y: 8, overflow: "visible" }, square));
  const text = words.length ? figure(opinion.source, whole) : figure("MOS", whole);
  if (!words.length) text.append(make("span", { class: "n" }, opinion.source));
  text.title = `Imported mean opinion score, from ${opinion.source}`;
  words.push(text);
  return `Imported mean opinion ${whole} from ${opinion.source}`;
}

/** Whether people and the score differ by more than the score's interval; without one, by more than people's. */
function apart({ score, mos, agreement, interval }) {
  if (agreement) return agreement === "disagrees";
  return !interval && Boolean(mos) && mos.low !== null && (score < mos.low || score > mos.high);
}

function predicted(item, shapes, words) {
  const whole = Math.round(item.score);
  const outside = apart(item);
  shapes.push(diamond(item.score, outside));
  const text = figure("Score", whole);
  const [low, high] = (item.interval ?? []).map(Math.round);
  const span = item.interval ? `, 95 % interval ${low} to ${high}` : "";
  text.title = `What CORE predicts${span}${outside ? "; people's opinion lies outside" : ""}`;
  words.push(text);
  return `score ${whole}${span}${outside ? ", apart from people's" : ""}`;
}

/** The meter and its figures for a browse item; a bare line of nothing where nothing may be or is known. */
export function meter(item) {
  const shapes = [draw("line", { x1: 0, x2: "100%", y1: 8, y2: 8, stroke: "var(--rz-line)" })];
  if (item.interval) shapes.push(line(...item.interval, "accent", 1));
  const words = [];
  const said = [people(item, shapes, words)];
  if (item.opinion) said.push(imported(item, shapes, words));
  if (item.score !== null && item.score !== undefined) {
    said.push(predicted(item, shapes, words));
    if (words.length > 2) words.splice(1, 1); // no room: the imported one is drawn and said all the same
  }
  const label = said.filter(Boolean).join(", ");
  const scale = draw("svg", label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" }, ...(label ? shapes : []));
  return { scale: make("div", { class: "meter" }, scale), words };
}
