// What stands in place of the work when there is none: no study, an empty one, all done, nothing just now.

import { caps, clock, duration, make } from "./dom.js";
import { go, session as known } from "./session.js";

const IMPORT = "Import a folder, a CSV or a data set. Reviews start as soon as the first image is in.";

/** The command that brings images into a study, or into a new one. */
export const importInto = (study) => known.command(`import PATH${study ? ` --study "${study.name}"` : ""}`);

/** Another study in which images are left, the sample only if there is no other: a choice, or none. */
function another(session) {
  const { study, studies } = session;
  const open = studies.filter((one) => one.id !== study.id && !one.closed && one.done < one.images);
  const found = open.find((one) => !one.sample) ?? open[0];
  return found ? [[`Go on with ${found.name}, ${found.images - found.done} left`, () => session.choose(found.id)]] : [];
}

/** A study that takes no reviews any more: what was done stays, and there is no way to answer. */
function closed(session) {
  const { study, reviewer } = session;
  const done = study.done ? ` You answered ${study.done} ${study.done === 1 ? "image" : "images"}.` : "";
  const lead = reviewer.leads ? [["Studies", () => go("studies")]] : [];
  return ["This study is closed", `It takes no reviews any more.${done} What you answered or began is kept.`, [...another(session), ["Look at its images", () => go("browse")], ...lead]];
}

/** What to say: title, text, choices (`[label, act]`) and a command to copy. */
function words(session, trouble, again) {
  const { study, studies } = session;
  const sample = studies.find((one) => one.sample && one.id !== study?.id);
  const trySample = sample ? [["Try the sample study", () => session.choose(sample.id)]] : [];
  const look = ["Look again", again];
  if (trouble) return ["This cannot be opened", trouble.text, [["To the next image", again]]];
  if (!study) return ["There is no study yet", IMPORT, [look], importInto(null)];
  if (study.closed) return closed(session);
  if (!study.images) return ["No images in this study yet", IMPORT, [look, ...trySample], importInto(study)];
  if (study.done < study.images) {
    return ["Nothing to review just now", "The images that are left are with other reviewers. They come back when those pause.", [look]];
  }
  const saved = study.last_saved_at ? ` The last review was saved at ${clock(study.last_saved_at)}.` : "";
  const skipped = `${study.skipped} skipped ${study.skipped === 1 ? "image" : "images"}`;
  return [
    study.images === 1 ? "You have reviewed the only image" : `You have reviewed all ${study.images} images`,
    `${duration(study.active_seconds)} of active time.${saved}`,
    [...another(session), ["Look at my reviews", () => go("browse?status=reviewed")], ...(study.skipped ? [[skipped, () => go("browse?status=skipped")]] : [])],
  ];
}

export function rest(el, session, trouble, again) {
  const [title, text, choices, command = ""] = words(session, trouble, again);
  el.restTitle.textContent = title;
  el.restText.textContent = text;
  el.restCommand.textContent = command;
  el.restChoices.replaceChildren(...choices.map(([label, act], at) => make("button", { type: "button", class: at ? "btn tall" : "btn main", onclick: act }, make("span", {}, label), ...caps(at ? [] : ["Enter"]))));
}
