// Paints the panel on the right from what is known; decides nothing.

import { caps, icon, make } from "./dom.js";
import { band, isSaid, JUDGEMENTS } from "./form.js";
import { letterOf } from "./texts.js";

const STEPS = { rate: 1, choose: 2, judge: 2, correct: 3 };

/** What the main button says in each phase: label, what follows on wide windows, key. */
const MAIN = {
  loading: ["Lock rating", "", "Enter"],
  welcome: ["Start", "", "Enter"],
  rate: ["Lock rating", "", "Enter"],
  choose: ["Submit", " and next", "Ctrl Enter"],
  judge: ["Submit", " and next", "Ctrl Enter"],
  correct: ["Submit", " and next", "Ctrl Enter"],
  broken: ["Next image", "", "X"],
  conflict: ["Keep this one", "", "1"],
  "rate again": ["Keep", "", "Enter"],
  "choose again": ["Keep this text", "", "Enter"],
  "judge again": ["Keep judgement", "", "Enter"],
};

/** The button beside it: label, key. */
const SECOND = { conflict: ["Use the other", "2"], "rate again": ["No second rating", "Del"] };

function paintSteps(el, { phase, form, item, revisit }) {
  const at = STEPS[revisit ?? phase] ?? 1;
  [el.step1, el.step2, el.step3].forEach((step, index) => {
    const number = index + 1;
    const none = number === 2 && at > 1 && item.reveal && !item.reveal.description && !item.reveal.texts;
    step.classList.toggle("open", number === at);
    step.classList.toggle("done", number < at || none);
    step.classList.toggle("later", number > at && !none);
  });
  const locked = item?.locked;
  el.lockedValue.hidden = !locked;
  if (locked) {
    el.lockedRating.textContent = Math.round(locked.rating);
    el.lockedWord.textContent = band(locked.rating);
    el.againValue.textContent = form.second_rating === null ? "" : `, now ${Math.round(form.second_rating)}`;
  }
  el.rerate.hidden = at !== 3;
  el.rateAsk.textContent = revisit ? "How real does it look now? This is kept beside the first rating." : "How real does this image look?";
  el.rateBody.hidden = at !== 1;
  const { description, texts } = item?.reveal ?? {};
  const open = phase === "rate" && item && !item.blind && Boolean(description || texts); // not blind: to be read at once
  const choosing = (revisit ?? phase) === "choose" || Boolean(open && texts);
  const letter = letterOf(item?.reveal);
  el.judgeBody.hidden = at !== 2 && !open;
  el.texts.hidden = el.textsAsk.hidden = !choosing;
  el.chooseAsk.hidden = !choosing || at !== 2;
  el.saidBox.hidden = choosing;
  el.judgeAsk.hidden = at !== 2 || choosing;
  el.judgeWord.textContent = choosing ? "Choose" : "Judge";
  el.judgeMore.textContent = choosing ? " the best text" : " the description";
  el.saidTitle.textContent = letter ? `What text ${letter} says` : "What the machine says";
  el.otherText.hidden = !letter;
  el.judgedValue.hidden = at === 2 || !form.judgement;
  el.rejudge.hidden = at !== 3;
  el.judgeMore.hidden = at === 3 && Boolean(form.judgement); // the folded line is short of room
  el.judged.textContent = form.judgement ? [letter, JUDGEMENTS[form.judgement]].filter(Boolean).join(": ") : "";
  el.noDescription.hidden = !locked || Boolean(description || texts);
  el.correctBody.hidden = at !== 3;
  el.words.hidden = at !== 3;
}

function notice(kind, symbol, title, ...text) {
  const words = make("div", {}, make("b", {}, title), make("br"), ...text);
  return make("div", { class: `notice ${kind}`, role: kind === "alert" ? "alert" : "status" }, icon(symbol), words);
}

/** What is to be known of an image, where nothing is wrong. */
function paintKnown(el, { title, text, leave }) {
  const how = leave ? [" ", ...caps(["X"]), " leaves it as it was."] : [];
  el.trouble.dataset.kind = "known";
  el.trouble.replaceChildren(notice("", "done", title, make("span", { class: "quiet" }, text, ...how)));
}

