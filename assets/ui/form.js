// What a reviewer has said of one image so far: plain data and the rules about it. Nothing here touches the page.

export const BANDS = ["Bad", "Poor", "Fair", "Good", "Excellent"];
export const JUDGEMENTS = { accurate: "Accurate", partly: "Partly", wrong: "Wrong", misses: "Misses something" };
export const VERDICTS = { yes: "Yes", somewhat: "Somewhat", no: "No" };
export const STATES = { kept: "Kept", dropped: "Dropped", reworded: "Reworded", added: "Added" };

export const band = (rating) => BANDS[Math.min(4, Math.floor(rating / 20))];

/** A form without any answer. `rating` is the blind one until it is locked. */
export function empty() {
  return {
    rating: null, judgement: null, verdict: null, explanation: "", findings: [], second_rating: null, note: "",
    description_id: null, // of the description that this answers
    others: {}, // what was said of other texts before another one was taken, by their ids
    seeded: false, active_seconds: 0, edited_at: 0,
  };
}

function asked(finding) {
  return { finding_id: finding.id, was: finding.phrase, phrase: finding.phrase, kind: finding.kind ?? null, state: null, regions: finding.regions ?? [] };
}

/** Pre-fill verdict, explanation and findings with the machine's, once. The person submits or changes them. */
export function seed(form, reveal) {
  if (form.seeded || !reveal) return form;
  const said = reveal.description;
  if (isOpen(reveal)) return form;
  if (!said) return { ...form, seeded: true };
  return { ...form, seeded: true, description_id: said.id, verdict: said.verdict, explanation: said.explanation, findings: said.findings.map(asked) };
}

/** Whether one of several texts is to be chosen yet. */
export const isOpen = (reveal) => Boolean(reveal?.texts && !reveal.description);

/** A reveal of several texts with the chosen one as its description, and that one's map; another reveal as it is. */
export function chosen(reveal, id) {
  if (!reveal?.texts) return reveal;
  const text = reveal.texts.find(({ description }) => description.id === id);
  return { ...reveal, description: text?.description ?? null, map: text?.map ?? null };
}

const about = ({ judgement, verdict, explanation, findings }) => ({ judgement, verdict, explanation, findings });

/** Answer another one of several texts. What was said of the one before stays with it, and comes back when it is taken again. */
export function taken(form, reveal, id) {
  if (form.seeded && form.description_id === id) return form;
  const others = { ...form.others };
  if (form.seeded && form.description_id !== null) others[form.description_id] = about(form);
  const before = answersTo({ others }, id);
  delete others[id];
  const bare = { ...form, ...about(empty()), seeded: false, others };
  return before ? { ...bare, ...about(before), seeded: true, description_id: id } : seed(bare, chosen(reveal, id));
}

/** What a form says of one of several texts: of the one that it answers, or of one that was taken before; null for nothing. */
export function answersTo(form, id) {
  if (form.seeded && form.description_id === id) return about(form);
  return isWhole({ body: form.others?.[id] }) ? form.others[id] : null;
}

/** Whether anything of a description was changed. */
export function isCorrected({ verdict, explanation, findings }, said) {
  const same = verdict === said.verdict && explanation === said.explanation && findings.length === said.findings.length;
  return !same || findings.some(({ state }) => state && state !== "kept");
}

/** Whether anything was said of a description. */
export const isTouched = (answers, said) => Boolean(answers.judgement) || isCorrected(answers, said) || answers.findings.some(({ state }) => state);

/** The form as it was submitted before. Machine findings that were left without an answer stay so. */
export function reopened(review, reveal) {
  const machine = reveal?.description?.findings ?? [];
  const answered = review.findings.map((finding) => {
    const was = machine.find(({ id }) => id === finding.finding_id)?.phrase ?? null;
    return { finding_id: finding.finding_id, was, phrase: finding.phrase, kind: finding.kind, state: finding.state, regions: finding.regions ?? [] };
  });
  const asMachine = machine.map((one) => answered.find(({ finding_id }) => finding_id === one.id) ?? asked(one));
  const whole = review.kind === "review" || review.judgement || review.verdict || review.explanation;
  const form = { ...empty(), rating: review.rating ?? null };
  if (!whole) return seed(form, reveal);
  return {
    ...form,
    seeded: Boolean(reveal),
    description_id: reveal?.description?.id ?? null,
    judgement: review.judgement,
    verdict: review.verdict,
    explanation: review.explanation ?? "",
    findings: [...asMachine, ...answered.filter((finding) => !asMachine.includes(finding))], // numbers stay what they were
    second_rating: review.second_rating ?? null,
    note: review.note ?? "",
  };
}

