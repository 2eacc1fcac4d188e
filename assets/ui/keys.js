// The keyboard: one table, from which the legend, the list of all keys and what a key does are taken.

import { caps, make } from "./dom.js";
import { LETTERS } from "./texts.js";

const LEFT = "←";
const RIGHT = "→";
const UP = "↑";
const DOWN = "↓";
const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
const RATED = ["rate", "rate again"];
const MARKING = ["marking box", "marking polygon", "marking brush"]; // a tool is in the hand
const MARKED = ["marked"]; // a mark is selected
const CORRECTING = ["correct", ...MARKED, ...MARKING];
const DECIDING = ["adjudicate"];
const EDITING = [...CORRECTING, ...DECIDING];
const CHOOSING = ["choose", "choose again"]; // one of several texts
const JUDGED = ["judge", "judge again", ...CORRECTING];
const LAYERED_AGAIN = ["rate again", "judge again"];
const AGAIN = [...LAYERED_AGAIN, "choose again"];
const DIALLED = ["judge", "correct", ...AGAIN, ...DECIDING]; // arrows and brackets are for marks while there is one in the hand
const LAYERED = ["judge", ...CORRECTING, ...LAYERED_AGAIN];
const MAPPED = [...LAYERED, "choose again", ...DECIDING];
const REVIEWED = ["rate", "choose", "judge", ...CORRECTING];
const COMPARED = ["compare"];
const SEEN = [...REVIEWED, ...AGAIN, ...DECIDING];
const BRUSH = ["marking brush"];

/**
 * press: values of `KeyboardEvent.key` (letters in lower case); with "shift"/"ctrl" the modifier is needed.
 * "shift: false": not with it. free: not while a control that needs the key itself has the focus. steps: where it works. legend: where the footer shows it ("wide": only there is room). show: the caps.
 */
