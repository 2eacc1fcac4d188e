// One card of the grid: thumbnail, map, what people said, and the state of one's own review.

import { icon, make } from "./dom.js";
import { VERDICTS } from "./form.js";
import { meter } from "./meter.js";

export const STATUS = { todo: "To review", draft: "Draft", reviewed: "Reviewed", skipped: "Skipped", flagged: "Flagged" };

function tile(item) {
  const ratio = item.width / item.height;
  const fit = make("div", { class: "fit", style: `aspect-ratio:${ratio};${ratio > 4 / 3 ? "width" : "height"}:100%` });
  const tiled = make("div", { class: "tile" }, fit);
  if (item.status === "flagged") tiled.append(make("span", { class: "flagged", title: "Flagged" }, icon("flag")));
  return { fit, tiled };
}

/** One's own answer, where people's figures leave room for it: two words to a line. */
function ownWords(item, taken) {
  const own = item.rating === null ? null : make("span", { title: "Your rating" }, "You ", make("b", {}, String(Math.round(item.rating))));
  const state = make("span", {}, own && item.verdict ? VERDICTS[item.verdict] : STATUS[item.status]);
  return [own, state].filter(Boolean).slice(0, Math.max(0, 2 - taken));
}

/** A card without its pictures, which `fill` brings when it comes into sight. */
export function card(item, at) {
  const { fit, tiled } = tile(item);
  const { scale, words } = meter(item);
  const row = make("div", { class: "row num" }, ...words, ...ownWords(item, words.length));
  const name = [STATUS[item.status], item.rating === null ? "" : `your rating ${Math.round(item.rating)}`].filter(Boolean).join(", ");
  const element = make(
    "article",
    { class: `card ${item.hidden ? "veiled" : ""}`, role: "option", id: `rz-card-${at}`, "aria-selected": "false", "aria-label": `Image ${at + 1}, ${name}` },
    tiled, scale, row,
  );
  return { element, fit };
}

/** Put the thumbnail and, if there is one, its map into a card. */
export async function fill(fit, item, pictures) {
  try {
    const image = (await pictures.get(item.thumb)).cloneNode();
    image.alt = "";
    fit.prepend(image);
  } catch {
    fit.append(make("span", { class: "small" }, "Cannot be shown"));
    return;
  }
  if (!item.map) return;
  try {
    const heat = (await pictures.get(item.map)).cloneNode();
    heat.alt = "";
    heat.className = "heat";
    fit.append(heat);
  } catch {
    // A map that cannot be had leaves the picture alone.
  }
}
