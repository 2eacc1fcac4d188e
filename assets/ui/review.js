// The Review screen: takes one image after another through rate, judge and correct.

import { get, network, send } from "./api.js";
import { Clock } from "./clock.js";
import { connect } from "./connect.js";
import { Correct } from "./correct.js";
import { Described } from "./described.js";
import { parts } from "./dom.js";
import { Drafts } from "./drafts.js";
import { chosen, empty, isOpen, isSaid, isTouched, opened, stepOf, taken } from "./form.js";
import { showLegend } from "./keys.js";
import { Marks } from "./marks.js";
import { recall, remember } from "./memory.js";
import { Note } from "./note.js";
import { getNext, Opening } from "./opening.js";
import { Patience } from "./outbox.js";
import { Overlay } from "./overlay.js";
import { paintNote, paintPanel } from "./panel.js";
import { Pictures } from "./pictures.js";
import { Rate } from "./rate.js";
import { Reasons } from "./reasons.js";
import { Sending } from "./sending.js";
import { go, place, session } from "./session.js";
import { letterOf, Texts } from "./texts.js";
import { Toolbar } from "./toolbar.js";
import { Viewer } from "./viewer.js";

const BROKEN = "The image cannot be shown";

class Review {
  item = null; // as the server gave it
  form = empty(); // what the person said of it so far
  base = 0; // the revision the form is based on
  phase = "loading"; // loading, welcome, rate, choose, judge, correct, conflict, broken or done
  revisit = null; // a finished step that is open again: "rate" (once more, now informed), "choose" or "judge"
  trouble = null; // what cannot be read or saved just now
  busy = false; // something is being saved
  note = null; // what just happened
  notice = null; // what is to be known of this image
  slow = false; // the wait is long enough to be shown
  #before = null; // when a finished step was opened again: the second rating there was, and what had the focus

  constructor(root) {
    const el = (this.el = parts(root));
    this.root = root;
    this.time = new Clock();
    this.patience = new Patience();
    this.pictures = new Pictures();
    this.drafts = new Drafts((text, kind) => this.footer(text, kind));
    this.opening = new Opening(this);
    this.sending = new Sending(this);
    this.toLead = new Note(el, (note) => this.change({ note }));
    this.reasons = new Reasons(el, (kind, reason) => this.sending.submit(kind, reason));
    this.overlay = new Overlay(el, this.pictures);
    this.viewer = new Viewer(el.stage, el.pic, {
      onZoom: (percent) => (el.zoomValue.textContent = `${percent} %`),
      takesDrag: (event) => this.phase === "correct" && !this.revisit && this.marks.takes(event),
    });
    this.rate = new Rate(el, (rating) => this.change(this.item?.locked ? { second_rating: rating } : { rating }));
    this.described = new Described(el, {
      onJudge: (judgement) => this.judge(judgement),
      onPoint: (layer) => this.overlay.peek(layer),
      onLayer: (layer) => this.overlay.layer(layer),
    });
    this.texts = new Texts(el, (at) => this.choose(at));
    this.marks = new Marks(el, this.viewer, {
      onChange: (at, regions, occasion) => this.correct.regions(at, regions, occasion),
      onSelect: (at) => this.correct.select(at),
      onState: () => {
        this.correct.handled();
        this.says("");
        this.paint();
      },
      onSay: (text) => this.says(text),
    });
    this.correct = new Correct(el, this.marks, {
      onChange: (change) => this.change(change),
      onSelect: (layer) => this.overlay.layer(layer ?? 0),
      onPoint: (layer) => this.overlay.peek(layer),
    });
    this.toolbar = new Toolbar(el, this.marks, this.correct);
    connect(this);
  }

  /** The step that keys belong to. */
  get step() {
    if (this.revisit) return `${this.revisit} again`;
    return (this.phase === "correct" && this.marks.step) || this.phase;
  }

  // ---- the steps ----

  enter(phase) {
    const before = this.phase;
    const opener = this.revisit && this.#before.focus;
    Object.assign(this, { phase, slow: false, revisit: null });
    this.marks.rest();
    this.paint();
    opener?.focus({ preventScroll: true });
    if (before !== phase && before !== "loading") this.#attend();
    this.el.steps.scrollTop = 0;
  }