export const KEYS = [
  { does: "band", press: ["1", "2", "3", "4", "5"], steps: RATED, legend: RATED, show: ["1", "2", "3", "4", "5"], say: "band", long: "Middle of a band: Bad, Poor, Fair, Good, Excellent" },
  { does: "nudge", press: ["ArrowLeft", "ArrowRight"], steps: RATED, legend: RATED, show: [LEFT, RIGHT], say: "by 1", long: "One less, one more; with no value yet, 50" },
  { does: "stride", press: ["ArrowLeft", "ArrowRight"], shift: true, steps: RATED, legend: RATED, show: ["Shift", LEFT, RIGHT], say: "by 5", long: "Five less, five more" },
  { does: "lock", press: ["Enter"], steps: ["rate", "loading"], legend: ["rate"], show: ["Enter"], say: "lock", long: "Lock the rating" },
  { does: "start", press: ["Enter"], steps: ["welcome"], legend: ["welcome"], show: ["Enter"], say: "start", long: "Start" },
  { does: "text", press: ["1", "2", "3", "4"], steps: CHOOSING, legend: CHOOSING, show: ["1", "2", "3", "4"], say: "take", long: "Take the text A, B, C or D, where there are several" },
  { does: "texts", press: ["h"], steps: JUDGED, legend: ["judge"], show: ["H"], say: "other text", long: "Take anotHer text; what was said of this one stays with it" },
  { does: "judge", press: ["a", "p", "w", "s"], steps: [...JUDGED, ...DECIDING], legend: ["judge", "judge again", "correct"], show: ["A", "P", "W", "S"], say: "judge", long: "Accurate, Partly, Wrong, misSes something" },
  { does: "done", press: ["Enter"], steps: AGAIN, legend: AGAIN, show: ["Enter"], say: "keep", long: "Keep the second rating, the text or the judgement" },
  { does: "back", press: ["Escape"], steps: AGAIN, legend: AGAIN, show: ["Esc"], say: "leave as it was", long: "Leave it as it was" },
  { does: "unrate", press: ["Delete"], steps: ["rate again"], legend: ["rate again"], show: ["Del"], say: "no second rating", long: "No second rating" },
  { does: "edit", press: ["e"], steps: EDITING, legend: ["correct"], show: ["E"], say: "edit text", long: "Edit the explanation" },
  { does: "verdict", press: ["y", "t", "o"], steps: EDITING, show: ["Y", "T", "O"], say: "verdict", long: "Is anything unrealistic: Yes, somewhaT, nO" },
  { does: "again", press: ["i"], steps: CORRECTING, show: ["I"], say: "rate again", long: "Rate again, now informed; kept beside the first" },
  { does: "nextFinding", press: ["j"], steps: EDITING, legend: ["correct"], show: ["J"], say: "next finding", long: "Next finding; with Shift the one before" },
  { does: "keep", press: ["k"], steps: EDITING, legend: ["correct"], show: ["K"], say: "keep", long: "Keep the finding" },
  { does: "drop", press: ["d"], steps: EDITING, legend: ["correct"], show: ["D"], say: "drop", long: "Drop the finding" },
  { does: "reword", press: ["r"], steps: EDITING, legend: ["correct"], show: ["R"], say: "reword", long: "Reword the finding" },
  { does: "add", press: ["n"], steps: EDITING, legend: ["correct"], show: ["N"], say: "add", long: "Add a finding" },
  { does: "mark", press: ["g"], steps: EDITING, legend: ["correct"], show: ["G"], say: "mark", long: "Mark the place of the finding; again for the next tool: box, polygon, brush" },
  { does: "mark", press: ["g"], steps: MARKING, legend: MARKING, show: ["G"], say: "next tool" },
  { does: "cursor", press: ARROWS, steps: MARKING, legend: MARKING, free: true, show: [LEFT, UP, DOWN, RIGHT], say: "cursor", long: "Move the cursor while marking; with Shift ten times as far" },
  { does: "place", press: [" "], steps: MARKING, legend: ["marking box", "marking polygon"], free: true, show: ["Space"], say: "place", long: "Place a corner or a point, or paint where the cursor is" },
  { does: "place", press: [" "], steps: BRUSH, legend: BRUSH, free: true, show: ["Space"], say: "paint" },
  { does: "takeBack", press: ["Backspace"], steps: MARKING, legend: ["marking polygon"], free: true, show: ["⌫"], say: "last point", long: "Take the last point back, or erase where the cursor is" },
  { does: "takeBack", press: ["Backspace"], steps: BRUSH, legend: BRUSH, free: true, show: ["⌫"], say: "erase" },
  { does: "close", press: ["Enter"], steps: MARKING, legend: ["marking polygon"], show: ["Enter"], say: "close", long: "Close the polygon, end the box, put the brush down" },
  { does: "size", press: ["[", "]"], steps: BRUSH, legend: BRUSH, show: ["[", "]"], say: "size", long: "Smaller, larger brush" },
  { does: "putDown", press: ["Escape"], steps: [...MARKING, ...MARKED], legend: [...MARKING, ...MARKED], show: ["Esc"], say: "leave", long: "Drop what was begun; put the tool down; select nothing" },
  { does: "nextMark", press: ["v"], steps: EDITING, legend: MARKED, show: ["V"], say: "next mark", long: "Select the next mark of the finding; with Shift the one before" },
  { does: "nextPoint", press: ["b"], steps: MARKED, legend: MARKED, show: ["B"], say: "next corner", long: "Select the next corner of the mark; with Shift the one before" },
  { does: "nudgeMark", press: ARROWS, steps: MARKED, legend: MARKED, free: true, show: [LEFT, UP, DOWN, RIGHT], say: "move", long: "Move the selected mark or corner by 1 pixel, with Shift by 10" },
  { does: "addPoint", press: [" "], steps: MARKED, free: true, show: ["Space"], say: "add corner", long: "Add a corner after the selected one of a polygon" },
  { does: "removePoint", press: ["Backspace"], steps: MARKED, free: true, show: ["⌫"], say: "take corner out", long: "Take the selected corner out of a polygon" },
  { does: "unmark", press: ["Delete"], steps: EDITING, legend: MARKED, show: ["Del"], say: "delete mark", long: "Delete the selected mark" },
  { does: "stepBack", press: ["z"], ctrl: true, shift: false, steps: EDITING, legend: [...MARKED, ...MARKING], wide: true, show: ["Ctrl", "Z"], say: "undo", long: "Take back the last change of findings and marks" },
  { does: "stepForward", press: ["z"], ctrl: true, shift: true, steps: EDITING, show: ["Ctrl", "Shift", "Z"], say: "redo", long: "Make it again; Ctrl Y too" },
  { does: "stepForward", press: ["y"], ctrl: true, steps: EDITING },
  { does: "leave", press: ["Escape"], steps: EDITING, legend: ["correct"], wide: true, typing: true, show: ["Esc"], say: "leave text", long: "Leave the text" },
  { does: "map", press: ["m"], steps: MAPPED, legend: MAPPED, show: ["M"], say: "map", long: "Map on or off" },
  { does: "opacity", press: ["ArrowUp", "ArrowDown"], steps: DIALLED, legend: ["judge"], show: [UP, DOWN], say: "opacity", long: "Opacity of the map, by 5 %" },
  { does: "threshold", press: ["[", "]"], steps: DIALLED, legend: ["judge"], show: ["[", "]"], say: "hide below", long: "Hide what is less unreal, by 5 %" },
  { does: "layer", press: [..."0123456789"], steps: LAYERED, legend: ["judge"], wide: true, show: ["0", "1", "2"], say: "layer", long: "All layers, or the one of a finding" },
  { does: "colours", press: ["c"], steps: MAPPED, legend: ["judge"], wide: true, show: ["C"], say: "colours", long: "Next colour map: viridis, magma, cividis" },
  { does: "zoomIn", press: ["+", "="], steps: SEEN, legend: ["rate"], wide: true, show: ["+", "−"], say: "zoom", long: "Larger, smaller; the wheel does so too" },
  { does: "zoomOut", press: ["-", "_"], steps: SEEN },
  { does: "fit", press: ["z"], steps: SEEN, legend: ["rate", "judge"], show: ["Z"], say: "fit or 1:1", long: "The whole picture, or its exact pixels" },
  { does: "submit", press: ["Enter"], ctrl: true, typing: true, steps: ["judge", ...CORRECTING], legend: ["correct"], wide: true, show: ["Ctrl", "Enter"], say: "submit", long: "Submit and go to the next image" },
  { does: "note", press: ["l"], steps: CORRECTING, show: ["L"], say: "note", long: "Write a note for the study lead" },
  { does: "skip", press: ["x"], steps: [...REVIEWED, "broken"], legend: ["rate", "choose", "judge"], wide: true, show: ["X"], say: "skip", long: "Skip this image: then Enter, or a number for a reason" },
  { does: "flag", press: ["f"], steps: REVIEWED, legend: ["rate", "choose", "judge"], wide: true, show: ["F"], say: "flag", long: "Flag this image, with a reason" },
  { does: "undo", press: ["u"], steps: [...REVIEWED, "welcome", "broken", "done"], legend: ["rate", "choose", "judge", "done"], wide: true, show: ["U"], say: "undo", long: "Open the last one again" },
  { does: "choose", press: ["1", "2"], steps: ["conflict"], legend: ["conflict"], show: ["1", "2"], say: "this one, the other", long: "Changed in another tab: keep this one, or use the other" },
  { does: "goOn", press: ["Enter"], steps: ["done"], legend: ["done"], show: ["Enter"], say: "go on", long: "When all is done: what the main button says" },
  { does: "search", press: ["/"], steps: ["browse"], show: ["/"], say: "search", long: "Search descriptions and findings" },
  { does: "move", press: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], steps: ["browse"], show: [LEFT, RIGHT, UP, DOWN], say: "move", long: "Move the selection; over the edge, turn the page" },
  { does: "move", press: ["PageUp", "PageDown"], steps: ["browse"], show: ["PgUp", "PgDn"], say: "screen", long: "A screen up, a screen down" },
  { does: "move", press: ["Home", "End"], steps: ["browse"], show: ["Home", "End"], say: "ends", long: "The first, the last of the page" },
  { does: "open", press: ["Enter"], steps: ["browse"], show: ["Enter"], say: "open", long: "Open the image in Review" },
  { does: "map", press: ["m"], steps: ["browse"], show: ["M"], say: "map", long: "Maps on or off" },
  { does: "gather", press: [" "], steps: ["browse"], show: ["Space"], say: "choose", long: "Choose the image, or choose it no more" },
  { does: "reach", press: ARROWS, shift: true, steps: ["browse"], show: ["Shift", LEFT, RIGHT], say: "range", long: "Choose a range, up and down too; Shift and a click do so" },
  { does: "gatherPage", press: ["a"], shift: false, steps: ["browse"], show: ["A"], say: "all here", long: "Choose all images on this page, or none of them" },
  { does: "gatherAll", press: ["a"], shift: true, steps: ["browse"], show: ["Shift", "A"], say: "all that match", long: "Choose all images that match, for those who lead" },
  { does: "compare", press: ["c"], steps: ["browse"], show: ["C"], say: "compare", long: "Compare the chosen images, at most four, or the maps of this one" },
  { does: "tags", press: ["t"], steps: ["browse"], show: ["T"], say: "tags", long: "Tags of the chosen images, for those who lead" },
  { does: "give", press: ["g"], steps: ["browse"], show: ["G"], say: "give", long: "Give the chosen images to somebody, for those who lead" },
  { does: "views", press: ["v"], steps: ["browse"], show: ["V"], say: "views", long: "Saved views: filters, sort and search under a name" },
  { does: "forget", press: ["Escape"], steps: ["browse"], show: ["Esc"], say: "choose none", long: "Choose none of them" },
  { does: "alone", press: [..."12345"], steps: COMPARED, legend: COMPARED, show: ["1", "2", "3", "4"], say: "one alone", long: "One map alone, and all again; 5 the difference" },
  { does: "alone", press: ["0"], steps: COMPARED },
  { does: "together", press: ["l"], steps: COMPARED, legend: COMPARED, show: ["L"], say: "zoom together", long: "Zoom and move all together, or each alone" },
  { does: "difference", press: ["d"], steps: COMPARED, legend: COMPARED, show: ["D"], say: "difference", long: "The difference of two maps" },
  { does: "scale", press: ["s"], steps: COMPARED, legend: COMPARED, wide: true, show: ["S"], say: "own scales", long: "One scale for all maps, or for each its own" },
  { does: "people", press: ["b"], steps: COMPARED, legend: COMPARED, show: ["B"], say: "people's marks", long: "What people marked, where you may see it" },
  { does: "hold", press: [" "], steps: COMPARED, legend: COMPARED, show: ["Space"], say: "hold the cursor", long: "Hold the cross where it is, or let it go" },
  { does: "cross", press: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], shift: true, steps: COMPARED, legend: COMPARED, wide: true, show: ["Shift", LEFT, RIGHT], say: "move the cross", long: "Move the cross, up and down too" },
  { does: "image", press: ["ArrowLeft", "ArrowRight"], steps: COMPARED, legend: COMPARED, show: [LEFT, RIGHT], say: "other image", long: "The image before, the one after, with the same maps" },
  { does: "opacity", press: ["ArrowUp", "ArrowDown"], steps: COMPARED, legend: COMPARED, wide: true, show: [UP, DOWN], say: "opacity", long: "Opacity of the maps, by 5 %" },
  { does: "threshold", press: ["[", "]"], steps: COMPARED, show: ["[", "]"], say: "hide below", long: "Hide what is less unreal, by 5 %" },
  { does: "map", press: ["m"], steps: COMPARED, show: ["M"], say: "maps", long: "Maps on or off" },
  { does: "colours", press: ["c"], steps: COMPARED, show: ["C"], say: "colours", long: "Next colour map" },
  { does: "pick", press: ["i"], steps: COMPARED, show: ["I"], say: "images", long: "Choose images" },
  { does: "open", press: ["Enter"], steps: COMPARED, show: ["Enter"], say: "review", long: "Open the image in Review" },
  { does: "zoomIn", press: ["+", "="], steps: COMPARED, show: ["+", "−"], say: "zoom", long: "Larger, smaller; the wheel does so too" },
  { does: "zoomOut", press: ["-", "_"], steps: COMPARED },
  { does: "fit", press: ["z"], steps: COMPARED, show: ["Z"], say: "fit or 1:1", long: "The whole picture, or its exact pixels" },
  { does: "take", press: [..."123456789"], steps: DECIDING, legend: DECIDING, show: ["1", "2", "3"], say: "choose", long: "Choose a review: its verdict, text, findings and marks" },
  { does: "machine", press: ["0"], steps: DECIDING, legend: DECIDING, wide: true, show: ["0"], say: "machine's", long: "Begin with what the machine says, to write a third" },
  { does: "putBack", press: ["u"], steps: DECIDING, show: ["U"], say: "put back", long: "Put back what was there before the last choice" },
  { does: "reviews", press: ["l"], steps: DECIDING, legend: DECIDING, show: ["L"], say: "reviews", long: "To the reviews, where Tab and Space take findings one by one; L goes on to the next one" },
  { does: "against", press: ["h"], steps: DECIDING, legend: DECIDING, wide: true, show: ["H"], say: "differences", long: "What the texts are held against: the machine's, or one of them" },
  { does: "people", press: ["b"], steps: DECIDING, legend: DECIDING, show: ["B"], say: "marks", long: "Whose marks are shown: everybody's, one's, nobody's" },
  { does: "realness", press: ["i"], steps: DECIDING, legend: DECIDING, wide: true, show: ["I"], say: "realness", long: "Give a realness, which is not part of the opinion scores: the arrows, Del for none" },
  { does: "reason", press: ["q"], steps: DECIDING, legend: DECIDING, show: ["Q"], say: "reason", long: "Say why" },
  { does: "image", press: ["ArrowLeft", "ArrowRight"], steps: DECIDING, legend: DECIDING, show: [LEFT, RIGHT], say: "image", long: "The image before, the one after" },
  { does: "filter", press: ["f"], steps: DECIDING, show: ["F"], say: "which", long: "Those to do, flagged, done, or all" },
  { does: "submit", press: ["Enter"], ctrl: true, typing: true, steps: DECIDING, legend: DECIDING, show: ["Ctrl", "Enter"], say: "save", long: "Save and go to the next image" },
  { does: "help", press: ["?"], steps: null, show: ["?"], say: "all keys", long: "This list" },
];