/** A draft that a machine's newer description overtook in this browser alone: its answers to the old findings go. */
function ofShown(form, reveal) {
  if (isOpen(reveal)) return form; // its words stay until another text is taken
  const { description } = reveal;
  const known = new Set((description?.findings ?? []).map(({ id }) => id));
  const findings = form.findings.filter(({ finding_id: id }) => id === null || known.has(id));
  return { ...form, findings, description_id: form.seeded ? (description?.id ?? null) : form.description_id };
}

/** Whether a draft is one that this page can have written: it is read as whatever a browser or a person put there. */
function isWhole(draft) {
  const drawn = (region) => typeof region?.shape === "string" && Array.isArray(region.coordinates);
  const whole = (finding) => typeof finding?.phrase === "string" && Array.isArray(finding.regions) && finding.regions.every(drawn);
  return Array.isArray(draft?.body?.findings) && draft.body.findings.every(whole);
}

/** The form of an item: the newer of its drafts if there is one, else its last revision, else empty. */
export function opened(item, drafts) {
  const draft = drafts.filter(isWhole).sort((a, b) => (b.body.edited_at ?? 0) - (a.body.edited_at ?? 0))[0];
  let form = item.review ? reopened(item.review, chosen(item.reveal, item.reveal?.chosen)) : empty();
  if (draft) form = { ...form, ...draft.body };
  if (item.locked) form.rating = item.locked.rating;
  const reveal = chosen(item.reveal, form.description_id);
  if (reveal) form = seed(ofShown(form, reveal), reveal);
  return { form, base: draft?.base_revision ?? item.base_revision };
}

/** Whether there is anything to submit: an image without a description starts with an empty form. */
export function isSaid({ judgement, verdict, explanation, findings }) {
  return Boolean(judgement || verdict || explanation.trim() || findings.some(({ phrase }) => phrase.trim()));
}

/** Which step is open: rate until the rating is locked, judge until that is done, then correct. */
export function stepOf(form, item) {
  if (!item.locked) return "rate";
  if (isOpen(item.reveal)) return "choose";
  return item.reveal?.description && !form.judgement ? "judge" : "correct";
}

/** What a judgement says of the findings that the person did not touch one by one. */
export function implied(judgement) {
  return judgement === "accurate" || judgement === "misses" ? "kept" : null;
}

/** What became of a finding: the person's own word, else what the judgement implies, else nothing. */
export function stateOf(finding, judgement) {
  return finding.state ?? implied(judgement);
}

/** Keep, drop or reword a finding. A dropped addition stays on the list, struck out, and is not sent. */
export function answer(finding, state, phrase = finding.phrase) {
  const added = finding.finding_id === null;
  if (state === "reworded" || added) {
    const kept = added ? "added" : phrase === finding.was ? "kept" : "reworded";
    return { ...finding, phrase, state: state === "dropped" ? "dropped" : kept };
  }
  return { ...finding, phrase: finding.was, state };
}

export function addition(phrase) {
  return { finding_id: null, was: null, phrase, kind: null, state: "added", regions: [] };
}

function sentFindings(form) {
  return form.findings
    .map(({ finding_id, phrase, kind, regions, ...rest }) => ({
      state: stateOf({ finding_id, phrase, ...rest }, form.judgement), phrase: phrase.trim(), finding_id, kind, regions,
    }))
    .filter(({ state, phrase, finding_id }) => state && phrase && !(finding_id === null && state !== "added"));
}

/** The form as `POST /api/reviews` takes it, but for its id, base and times. */
export function answers(form, item, kind, reason = "") {
  return {
    kind,
    description_id: item.reveal?.description?.id ?? null,
    map_id: item.reveal?.map?.id ?? null,
    judgement: form.judgement,
    verdict: form.verdict,
    explanation: form.explanation.trim(),
    findings: sentFindings(form),
    second_rating: form.second_rating,
    reason,
    note: form.note,
  };
}

/** Which layer of the map shows a finding: the one of its phrase, else the one of its place; null when none does. */
export function layerOf(reveal, findingId) {
  const findings = reveal?.description?.findings ?? [];
  const layers = reveal?.map?.layers ?? [];
  const at = findings.findIndex((finding) => finding.id === findingId);
  if (at < 0) return null;
  const named = layers.find((layer) => layer.index > 0 && layer.phrase === findings[at].phrase);
  if (named) return named.index;
  return layers.length === findings.length + 1 ? at + 1 : null;
}