  /** Put the focus on the heading of the step that opened. */
  #attend() {
    const { el } = this;
    const opened = { "rate again": el.step1, judge: el.step2, "judge again": el.step2, choose: el.step2, "choose again": el.step2, correct: el.step3 }[this.step];
    opened?.querySelector("h2").focus({ preventScroll: true });
  }

  /** Take over a change by the person. */
  change(part) {
    if (!this.item || this.phase === "loading") return;
    this.form = { ...this.form, ...part, edited_at: Date.now(), active_seconds: this.time.seconds };
    if ("rating" in part) this.note = null;
    if ("verdict" in part) this.says("");
    this.drafts.keep(this.form);
    this.paint();
  }

  /** Lock the rating and reveal what the machine said; asks until the server answers. */
  async lock() {
    if (this.busy) return this.patience.hurry();
    if (this.form.rating === null) return undefined;
    const { item } = this;
    this.busy = true;
    this.paint();
    const ask = () => send("POST", "/api/lock", { study: session.study.id, image: item.image.key, rating: this.form.rating });
    try {
      this.#revealed(item, await this.patience.until(ask, (left) => item === this.item && this.unsaved(left)));
    } catch (error) {
      if (error.kind === "locked") this.#revealed(item, error.body, "That rating stands.");
      else this.refuse(error);
    }
    return undefined;
  }

  #revealed(item, { locked, reveal, repeat }, remark = "") {
    if (item !== this.item) return undefined;
    if (repeat) return this.#again(item);
    Object.assign(item, { locked, reveal });
    Object.assign(this, { busy: false, trouble: null, note: null });
    if (remark) this.notice = { title: "Rated before", text: remark };
    this.form = opened({ ...item, review: null }, [{ body: this.form, base_revision: this.base }]).form;
    item.reveal = chosen(reveal, this.form.description_id);
    if (item.blind) this.showMap();
    this.enter(stepOf(this.form, item));
    this.opening.tidy();
    return undefined;
  }

  /** The image had been rated before, to see how steady ratings are: with the second one it is done. */
  #again(item) {
    this.drafts.drop(session.study.id, item.image.key, this.base);
    return this.opening.open(getNext, { text: "Saved; this one needed a rating alone" });
  }

  /** Take one of several texts, to be judged and corrected. */
  choose(at) {
    const { item, form } = this;
    const id = item?.reveal?.texts?.[at]?.description.id;
    if (!id || this.busy || !["choose", "choose again"].includes(this.step)) return;
    const before = item.reveal;
    const next = taken(form, before, id);
    if (next !== form) {
      item.reveal = chosen(before, id);
      this.correct.reset();
      this.showMap();
      this.change(next);
      this.note = before.description && isTouched(form, before.description) ? { text: `What you said of ${letterOf(before)} stays with it` } : null;
      this.opening.tidy();
    }
    this.enter(stepOf(this.form, item));
  }

  /** The map of the text that is shown; of several none until one is chosen. */
  showMap() {
    this.overlay.show(isOpen(this.item.reveal) ? null : this.item.reveal);
  }

  judge(judgement) {
    if (!this.item.reveal?.description) return;
    this.change({ judgement });
    if (this.revisit || this.phase !== "correct") this.enter("correct");
  }

  /** Open a finished step once more: the choice, the judgement, or the rating, which then is a second one beside the first. */
  goBack(step) {
    const choosing = step === "choose" && letterOf(this.item?.reveal);
    if (this.busy || !(choosing ? ["judge", "correct"] : ["correct"]).includes(this.phase) || (step === "choose" && !choosing)) return;
    this.marks.rest();
    this.revisit = step;
    const { activeElement: at } = document;
    this.#before = { second_rating: this.form.second_rating, focus: at.matches(":focus-visible") ? at : null };
    if (step === "rate") this.rate.show(this.form.second_rating);
    this.paint();
    this.#attend();
  }

  /** Leave a finished step that was opened again as it was. */
  back() {
    const { second_rating } = this.#before;
    if (second_rating !== this.form.second_rating) this.change({ second_rating });
    this.enter(this.phase);
  }

  skip() {
    if (this.busy && this.phase !== "broken") return;
    if (this.phase === "broken") this.sending.submit("flag", BROKEN);
    else if (this.item.review?.kind === "review") this.#leave();
    else this.reasons.ask("skip");
  }

  /** Skipping an image that was reviewed before leaves that review as it is. */
  #leave() {
    if (place().image) go("review", true);
    this.opening.open(getNext, { text: "Left as it was" });
  }

  flag() {
    if (!this.busy) this.reasons.ask("flag");
  }

  /** Open what was submitted last; submitting it again makes a new revision. */
  async undo() {
    if (this.busy || this.phase === "loading") return;
    const { phase } = this;
    this.drafts.flush();
    this.phase = "loading"; // keys pressed now are not meant for the image that is about to go
    try {
      const last = await get("/api/last", { study: session.study?.id });
      go(`review/${last.item.image.key}`, true); // a reload comes back to it
      await this.opening.open(async () => last);
    } catch (error) {
      this.phase = phase;
      this.note = { text: error.status === 404 ? "Nothing to undo" : error.message };
      this.paint();
    }
  }

  // ---- what goes wrong ----

  /** Something could not be saved; the next try is `left` seconds away. */
  unsaved(left) {
    this.trouble = { kind: navigator.onLine ? "failed" : "offline", left, waiting: this.sending.outbox.waiting.length };
    this.drafts.resume();
    this.paint();
  }

  /** The server does not take it, and trying again would not help. */
  refuse(error) {
    this.drafts.resume();
    if (error.kind === "closed") return this.opening.open(getNext);
    Object.assign(this, { busy: false, trouble: { kind: "refused", text: error.message } });
    return this.paint();
  }

  // ---- the page ----

  paint() {
    const { el, phase, form, item, note, busy, slow, revisit } = this;
    const offline = navigator.onLine || network.up ? null : { kind: "offline", waiting: this.sending.outbox.waiting.length };
    paintPanel(el, { phase, form, item, busy, slow, revisit, trouble: this.trouble ?? offline, notice: this.notice });
    this.texts.show(item?.reveal, ["choose", "choose again"].includes(this.step), form);
    if (item?.locked && phase !== "loading") {
      this.described.show(item.reveal, form.judgement);
      this.correct.show(form, item.reveal);
      this.toLead.show(form.note);
    } else {
      this.described.show(item?.blind === false ? item.reveal : null, null);
      this.marks.show([], null);
    }
    this.toolbar.show(this.step);
    paintNote(el, note);
    this.legend();
    el.sampleNote.hidden = !session.study?.sample || Boolean(recall("sampleNoted")) || !["rate", "welcome"].includes(phase);
  }

  /** The keys that hold now. */
  legend() {
    showLegend(this.el.legend, this.step, this.item?.reveal ?? {});
  }

  /** What a person should know of the marks. */
  says(text) {
    this.el.markSays.textContent = text;
  }

  footer(text, kind) {
    this.el.saved.textContent = text;
    this.el.saved.dataset.kind = kind;
  }

  /** The main button, Enter and Ctrl+Enter. */
  main() {
    const { phase, el } = this;
    if (this.revisit) {
      if (!el.go.disabled) this.enter(phase);
    } else if (phase === "loading") this.patience.hurry();
    else if (phase === "welcome") {
      remember("seen", true);
      this.enter(stepOf(this.form, this.item));
    } else if (phase === "rate") this.lock();
    else if (phase === "correct") this.#submit();
    else if (phase === "broken") this.skip();
    else if (phase === "conflict") this.sending.settle(true);
  }

  #submit() {
    if (!isSaid(this.form)) this.says("Nothing is said yet: is anything unrealistic? Yes, Somewhat or No (Y, T, O)");
    else if (this.correct.asksForWords()) this.says("This mark needs a few words: what looks unreal here?");
    else if (!this.el.go.disabled) this.sending.submit();
  }

  /** The button beside the main one. */
  second() {
    if (this.revisit === "rate") this.change({ second_rating: null });
    if (this.revisit) this.enter(this.phase);
    else if (this.phase === "conflict") this.sending.settle(false);
    else navigator.clipboard?.writeText(this.form.explanation).then(() => (this.el.second.textContent = "Copied"));
  }

  /** Another study was chosen. */
  studyChosen() {
    this.drafts.flush();
    this.item = null;
    if (place().screen === "review") this.opening.arrive();
  }

  /** Another image was asked for in the address bar, or the screen was left. */
  moved() {
    this.drafts.flush();
    const { screen, image } = place();
    if (screen !== "review") return;
    const there = this.item && this.opening.study === session.study?.id && (!image || image === this.item.image.key);
    if (!there) this.opening.arrive();
  }
}

export async function mount(element) {
  const review = new Review(element.querySelector("[data-screen]"));
  await review.opening.signedIn(); // whose work waits is known after that
  await review.sending.outbox.sweep();
  if (place().screen === "review") await review.opening.arrive();
}
