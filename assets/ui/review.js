// The Review screen: takes one image after another through rate, judge and correct.

import { get, network, send } from "./api.js";
import { Clock } from "./clock.js";
import { connect } from "./connect.js";
import { Correct } from "./correct.js";
import { Described } from "./described.js";
import { parts } from "./dom.js";
import { Drafts } from "./drafts.js";
import { empty, opened, stepOf } from "./form.js";
import { showAllKeys, showLegend } from "./keys.js";
import { Marks } from "./marks.js";
import { recall, remember } from "./memory.js";
import { Patience } from "./outbox.js";
import { Overlay } from "./overlay.js";
import { paintNote, paintPanel } from "./panel.js";
import { Pictures } from "./pictures.js";
import { Rate } from "./rate.js";
import { rest } from "./rest.js";
import { Sending } from "./sending.js";
import { go, place, session } from "./session.js";
import { Viewer } from "./viewer.js";

const SLOW = 300; // ms until a wait is shown
const BROKEN = "The image cannot be shown";

const next = () => get("/api/next", { study: session.study?.id });

class Review {
  item = null; // as the server gave it
  form = empty(); // what the person said of it so far
  base = 0; // the revision the form is based on
  phase = "loading"; // loading, welcome, rate, judge, correct, conflict, broken or done
  revisit = null; // a finished step that is open again: "rate" (once more, now informed) or "judge"
  trouble = null; // what cannot be read or saved just now
  busy = false; // something is being saved
  note = null; // what just happened
  slow = false; // the wait is long enough to be shown
  #ahead = [];
  #opening = 0; // counts what was asked for, so that an answer that comes late is left alone

