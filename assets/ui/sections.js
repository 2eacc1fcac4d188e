// What stands in each part of Insights but the scores: figures, plots, lists of people and of images.

import { draw, make, spent } from "./dom.js";
import { count as counted } from "./jobs.js";
import { card, imageCard, listCard } from "./plotcard.js";
import { opinion, PLOTS, short } from "./plots.js";
import { go, session } from "./session.js";

const LISTED = 12;
const NONE = "none yet";
const round = Math.round;
const count = (n) => n.toLocaleString("en");
const of = (n, all) => `${count(n)} of ${count(all)}`;
const fixed = (value, digits = 1) => (value === null ? "\u2013" : value.toFixed(digits).replace("-", "\u2212"));
const signed = (value) => (value === null ? "\u2013" : `${value > 0 ? "+" : ""}${fixed(value)}`);
const share = (n, all) => (all ? `${n < all ? Math.min(99, round((100 * n) / all)) : 100} %` : "");
const span = ({ low, high }) => `95 %: ${fixed(low, 2)} to ${fixed(high, 2)}`;
const name = (row) => (row.you ? `${row.reviewer} (you)` : row.reviewer);
const rate = ["Go on rating", () => go("review")];
const unrated = ["Nothing is rated yet", "What reviewers say together stands here from the first rating on.", [rate]];

function left({ left: open, a_day: pace, days_left: days, fewest_days: fewest }) {
  if (!open) return ["Days left", "0", "no answer is missing"];
  if (days === null) return ["Days left", "not known yet", pace ? `needs ratings on ${fewest} of the last 14 days` : "no rating in the last 14 days"];
  return ["Days left, estimated", count(days), `${counted(open, "answer")} at ${fixed(pace)} a day`];
}

const bar = (done, target) => make("span", { class: "how-far", "aria-hidden": "true" }, make("i", { style: `width:${target ? (100 * done) / target : 0}%` }));

const progress = ({ figures: told, people }) => ({
  empty: told.images ? null : ["There are no images in this study yet", "Import some; then reviews can start.", []],
  figures: [
    ["Ratings", of(told.given, told.asked), `${share(told.given, told.asked)}; ${told.overlap} for each image`],
    ["Complete images", of(told.complete, told.images), share(told.complete, told.images)],
    left(told),
    ["Begun and not saved", count(told.drafts), told.drafts === 1 ? "draft" : "drafts"],
  ],
  lists: [listCard("People", "done of what is theirs or still open to them", ["Reviewer", "Done", "Share", "A day", "Last"], people.map((row) => [name(row), of(row.done, row.target), bar(row.done, row.target), fixed(row.a_day), short(row.last)]))],
});

function opinions({ figures: told, plots }) {
  const rows = plots.mos.rows;
  const cells = (row) => ({ ...row, title: opinion(row), cells: [row.n, round(row.mos), round(row.mos_p913), row.mos_p910 === null ? "\u2013" : round(row.mos_p910)] });
  const hidden = told.rated - told.images;
  const more = hidden ? `${count(hidden)} more once you have reviewed them` : `${count(told.of)} in the study`;
  const many = told.with_p910 ? "from 12 ratings on" : told.without_p910;
  return {
    empty: rows.length ? null : told.rated ? ["You have reviewed none of the rated images yet", "What others say of an image stands here once your own review of it is in.", [rate]] : unrated,
    figures: [
      ["Images rated", count(told.images), more],
      ["Mean of all MOS", fixed(told.mean), told.ratings === null ? "" : `${fixed(told.ratings, told.ratings % 1 ? 1 : 0)} ${told.ratings === 1 ? "rating" : "ratings"} an image, the median`],
      ["With a 95 % interval", count(told.with_interval), `from ${told.few} ratings on; else the votes`],
      ["Most likely scores (P.910)", told.with_p910 ? count(told.with_p910) : "none", many],
    ],
    key: [["pt", "MOS, 95 % interval"], ["vote", "a vote, where under five"], ["unbiased", "without bias (P.913)"], ["likely", "most likely (P.910)"]],
    lists: rows.length ? [imageCard("Lowest scores", "P.913: without each reviewer's bias", ["n", "MOS", "P.913", "P.910"], rows.slice(0, LISTED).map(cells))] : [],
  };
}