const CORRECT = ["edit", "leave", "verdict", "again", "nextFinding", "keep", "drop", "reword", "add"];
const MARK = ["mark", "cursor", "place", "takeBack", "close", "size", "putDown", "nextMark", "nextPoint", "nudgeMark", "addPoint", "removePoint", "unmark", "stepBack", "stepForward"];
const ANYWHERE = ["skip", "flag", "undo", "choose", "goOn", "help"];

const isOfMap = (key) => [MAPPED, LAYERED, DIALLED].includes(key.steps);

/** Title, which keys belong to it, and the screen it is of. */
const GROUPS = [
  ["Rate", (key) => key.steps === RATED || key.does === "lock", "review"],
  ["Judge", (key) => ["text", "texts", "judge", "submit"].includes(key.does) && key.steps !== DECIDING, "review"],
  ["Correct", (key) => CORRECT.includes(key.does), "review"],
  ["Mark", (key) => MARK.includes(key.does), "review"],
  ["Once more", (key) => key.steps?.[0] === "rate again", "review"],
  ["Map", isOfMap, "review"],
  ["View", (key) => key.steps === SEEN, "review"],
  ["Anywhere", (key) => ANYWHERE.includes(key.does), "review"],
  ["Browse", (key) => key.steps?.[0] === "browse", "browse"],
  ["Compare", (key) => key.steps === COMPARED, "compare"],
  ["Adjudicate", (key) => key.steps === DECIDING, "adjudicate"],
];