  constructor(root) {
    const el = (this.el = parts(root));
    this.root = root;
    this.time = new Clock();
    this.patience = new Patience();
    this.pictures = new Pictures();
    this.drafts = new Drafts((text, kind) => this.#footer(text, kind));
    this.sending = new Sending(this);
    this.overlay = new Overlay(el, this.pictures);
    this.viewer = new Viewer(el.stage, el.pic, {
      onZoom: (percent) => (el.zoomValue.textContent = `${percent} %`),
      takesDrag: (event) => this.phase === "correct" && this.marks.takes(event),
    });
    this.rate = new Rate(el, (rating) => this.change(this.item?.locked ? { second_rating: rating } : { rating }));
    this.described = new Described(el, {
      onJudge: (judgement) => this.judge(judgement),
      onPoint: (layer) => this.overlay.peek(layer),
      onLayer: (layer) => this.overlay.layer(layer),
    });
    this.marks = new Marks(el, this.viewer, {
      onChange: (at, regions) => this.correct.regions(at, regions),
      onSelect: (at) => this.correct.select(at),
      onDrawing: () => this.paint(),
    });
    this.correct = new Correct(el, this.marks, {
      onChange: (change) => this.change(change),
      onSelect: (layer) => this.overlay.layer(layer ?? 0),
      onPoint: (layer) => this.overlay.peek(layer),
    });
    connect(this);
  }

  /** The step that keys belong to; null when the screen is not shown. */
  get step() {
    return this.root.hidden ? null : (this.revisit ?? this.phase);
  }

  // ---- getting an image ----

  /** Open what the address bar names: an image, or the next one. */
  async arrive() {
    const { image } = place();
    await this.open(() => (image ? get("/api/item", { study: session.study?.id, image }) : next()));
  }

  /** Open the item that `fetchItem` brings; `note` says what just happened. */
  async open(fetchItem, note = null) {
    const turn = ++this.#opening;
    this.drafts.flush();
    this.phase = "loading";
    const slow = setTimeout(() => turn === this.#opening && this.#waitVisibly(), SLOW);
    const silent = (left) => turn === this.#opening && this.#silent(left);
    try {
      await this.patience.until(() => session.ready(), silent);
      const got = session.study ? await this.patience.until(fetchItem, silent) : { item: null, ahead: [] };
      const image = got.item && (await this.#picture(got.item, silent));
      if (turn === this.#opening) this.#take(got, image, note);
    } catch (error) {
      if (turn !== this.#opening) return;
      if (place().image) go("review", true);
      this.#bare(null, { kind: "refused", text: error.message });
    } finally {
      clearTimeout(slow);
    }
  }

  /** The decoded picture of an item; null when it cannot be shown. */
  async #picture(item, silent) {
    try {
      return await this.patience.until(() => this.pictures.get(item.image.url), silent);
    } catch {
      return null;
    }
  }

  #take({ study, item, ahead }, image, note) {
    session.update(study);
    this.#ahead = ahead ?? [];
    this.pictures.ahead(this.#ahead.map((one) => one.url));
    if (!item) return this.#bare(note, null);
    const { key } = item.image;
    const local = this.drafts.local(session.study.id, key);
    Object.assign(this, { item, note, trouble: null, busy: false, revisit: null, ...opened(item, [local, item.draft]) });
    this.drafts.open(session.study.id, key, this.base);
    if (local || item.draft) this.#footer("Draft restored", "saved");
    this.time.start(this.form.active_seconds);
    this.correct.reset();
    this.marks.draw(false);
    this.overlay.show(item.reveal);
    this.rate.show(this.form.rating);
    this.el.work.hidden = false;
    this.el.rest.hidden = true;
    this.el.waiting.hidden = true;
    this.el.broken.hidden = Boolean(image);
    if (image) this.viewer.show(image, item.image);
    else this.viewer.clear();
    this.enter(image ? (recall("seen") ? stepOf(this.form, item) : "welcome") : "broken");
    return this.#tidy();
  }

  /** There is no image to show. */
  #bare(note, trouble) {
    Object.assign(this, { item: null, form: empty(), note, busy: false, revisit: null, trouble: null });
    this.drafts.flush();
    this.viewer.clear();
    this.overlay.show(null);
    this.#footer("", "");
    this.el.work.hidden = true;
    this.el.rest.hidden = false;
    rest(this.el, session, trouble, () => this.open(next));
    this.enter("done");
  }

  /** Let go of pictures that are not needed now or next. */
  #tidy() {
    this.pictures.keep([this.item.image.url, ...this.overlay.urls, ...this.#ahead.map((one) => one.url)]);
  }

  #waitVisibly() {
    const coming = this.#ahead[0];
    this.item = null;
    this.viewer.clear();
    this.el.waiting.hidden = false;
    this.el.waiting.style.setProperty("--ratio", coming ? coming.width / coming.height : 1.5);
    this.el.broken.hidden = true;
    this.overlay.show(null);
    this.slow = true;
    this.paint();
  }

  // ---- the steps ----

  enter(phase) {
    const before = this.phase;
    Object.assign(this, { phase, slow: false, revisit: null });
    this.paint();
    const heading = { judge: this.el.step2, correct: this.el.step3 }[phase]?.querySelector("h2");
    if (heading && before !== phase && before !== "loading") heading.focus({ preventScroll: true });
    this.el.steps.scrollTop = 0;
  }

  /** Take over a change by the person. */
  change(part) {
    if (!this.item || this.phase === "loading") return;
    this.form = { ...this.form, ...part, edited_at: Date.now(), active_seconds: this.time.seconds };
    if ("rating" in part) this.note = null;
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
      if (error.kind === "locked") this.#revealed(item, error.body, "It was rated before; that rating stands.");
      else this.refuse(error);
    }
    return undefined;
  }

  #revealed(item, { locked, reveal }, remark = "") {
    if (item !== this.item) return;
    Object.assign(item, { locked, reveal });
    Object.assign(this, { busy: false, trouble: null, note: remark ? { text: remark } : null });
    this.form = opened({ ...item, review: null }, [{ body: this.form, base_revision: this.base }]).form;
    if (item.blind) this.overlay.show(reveal);
    this.enter(stepOf(this.form, item));
    this.#tidy();
  }

  judge(judgement) {
    this.change({ judgement });
    this.enter("correct");
  }

  /** Open a finished step once more: the judgement, or the rating, which then is a second one beside the first. */
  goBack(step) {
    if (this.phase !== "correct" || this.busy) return;
    this.revisit = step;
    if (step === "rate") this.rate.show(this.form.second_rating);
    this.paint();
  }

  skip() {
    if (this.busy && this.phase !== "broken") return;
    if (this.phase === "broken") this.sending.submit("flag", BROKEN);
    else if (this.item.review?.kind === "review") this.#leave();
    else this.sending.submit("skip");
  }

  /** Skipping an image that was reviewed before leaves that review as it is. */
  #leave() {
    if (place().image) go("review", true);
    this.open(next, { text: "Left as it was" });
  }