function agreement({ figures: told, plots }) {
  const { rows } = plots.spread;
  const one = (label, figure, more) => [label, figure ? fixed(figure.value, 2) : "not yet", figure ? `${span(figure)}; ${more}` : "needs two images that two people rated"];
  return {
    empty: told.rated ? null : unrated,
    figures: [
      one("Krippendorff's alpha", told.alpha, "1: all agree, 0: chance"),
      one("ICC(1)", told.icc, "share of variance that is the image's"),
      ["Rated by two or more", of(told.shared, told.rated), "images"],
      ["Spread of an image's ratings", fixed(told.spread), told.spread === null ? "" : "points of 100; standard deviation, the median"],
    ],
    note: told.rated && !rows.length ? "The spread of ratings is drawn for images that two people rated and that you may see." : "",
    lists: rows.length ? [imageCard("Least agreement", "by the standard deviation", ["n", "MOS", "SD"], rows.slice(0, LISTED).map((row) => ({ ...row, cells: [row.n, round(row.mos), fixed(row.sd)] })))] : [],
  };
}

const HEADS = [
  "Reviewer", "Rated", "Skipped", "Flagged", { text: "Mean", title: "of the ratings, 0 to 100" },
  { text: "Bias", title: "by how many points the ratings lie above the others' of the same images" },
  { text: "Inconsistency", title: "standard deviation of the ratings about the opinion scores, bias apart" },
  { text: "Minutes", title: "active time an image, the median" },
];
const OF_CONTROLS = [
  { text: "Wrong texts accepted", title: "machine texts that were made wrong on purpose and found accurate" },
  { text: "Repeats apart", title: "images that came again: mean difference of the two ratings, in points" },
  { text: "Gold right", title: "images whose answer is known: ratings inside the known range" },
];

function person(row) {
  const own = [name(row), ...[row.rated, row.skipped, row.flagged].map(count), fixed(row.mean), signed(row.bias), fixed(row.inconsistency), spent(60 * row.minutes)];
  if (!("wrong_seen" in row)) return own;
  const wrong = row.wrong_seen ? of(row.wrong_accepted, row.wrong_seen) : NONE;
  const repeats = row.repeats ? `${fixed(row.repeat_difference)}, n ${row.repeats}` : NONE;
  const gold = row.gold_seen ? of(row.gold_right, row.gold_seen) : NONE;
  return [...own, wrong, repeats, gold];
}

const people = ({ figures: told, people: rows }) => ({
  empty: rows.length ? null : ["You have not answered any image of this study yet", "Your own figures stand here from the first answer on.", [rate]],
  figures: [
    ["Reviewers", count(told.people), told.all ? "by pseudonym" : "you see your own row"],
    ["Minutes an image", told.minutes === null ? "not yet" : spent(60 * told.minutes), told.middle ? `middle half: ${told.middle.map((one) => spent(60 * one)).join(" to ")}` : ""],
    ["Answers", count(rows.reduce((sum, row) => sum + row.rated + row.skipped + row.flagged, 0)), `${count(rows.reduce((sum, row) => sum + row.rated, 0))} of them ratings`],
  ],
  wide: listCard("Reviewers", "", told.all ? [...HEADS, ...OF_CONTROLS] : HEADS, rows.map(person)),
  lists: [],
});

function maps({ figures: told, plots }) {
  const { rows } = plots.maps;
  const small = told.clips.includes("mini") ? "; by mini: shows how the workbench works, and is no evidence" : "";
  const nothing = told.of ? ["No map of a marked image yet", "Those who lead studies compute them, on the screen Data."] : ["No place is marked yet", "Maps are held against the places that people mark (G, then a drag, in step 3 of a review)."];
  return {
    empty: rows.length ? null : [...nothing, told.of && session.reviewer.leads ? [["Compute maps", () => go("data")]] : [rate]],
    figures: [
      ["AUROC", told.auroc ? fixed(told.auroc.mean, 2) : "not yet", told.auroc ? `${told.images > 1 ? `${span(told.auroc)}; ` : ""}0.5: chance` : ""],
      ["Most unreal point is marked", told.pointing ? `${round(100 * told.pointing.mean)} %` : "not yet", told.pointing ? `by chance ${round(100 * told.area)} %: so much is marked` : ""],
      ["Images", told.of > told.most ? `${of(told.images, told.of)}, drawn at random` : of(told.images, told.of), told.left_out ? `${told.left_out} have no map to compare` : "all that are marked"],
    ],
    note: `Each image's whole map against all places that its reviewers marked${small}.${session.reviewer.leads ? ` Per phrase and for data sets: ${session.command("evaluate maps")}` : ""}`,
    lists: rows.length ? [imageCard("Least found", "by AUROC", ["AUROC", "Marked"], rows.slice(0, LISTED).map((row) => ({ ...row, cells: [fixed(row.auroc, 2), `${round(100 * row.marked_share)} %`] })))] : [],
  };
}

