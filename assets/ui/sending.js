// Sends the review on the screen: again while the server is silent, never twice, and never over what another tab saved.

import { showDifference } from "./diff.js";
import { clock } from "./dom.js";
import { answers, JUDGEMENTS, stepOf, VERDICTS } from "./form.js";
import { getNext } from "./opening.js";
import { Outbox } from "./outbox.js";
import { go, place, session } from "./session.js";

const DONE = { review: "Saved", skip: "Skipped", flag: "Flagged" };

const inWords = ({ judgement, verdict, explanation }) =>
  [judgement && `${JUDGEMENTS[judgement]}.`, verdict && `${VERDICTS[verdict]}.`, explanation].filter(Boolean).join(" ");

export class Sending {
  #latest = null; // what to submit, or to submit next once the server answers again
  #sent = null; // what was submitted last
  #theirs = null; // the other revision of a conflict

  constructor(review) {
    this.review = review;
    this.outbox = new Outbox({
      before: () => review.drafts.settle(),
      onDelivered: ({ study, image, base_revision: base }) => review.drafts.drop(study, image, base),
    });
  }

  async submit(kind = "review", reason = "") {
    const { review } = this;
    if (!review.item) return;
    this.#latest = { kind, reason };
    if (review.busy) return void this.outbox.patience.hurry();
    review.el.text.blur();
    review.busy = true;
    review.paint();
    try {
      while (this.#latest) await this.#deliver();
    } catch (error) {
      this.#latest = null;
      if (error.kind === "conflict") this.#conflict(error.body.theirs);
      else review.refuse(error);
    }
  }

  async #deliver() {
    const { review } = this;
    const { kind, reason } = this.#latest;
    const { item } = review;
    const given = () => JSON.stringify(answers(review.form, item, kind, reason));
    const sent = given();
    this.#sent = this.#latest;
    this.#latest = null;
    const { revision, next } = await this.outbox.deliver(this.#package(kind, reason), (left) => review.unsaved(left));
    session.update(next.study);
    if (given() !== sent) return this.#goOn(revision);
    this.#latest = null;
    if (place().image) go("review", true);
    return review.opening.open(async () => next, { text: DONE[kind], undo: true });
  }

  /** The person wrote on while the server was silent: that is based on what was saved just now. */
  #goOn(revision) {
    const { review } = this;
    this.#rebase(revision);
    if (this.#latest) return;
    review.busy = false;
    review.trouble = null;
    review.note = { text: "Saved; what you changed since is a draft" };
    review.paint();
  }

  #rebase(revision) {
    const { review } = this;
    review.base = revision;
    review.drafts.open(session.study.id, review.item.image.key, revision);
    review.drafts.keep(review.form);
  }

  #package(kind, reason) {
    const { review } = this;
    return {
      submission_id: crypto.randomUUID(),
      study: session.study.id,
      image: review.item.image.key,
      base_revision: review.base,
      ...answers(review.form, review.item, kind, reason),
      active_seconds: review.time.seconds,
      client_at: new Date().toISOString(),
    };
  }

  #conflict(theirs) {
    const { review } = this;
    review.busy = false;
    review.trouble = null;
    this.#theirs = theirs;
    go(`review/${review.item.image.key}`, true); // a reload comes back to what is to be chosen
    review.el.conflictAt.textContent = clock(theirs.saved_at);
    showDifference(review.el.conflictDiff, inWords(theirs), inWords(review.form));
    review.enter("conflict");
  }

  /** The person chose between the two of a conflict. */
  settle(mine) {
    const { review } = this;
    const { revision } = this.#theirs;
    this.#theirs = null;
    review.drafts.drop(session.study.id, review.item.image.key, review.base);
    if (!mine) {
      go("review", true);
      return review.opening.open(getNext, { text: "The other one stays" });
    }
    this.#rebase(revision);
    review.enter(stepOf(review.form, review.item));
    return this.submit(this.#sent.kind, this.#sent.reason);
  }
}
