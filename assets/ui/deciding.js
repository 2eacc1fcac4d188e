// The answer in place of several: taken from reviews, merged or written. Plain data and the rules about it.

import { answers, empty, seed } from "./form.js";

export const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
export const letter = (at) => LETTERS[at] ?? String(at + 1);

/** Nothing is decided. `base` is whose answer it began with, `others` whom an earlier adjudication was taken from. */
export const nothing = () => ({ ...empty(), reason: "", base: null, others: [] });

/** Begin with what the machine says. */
export const fromMachine = (reveal) => seed(nothing(), reveal);

/** A review's finding as one of the result; one of another description is an addition. Null where nothing is left. */
function taken(finding, from, reveal) {
  const said = reveal.description?.findings.find(({ id }) => id === finding.finding_id);
  const same = { phrase: finding.phrase, kind: finding.kind, regions: finding.regions ?? [], from };
  if (said) return { ...same, finding_id: said.id, was: said.phrase, state: finding.state };
  return finding.state === "dropped" ? null : { ...same, finding_id: null, was: null, state: "added" };
}

const place = (reviewer, at) => `${reviewer} ${at}`;

/** All of a review: verdict, judgement, explanation, findings with their marks. Reason and realness stay. */
export function choose(form, review, reveal) {
  const { judgement, verdict, explanation, reviewer } = review;
  const findings = review.findings.map((one, at) => taken(one, place(reviewer, at), reveal)).filter(Boolean);
  return { ...nothing(), rating: form.rating, reason: form.reason, seeded: true, base: reviewer, judgement, verdict, explanation, findings };
}

/** An adjudication that was saved, to be gone on from. */
export function reopen(adjudication, reveal) {
  const { judgement, verdict, explanation, rating, sources } = adjudication;
  const findings = adjudication.findings.map((one) => taken(one, null, reveal)).filter(Boolean);
  return { ...nothing(), seeded: true, judgement, verdict, explanation, findings, rating, others: sources.map(({ reviewer }) => reviewer) };
}

export const isTicked = (form, reviewer, at) => form.findings.some(({ from }) => from === place(reviewer, at));

/** Take one finding of a review, or leave it out again. A finding of the machine has one answer: the one taken last. */
export function tick(form, review, at, reveal) {
  const from = place(review.reviewer, at);
  if (isTicked(form, review.reviewer, at)) return { ...form, findings: form.findings.filter((one) => one.from !== from) };
  const one = taken(review.findings[at], from, reveal);
  if (!one) return form;
  const there = one.finding_id === null ? -1 : form.findings.findIndex(({ finding_id }) => finding_id === one.finding_id);
  return { ...form, findings: there < 0 ? [...form.findings, one] : form.findings.toSpliced(there, 1, one) };
}

/** Whose reviews it was taken from, in the order of the reviews. */
export function sources(form, reviews) {
  const named = new Set([form.base, ...form.others, ...form.findings.map(({ from }) => from?.slice(0, from.lastIndexOf(" ")))]);
  return reviews.filter(({ reviewer, kind }) => kind === "review" && named.has(reviewer));
}

const bare = ({ judgement, verdict, explanation, findings }) =>
  JSON.stringify([judgement, verdict, explanation, findings.map(({ state, phrase, regions }) => [state, phrase, regions])]);

/** What the result is, in words. */
export function inWords(form, { reviews, reveal }) {
  const from = sources(form, reviews);
  const names = from.map((one) => letter(reviews.indexOf(one)));
  if (names.length > 1) return `Merged from ${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  if (names.length && form.base && bare(choose(form, from[0], reveal)) === bare(form)) return `Review ${names[0]}, as it is`;
  if (names.length) return `From ${names[0]}, changed`;
  return isDecided(form) ? "Written anew" : "Nothing yet";
}

export const isDecided = (form) => Boolean(form.verdict || form.explanation.trim() || form.findings.length);

/** The result as `POST /api/adjudications` takes it, but for its id, base and times. */
export function body(form, shown) {
  const { description_id, map_id, judgement, verdict, explanation, findings } = answers(form, shown, "review");
  const from = sources(form, shown.reviews).map(({ id }) => id);
  return { description_id, map_id, judgement, verdict, explanation, findings, rating: form.rating, reason: form.reason.trim(), sources: from };
}