const OF_TEXTS = [
  "Describer", { text: "Prompt", words: true }, "Answered", { text: "Found right", title: "accurate, of those answered", across: 2 }, "Partly", "Wrong",
  { text: "Misses", title: "right as far as it goes, and misses something" },
  { text: "Taken", title: "of the times it was shown beside others" },
];
const OF_CHANGES = [
  "Describer", { text: "Prompt", words: true }, { text: "Changed", title: "texts whose words were changed" },
  { text: "Edit rate of changed texts", title: "edits of words for each word of the corrected text (HTER), the mean" },
  { text: "Dropped", title: "findings that people dropped" }, { text: "Reworded", title: "findings that people reworded" },
  { text: "Added", title: "findings that people added beside its texts" },
  { text: "Kinds changed most", title: "of the findings that people dropped, reworded or added", words: true },
];

const whose = ({ provider, model, prompt }) => [[provider, model].filter(Boolean).join(", "), prompt || "\u2013"];

function judged(row) {
  const { answered: n, judged } = row;
  return [
    ...whose(row), n ? count(n) : NONE, share(judged.accurate, n), n ? bar(judged.accurate, n) : "", share(judged.partly, n), share(judged.wrong, n), share(judged.misses, n),
    row.offered ? of(row.chosen, row.offered) : "\u2013",
  ];
}

const changes = (row) => [...whose(row), row.answered ? of(row.edited, row.answered) : NONE, fixed(row.edit_rate, 2), ...["dropped", "reworded", "added"].map((state) => count(row.changed[state])), row.kinds.join(", ") || "none named"];

const describers = ({ figures: told, people: rows }) => ({
  empty: !told.all ? ["This is for those who lead studies", "Texts are judged and chosen without knowing who wrote them."] : rows.length ? null : ["No description is judged yet", "What people made of each describer's texts stands here from the first judgement on.", [rate]],
  figures: [
    ["Describers", count(rows.length), "by provider, model and prompt"],
    ["Texts answered", count(told.answered), "by reviewers; texts made wrong on purpose left out"],
    ["Taken among several", count(told.chosen), told.chosen ? "blind to who wrote which" : "this study shows one text of an image"],
  ],
  wide: listCard("How their texts were judged", "", OF_TEXTS, rows.map(judged)),
  lists: [listCard("What people changed", "words of the texts, and findings", OF_CHANGES, rows.map(changes))],
});

const SECTIONS = { progress, opinions, agreement, people, maps, describers };

const stat = ([label, value, more]) => make("div", {}, make("p", { class: "small quiet" }, label), make("p", { class: "large num" }, value), make("p", { class: "small quiet num", title: more }, more));

function legend(key) {
  const marks = { pt: "M14 1V11", vote: "", unbiased: "M8 6H20", likely: "M11 3l6 6m0-6l-6 6" };
  return make("p", { class: "plot-key small quiet" }, ...key.flatMap(([kind, words]) => [sample(kind, marks[kind]), words]));
}

function sample(kind, path) {
  const shapes = path ? [draw("path", { class: kind === "pt" ? "iv strong" : kind, d: path })] : [];
  if (kind === "pt" || kind === "vote") shapes.push(draw("circle", { class: kind, cx: 14, cy: 6, r: 3 }));
  return draw("svg", { width: 28, height: 12, "aria-hidden": "true" }, ...shapes);
}

/** Put a part into `place`; gives what to say in its place where there is nothing, else null. `tell(words)` reports saving. */
export function show(place, part, got, tell) {
  const { empty, figures, lists, key, note, wide } = SECTIONS[part](got);
  if (empty) return empty;
  const plots = Object.values(got.plots).filter((plot) => plot.rows.length).map((plot) => card(plot, (size) => PLOTS[plot.name](plot, size), tell));
  const cards = [...plots, ...lists];
  place.replaceChildren(
    make("div", { class: "stats any" }, ...figures.map(stat)),
    ...(wide ? [wide] : []),
    ...(note ? [make("p", { class: "small quiet" }, note)] : []),
    ...(key ? [legend(key)] : []),
    ...(cards.length ? [make("div", { class: `plots ${part}${cards.length === 1 ? " alone" : ""}` }, ...cards)] : []),
  );
  return null;
}
