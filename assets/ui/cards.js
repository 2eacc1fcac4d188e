// One card of the grid: thumbnail with or without its map, what people said, and the state of one's own review.

import { icon, make } from "./dom.js";
import { VERDICTS } from "./form.js";
import { meter } from "./meter.js";

export const STATUS = { todo: "To review", draft: "Draft", reviewed: "Reviewed", skipped: "Skipped", flagged: "Flagged" };
export const RATINGS = { complete: "Complete", open: "More needed" };
export const AGREEMENT = { agrees: "Inside its interval", disagrees: "Outside its interval" };

function tile(item) {
  const ratio = item.width / item.height;
  const fit = make("div", { class: "fit", style: `aspect-ratio:${ratio};${ratio > 4 / 3 ? "width" : "height"}:100%` });
  // By keys it is Space, on the card: the list has one stop for the focus.
  const tick = make("span", { class: "tick", "aria-hidden": "true", title: "Choose: Space" }, icon("done"));
  const number = make("span", { class: "number num", "aria-hidden": "true", title: `Image ${item.number} of the study` }, String(item.number));
  const tiled = make("div", { class: "tile" }, fit, tick, number);
  if (item.flagged) tiled.append(make("span", { class: "flagged", title: "Flagged" }, icon("flag")));
  return { fit, tiled, tick };
}

/** One's own answer, where people's figures leave room for it: two words to a line, or three short ones. */
function ownWords(item, taken) {
  const own = item.rating === null ? null : make("span", { title: "Your rating" }, "You ", make("b", {}, String(Math.round(item.rating))));
  if (taken.length === 2 && own && item.opinion && (item.mos?.n ?? 1) === 1) {
    for (const one of taken) one.querySelector(".n")?.remove(); // the source of the imported score: its mark tells
    return [own];
  }
  const state = make("span", {}, own && item.verdict ? VERDICTS[item.verdict] : STATUS[item.status]);
  return [own, state].filter(Boolean).slice(0, Math.max(0, 2 - taken.length));
}

/** What a card shows, in words. */
function spoken(item) {
  const { mos } = item;
  return [
    STATUS[item.status],
    item.hidden ? "not rated yet" : "",
    item.rating === null ? "" : `your rating ${Math.round(item.rating)}`,
    mos ? `MOS ${Math.round(mos.mean)} of ${mos.n}` : "",
    item.opinion ? `imported MOS ${Math.round(item.opinion.rating)}` : "",
    item.score === null ? "" : `score ${Math.round(item.score)}`,
    item.verdict ? `verdict ${VERDICTS[item.verdict].toLowerCase()}` : "",
    item.flagged && item.status !== "flagged" ? "flagged" : "",
    item.tags.length ? `tags ${item.tags.join(", ")}` : "",
  ].filter(Boolean).join(", ");
}

/** A card without its pictures, which `fill` brings when it comes into sight. */
export function card(item, at) {
  const { fit, tiled, tick } = tile(item);
  const { scale, words } = meter(item);
  const row = make("div", { class: "row num" }, ...words, ...ownWords(item, words));
  const tags = item.tags.length ? make("div", { class: "tags", title: item.tags.join(", ") }, ...item.tags.map((tag) => make("span", {}, tag))) : null;
  const element = make(
    "div",
    { class: `card ${item.hidden ? "veiled" : ""}`, role: "option", id: `rz-card-${at}`, "aria-selected": "false", "aria-checked": "false", "aria-label": `Image ${item.number}, ${spoken(item)}` },
    tiled, scale, row, tags,
  );
  return { element, fit, tick };
}

/** Put the thumbnail into a card, with the map over it when `mapped` is set and there is one. */
export async function fill(fit, item, pictures, mapped) {
  const wanted = mapped && item.mapped ? item.mapped : item.thumb;
  fit.dataset.wanted = wanted;
  const tries = wanted === item.thumb ? [wanted] : [wanted, item.thumb]; // a map that cannot be had leaves the picture alone
  let shown = make("span", { class: "small" }, "Cannot be shown");
  for (const url of tries) {
    const image = await pictures.get(url).catch(() => null);
    if (!fit.isConnected) return; // the page was turned, and its pictures are let go of
    if (!image) continue;
    shown = image; // itself, not a copy: a copy would load again, maybe after its address was given back
    shown.alt = "";
    shown.classList.toggle("mapped", url === item.mapped);
    break;
  }
  if (fit.dataset.wanted === wanted) fit.replaceChildren(shown); // else the other one is wanted by now
}