const REPEATED = ["nudge", "stride", "opacity", "threshold", "zoomIn", "zoomOut", "move", "reach", "cursor", "cross", "nudgeMark", "size", "stepBack", "stepForward"];

const isTyping = (target) =>
  target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && target.type !== "range" && target.type !== "checkbox");

/** What the key event does in `step`, or null. Typing wins over keys, but for those that say otherwise. */
function meaning(event, step) {
  if (event.altKey || event.isComposing) return null;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const held = event.ctrlKey || event.metaKey;
  const typing = isTyping(event.target);
  return KEYS.find(
    (key) =>
      key.press.includes(name) &&
      (key.steps === null || key.steps.includes(step)) &&
      Boolean(key.ctrl) === held &&
      (key.shift === undefined || key.shift === event.shiftKey) &&
      !(event.shiftKey && !key.shift && !key.free && name.startsWith("Arrow")) &&
      (!key.free || !event.target.closest?.(name === " " ? "button, a, summary, input" : "input")) &&
      (!typing || key.typing),
  );
}

/** Calls `actions[key.does](event)` for the key pressed; `step()` names the step that is open, null when none is. */
export function listen(step, actions) {
  document.addEventListener("keydown", (event) => {
    const now = step();
    if (now === null || document.querySelector("dialog[open]")) return;
    const control = event.target.closest?.("button, a, summary");
    if (control && ["Enter", " "].includes(event.key) && !event.ctrlKey && !event.metaKey) return; // the control's own
    const key = meaning(event, now);
    if (!key || !actions[key.does]) return;
    event.preventDefault();
    if (event.repeat && !REPEATED.includes(key.does)) return;
    actions[key.does](event);
  });
}

