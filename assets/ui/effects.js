// What a change of settings does to people who are in the middle of a study, in plain sentences.

const people = (n, does, do_) => `${n} ${n === 1 ? `person ${does}` : `people ${do_}`}`;
const images = (n) => `${n} ${n === 1 ? "image" : "images"}`;

function overlap(before, after, { complete }) {
  if (after > before && !complete) return "Each image waits for more answers than before.";
  return after > before
    ? "Images that were complete come again, to people who have not had them."
    : `Images with ${after} ${after === 1 ? "answer" : "answers"} are complete now and come to nobody else. Answers beyond that stay.`;
}

function target(before, after, { at_work: { most_done: most } }) {
  if (after === null) return "Who had reached the target gets images again, as long as there are any.";
  if (most >= after) return `Who has done ${images(after)} is finished. All that was done stays.`;
  return before !== null && most >= before ? `Who had reached the target goes on, up to ${images(after)}.` : "";
}

const share = (before, after, what) =>
  after > before
    ? `The share counts from a person's first image: who has done many gets the missing ${what} one after another.`
    : `Fewer ${what} from now on; those that were rated stay counted.`;

function gold(before, after, study) {
  if (!study.gold) return after ? "There are no gold images yet: nothing changes before some are named below." : "";
  if (!after) return "Gold images come like all others from now on, and count in the overlap.";
  return before ? share(before, after, "gold images") : `Gold images no longer come in the ordinary order. ${share(before, after, "gold images")}`;
}

const SENTENCES = {
  blind: (before, after) =>
    after
      ? "Images that are opened from now on are rated before the text is shown. Who has one open with its text has seen it."
      : "Images that are opened from now on show the machine's text and map at once. Locked ratings stay as they are.",
  overlap,
  order: () => "Everybody begins at the first image of the new order. What they answered does not come again, and what they began comes first.",
  seed: (before, after, study, changes) => ("order" in changes ? "" : SENTENCES.order()),
  target,
  hidden_repeats: (before, after) => (after ? share(before, after, "repeats") : "No image comes a second time from now on; repeats that were rated stay counted."),
  gold_share: gold,
  choices: (before, after) =>
    after > before
      ? "Images with texts of several describers show more of them from now on, those that are open now too. What was answered stays as it was."
      : "Images that are reviewed from now on show fewer texts. Who has taken one that is shown no more takes another one.",
};

/** Sentences for the `changes` of a study, the settings it had being in it; none where nobody has begun. */
export function effects(study, changes) {
  const { people: answered, begun } = study.at_work;
  if (!Object.keys(changes).length) return [];
  if (!answered && !begun) return ["Nobody has begun, so nothing changes for anybody."];
  const now = begun ? `${people(begun, "has", "have")} an image open or begun: it stays with them.` : "";
  const told = Object.entries(changes).map(([name, after]) => SENTENCES[name](study.settings[name], after, study, changes));
  return [...told, now, "Every rating stays."].filter(Boolean);
}
