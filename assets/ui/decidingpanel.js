// The panel of a decision: what it is, why, what was decided before, and saving it.

import { send } from "./api.js";
import { body, isDecided } from "./deciding.js";
import { showDifference } from "./diff.js";
import { clock, make, press } from "./dom.js";
import { band, JUDGEMENTS, VERDICTS } from "./form.js";
import { session } from "./session.js";

const day = (iso) => `${new Date(iso).toLocaleDateString()} ${clock(iso)}`;
const whose = (one) => (one.own ? "you" : one.by);
const text = ({ verdict, explanation }) => [verdict && `${VERDICTS[verdict]}.`, explanation].filter(Boolean).join(" ");

export class Deciding {
  #busy = false;
  #id = null; // of the submission that is on its way, or whose answer did not come

  constructor(screen) {
    this.screen = screen;
    const { el } = screen;
    el.reason.addEventListener("input", () => screen.change({ reason: el.reason.value }));
    el.reasons.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) screen.change({ reason: button.textContent });
    });
    el.judge.addEventListener("click", ({ target }) => target.closest("button") && this.judge(target.closest("button").dataset.v));
    el.noRating.addEventListener("click", () => screen.change({ rating: null }));
    el.go.addEventListener("click", () => this.save());
    el.putBack.addEventListener("click", () => screen.putBack());
  }

  reset() {
    this.#id = null;
  }

  /** Another answer is another submission. */
  changed() {
    this.#id = null;
  }

  /** Press a judgement; once more takes it back, for it is not asked for. */
  judge(value) {
    this.screen.change({ judgement: this.screen.form.judgement === value ? null : value });
  }

  show() {
    const { el, form, shown, conflict, note, trouble } = this.screen;
    press(el.judge.children, form.judgement);
    el.judgePart.hidden = !shown.reveal.description;
    if (el.reason.value !== form.reason) el.reason.value = form.reason;
    for (const button of el.reasons.children) button.setAttribute("aria-pressed", String(button.textContent === form.reason));
    el.noRating.hidden = form.rating === null;
    el.putBack.hidden = !this.screen.canPutBack;
    el.go.disabled = this.#busy || Boolean(conflict);
    el.said.textContent = trouble;
    el.trouble.hidden = !trouble;
    el.noted.textContent = note;
    this.#facts();
    this.#clash(conflict);
    this.#history();
  }

  #facts() {
    const { el, shown } = this.screen;
    const { gold, check, reveal } = shown;
    const at = Object.keys(shown.texts).indexOf(String(reveal.description?.id));
    const several = Object.keys(shown.texts).length > 1;
    const facts = [gold && `Known answer: ${Math.round(gold.low)} to ${Math.round(gold.high)}`, several && at >= 0 && `Different texts were chosen; the machine's here is text ${at + 1}`, check && "The machine's text was made wrong on purpose"].filter(Boolean);
    el.facts.hidden = !facts.length;
    el.facts.textContent = facts.join(". ");
  }

  #clash(theirs) {
    const { el, form } = this.screen;
    el.conflict.hidden = !theirs;
    if (!theirs) return;
    el.conflictWho.textContent = `${theirs.by} at ${clock(theirs.saved_at)}: ${theirs.reason}`;
    showDifference(el.conflictDiff, text(theirs), text(form));
  }

  #history() {
    const { el, shown } = this.screen;
    const { adjudications, reviews } = shown;
    el.history.hidden = !adjudications.length;
    el.historyTitle.textContent = adjudications.length === 1 ? "Decided before" : `Decided ${adjudications.length} times before`;
    const newest = adjudications[0]?.id;
    const late = newest && reviews.some(({ id }) => id > newest);
    el.late.hidden = !late;
    el.decisions.replaceChildren(...adjudications.map((one, at) => this.#decision(one, adjudications[at + 1], at === 0)));
  }

  #decision(one, before, counts) {
    const from = one.sources.map(({ reviewer, revision }) => `${reviewer}, revision ${revision}`).join("; ");
    const said = make("p", { class: "said diff" });
    if (before) showDifference(said, text(before), text(one));
    else said.textContent = text(one);
    const more = [one.judgement && `Text ${JUDGEMENTS[one.judgement].toLowerCase()}`, one.rating !== null && `Realness ${Math.round(one.rating)}, ${band(one.rating)}`, one.findings.length && `${one.findings.length} ${one.findings.length === 1 ? "finding" : "findings"}`];
    return make(
      "li",
      {},
      make("p", {}, make("b", {}, one.reason), " ", counts ? make("span", { class: "badge" }, "counts") : null),
      make("p", { class: "small quiet num" }, `${whose(one)}, ${day(one.saved_at)}, ${from ? `from ${from}` : "written anew"}`),
      said,
      make("p", { class: "small quiet" }, more.filter(Boolean).join(" · ")),
    );
  }

  /** Save it, unless something is missing, which is said. */
  async save() {
    const { screen } = this;
    const { el, form, shown } = screen;
    if (!shown || this.#busy) return;
    if (!isDecided(form)) return this.#say("Nothing is decided yet: choose a review, tick findings, or write.");
    if (screen.correct.asksForWords()) return;
    if (!form.reason.trim()) {
      this.#say("Say why, in a word or two.");
      el.reason.focus();
      return;
    }
    this.#busy = true;
    this.#id ??= crypto.randomUUID();
    screen.paint();
    try {
      await send("POST", "/api/adjudications", this.#package());
      this.#busy = false;
      await screen.saved();
    } catch (error) {
      this.#busy = false;
      this.#failed(error);
    }
  }

  #package() {
    const { form, shown, base, time } = this.screen;
    const times = { active_seconds: time.seconds, client_at: new Date().toISOString() };
    return { submission_id: this.#id, study: session.study.id, image: shown.image.key, base, ...body(form, shown), ...times };
  }

  #failed(error) {
    const { screen } = this;
    if (error.kind !== "conflict") return this.#say(error.unreachable ? "Not saved: the server did not answer. What you did is kept in this browser; Ctrl Enter tries again." : error.message);
    this.#id = null;
    screen.shown = error.body.case;
    const newest = screen.shown.adjudications[0] ?? null;
    if (newest && newest.id !== screen.base) screen.conflict = newest;
    else screen.trouble = error.message;
    return screen.paint();
  }

  #say(words) {
    this.screen.trouble = words;
    this.screen.paint();
  }
}