/**
 * Fill the footer with the keys of `step`; those for the map, its layers and the description only where there are any.
 * While somebody types, those that hold then.
 */
export function showLegend(element, step, { map, description, texts } = {}) {
  const idle = (key) => (!map && isOfMap(key)) || (key.does === "texts" && !texts) || (map?.layers.length === 0 && key.does === "layer") || (!description && key.does === "judge");
  const told = isTyping(document.activeElement) ? (key) => key.typing && key.steps.includes(step) : (key) => key.legend?.includes(step);
  element.replaceChildren(
    ...KEYS.filter((key) => told(key) && !idle(key)).map((key) =>
      make("span", { class: key.wide ? "wide" : null }, ...caps(key.does === "text" ? key.show.slice(0, texts?.length) : key.show), ` ${key.say}`, key.does === "text" ? ` ${LETTERS.slice(0, texts?.length).join(", ")}` : ""),
    ),
  );
}

/** Fill the list of all keys: those of a screen first, those of leads for leads. */
export function showAllKeys(element, screen, leads) {
  const groups = GROUPS.filter(([, , of]) => leads || of !== "adjudicate");
  const here = groups.filter(([, , of]) => of === screen);
  const sections = [...here, ...groups.filter((group) => !here.includes(group))].map(([title, belongs]) => {
    const rows = KEYS.filter((key) => key.long && belongs(key));
    const list = rows.map((key) => make("div", {}, make("dt", {}, ...caps(key.show)), make("dd", {}, key.long)));
    return make("section", {}, make("h3", {}, title), make("dl", {}, ...list));
  });
  element.replaceChildren(...sections);
}