  flag() {
    if (this.busy) return;
    this.el.reason.value = "";
    this.el.flagDialog.showModal();
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
      await this.open(async () => last);
    } catch (error) {
      this.phase = phase;
      this.note = { text: error.status === 404 ? "Nothing to undo" : error.message };
      this.paint();
    }
  }

  // ---- what goes wrong ----

  /** Something could not be read; the next try is `left` seconds away. */
  #silent(left) {
    this.trouble = { kind: navigator.onLine ? "silent" : "offline", left, waiting: this.sending.outbox.waiting.length };
    this.paint();
  }

  /** Something could not be saved; the next try is `left` seconds away. */
  unsaved(left) {
    this.trouble = { kind: navigator.onLine ? "failed" : "offline", left, waiting: this.sending.outbox.waiting.length };
    this.drafts.resume();
    this.paint();
  }

  /** The server does not take it, and trying again would not help. */
  refuse(error) {
    Object.assign(this, { busy: false, trouble: { kind: "refused", text: error.message } });
    this.drafts.resume();
    this.paint();
  }

  // ---- the page ----

  paint() {
    const { el, phase, form, item, note, busy, slow, revisit } = this;
    const offline = navigator.onLine || network.up ? null : { kind: "offline", waiting: this.sending.outbox.waiting.length };
    paintPanel(el, { phase, form, item, busy, slow, revisit, trouble: this.trouble ?? offline });
    if (item?.locked && phase !== "loading") {
      this.described.show(item.reveal, form.judgement);
      this.correct.show(form, item.reveal);
    } else {
      this.described.show(item?.blind === false ? item.reveal : null, null);
      this.marks.show([], null);
    }
    paintNote(el, note);
    showLegend(el.legend, revisit ?? phase, Boolean(item?.reveal?.map));
    el.sampleNote.hidden = !session.study?.sample || Boolean(recall("sampleNoted")) || !["rate", "welcome"].includes(phase);
  }

  #footer(text, kind) {
    this.el.saved.textContent = text;
    this.el.saved.dataset.kind = kind;
  }

  /** The main button, Enter and Ctrl+Enter. */
  main() {
    const { phase, el } = this;
    if (this.revisit) this.enter("correct");
    else if (phase === "loading") this.patience.hurry();
    else if (phase === "welcome") {
      remember("seen", true);
      this.enter(stepOf(this.form, this.item));
    } else if (phase === "rate") this.lock();
    else if (phase === "correct" && !el.go.disabled) this.sending.submit();
    else if (phase === "broken") this.skip();
    else if (phase === "conflict") this.sending.settle(true);
  }

  /** The button beside the main one. */
  second() {
    if (this.revisit === "rate") this.change({ second_rating: null });
    if (this.revisit) this.enter("correct");
    else if (this.phase === "conflict") this.sending.settle(false);
    else navigator.clipboard?.writeText(this.form.explanation).then(() => (this.el.second.textContent = "Copied"));
  }

  help() {
    showAllKeys(this.el.allKeys);
    this.el.keysDialog.showModal();
  }

  /** Another study was chosen. */
  studyChosen() {
    this.drafts.flush();
    this.item = null;
    if (place().screen !== "review") return;
    if (place().image) go("review", true);
    this.arrive();
  }

  /** Another image was asked for in the address bar, or the screen was left. */
  moved() {
    this.drafts.flush();
    const { screen, image } = place();
    if (screen !== "review") return;
    if (image ? image !== this.item?.image.key : !this.item) this.arrive();
  }
}

export async function mount(element) {
  const review = new Review(element.querySelector("[data-screen]"));
  await review.sending.outbox.sweep();
  if (place().screen === "review") await review.arrive();
}