/** What is wrong: offline, not saved, refused. */
function paintTrouble(el, trouble) {
  const { kind, left, waiting, text } = trouble;
  const count = el.trouble.querySelector(".countdown");
  if (count && el.trouble.dataset.kind === kind && left) {
    count.textContent = `in ${left} s`; // the alert is read out once, not every second
    return;
  }
  el.trouble.dataset.kind = kind;
  const next = make("span", { class: "num countdown", "aria-hidden": "true" }, left ? `in ${left} s` : "now");
  if (kind === "offline") {
    const out = waiting === 1 ? "1 review waits and goes out by itself." : `${waiting} reviews wait and go out by themselves.`;
    const what = waiting ? `Kept in this browser. ${out}` : "What you write is kept in this browser.";
    el.trouble.replaceChildren(notice("", "offline", "Offline", make("span", { class: "quiet" }, what)));
  } else if (kind === "silent") {
    el.trouble.replaceChildren(notice("", "offline", "The server does not answer", make("span", { class: "quiet" }, "Next try ", next, ".")));
  } else if (kind === "failed") {
    el.trouble.replaceChildren(notice("alert", "alert", "Not saved", "The server did not answer. Your work is still here; next try ", next, "."));
  } else {
    el.trouble.replaceChildren(notice("alert", "alert", "Not saved", text));
  }
}

/** The notice above the steps: what is wrong, else what is to be known of the image, or none. */
function paintNotice(el, { trouble, notice: known, phase }) {
  const told = trouble ?? (phase === "loading" ? null : known);
  el.trouble.hidden = !told;
  if (trouble) paintTrouble(el, trouble);
  else if (told) paintKnown(el, told);
  else el.trouble.replaceChildren();
}

function paintFoot(el, { phase, form, trouble, busy, revisit }) {
  const step = revisit ? `${revisit} again` : phase;
  let [label, more, key] = MAIN[step] ?? MAIN.rate;
  let [second, secondKey] = SECOND[step] ?? [];
  if (trouble?.kind === "silent") [label, more, key] = ["Try again", "", "Enter"];
  if (trouble?.kind === "failed" || (trouble?.kind === "offline" && busy)) {
    [label, more, key] = ["Try again", "", phase === "rate" ? "Enter" : "Ctrl Enter"];
    if (form.explanation) [second, secondKey] = ["Copy text"];
  }
  el.goLabel.textContent = label;
  el.goMore.textContent = more;
  el.goKey.textContent = key;
  el.goKey.hidden = !key;
  const given = { rate: form.rating !== null, correct: isSaid(form), "rate again": form.second_rating !== null };
  const ready = given[step] ?? (["welcome", "broken", "conflict", "choose again", "judge again"].includes(step) || trouble?.kind === "silent");
  el.go.disabled = !ready || (busy && !trouble);
  el.second.hidden = !second;
  el.second.replaceChildren(second ?? "", ...caps(secondKey ? [secondKey] : []));
  const quiet = second || revisit || ["welcome", "broken", "conflict"].includes(phase);
  el.skip.hidden = Boolean(quiet);
  el.flag.hidden = Boolean(quiet);
  el.skip.disabled = el.flag.disabled = phase === "loading" || busy;
}

/** Paint everything on the right but what the parts of the steps paint themselves. */
export function paintPanel(el, view) {
  const { phase } = view;
  el.foot.hidden = false;
  el.bones.hidden = phase !== "loading" || !view.slow;
  el.welcome.hidden = phase !== "welcome";
  el.conflict.hidden = phase !== "conflict";
  el.brokenNote.hidden = phase !== "broken";
  el.stepList.hidden = ["welcome", "conflict", "broken"].includes(phase) || !el.bones.hidden || !view.item;
  if (view.item) paintSteps(el, view);
  paintNotice(el, view);
  paintFoot(el, view);
}

/** What just happened, in the tool strip, with the key that takes it back. */
export function paintNote(el, note) {
  el.note.replaceChildren();
  el.hint.hidden = !el.mapTools.hidden || !el.noMap.hidden;
  if (!note) return;
  if (note.undo) el.note.append(icon("done"), note.text, make("span", { class: "note quiet" }, ...caps(["U"]), " undo"));
  else el.note.append(make("span", { class: "quiet" }, note.text));
}
