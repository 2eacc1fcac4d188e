// A plot in its frame, which can be taken along as picture or table; and lists of images and of people beside it.

import { picture } from "./api.js";
import { make } from "./dom.js";
import { Pictures } from "./pictures.js";
import { go, session } from "./session.js";

const KINDS = ["PNG", "SVG", "CSV"];
const pictures = new Pictures(); // those of the list that is shown
let cards = 0; // for ids

/** The server makes the file from the rows that are drawn; `tell(words)` says how that went. */
async function save(plot, kind, tell) {
  const ending = kind.toLowerCase();
  tell(`Making the ${kind} …`);
  try {
    const url = await picture(`/api/insights/plot/${plot.name}.${ending}?study=${session.study.id}`);
    make("a", { href: url, download: `${plot.name}.${ending}` }).click();
    URL.revokeObjectURL(url);
    tell("");
  } catch (error) {
    tell(`The ${kind} could not be made: ${error.message}`);
  }
}

function framed(title, caption, buttons, body, attributes = {}) {
  const id = `rz-card-${++cards}`;
  const heading = make("h2", { id }, title);
  const head = make("header", {}, heading, make("span", { class: "small quiet" }, caption), make("span", { class: "grow" }), ...buttons);
  return make("section", { class: "plot", "aria-labelledby": id, ...attributes }, head, body(id));
}

/** A plot: `draws({ width, height })` gives its SVG, and is asked anew when its place changes. */
export function card(plot, draws, tell) {
  const buttons = KINDS.map((kind) => make("button", { type: "button", class: "btn plain small csv", "aria-label": `${plot.title}: ${kind}`, onclick: () => save(plot, kind, tell) }, kind));
  const canvas = make("div", { class: "canvas" });
  new ResizeObserver(() => {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (width >= 100 && height >= 100) canvas.replaceChildren(draws({ width, height }));
  }).observe(canvas);
  return framed(plot.title, plot.caption, [make("span", { class: "saves" }, ...buttons)], () => canvas, { "data-plot": plot.name });
}

const heading = ({ text, title, across = null, words }) => make("th", { scope: across ? "colgroup" : "col", title, colspan: across, class: words ? "words" : null }, text);

function table(id, names, rows) {
  const head = make("tr", {}, ...names.map((name) => heading(typeof name === "string" ? { text: name } : name)));
  return make("div", { class: "table", tabindex: "0", role: "region", "aria-labelledby": id }, make("table", { class: "num" }, make("thead", {}, head), make("tbody", {}, ...rows)));
}

/** A table of people or studies; `rows` are lists of a heading and cells. A name may be a column's `{ text, title }`, `across` so many columns, and of `words`, which begin at the left. */
export function listCard(title, caption, names, rows) {
  const words = names.flatMap((name) => Array(name.across ?? 1).fill(name.words ? "words" : null));
  const lines = rows.map(([first, ...cells]) => make("tr", {}, make("th", { scope: "row" }, first), ...cells.map((cell, at) => make("td", { class: words[at + 1] }, cell))));
  return framed(title, caption, [], (id) => table(id, names, lines), { class: "plot list-card" });
}

/** A table of images with their thumbnails, each a link to its review. */
export function imageCard(title, caption, names, rows) {
  pictures.keep(rows.map((row) => `/files/thumb/${row.key}`));
  const lines = rows.map((row) => {
    const tiny = make("span", { class: "tiny" });
    pictures.get(`/files/thumb/${row.key}`).then((image) => tiny.append(Object.assign(image, { alt: "" })), () => {});
    const follow = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go(`review/${row.key}`);
    };
    const link = make("a", { href: `#review/${row.key}`, title: row.title, onclick: follow }, `Image ${row.number ?? row.image}`);
    return make("tr", {}, make("th", { scope: "row" }, tiny, link), ...row.cells.map((cell) => make("td", {}, String(cell))));
  });
  return framed(title, caption, [], (id) => table(id, ["Image", ...names], lines));
}
