// The Adjudicate screen, for leads: the reviews of one image side by side, and the answer that stands in their place.

import { get } from "./api.js";
import { Clock } from "./clock.js";
import { connect } from "./connectadjudicate.js";
import { Correct } from "./correct.js";
import { choose, fromMachine, inWords, isDecided, letter, nothing, reopen, tick } from "./deciding.js";
import { Deciding } from "./decidingpanel.js";
import { Disputes, WHICH } from "./disputes.js";
import { make, parts, sayNothing } from "./dom.js";
import { showLegend } from "./keys.js";
import { Marks } from "./marks.js";
import { forget, recall, remember } from "./memory.js";
import { Overlay } from "./overlay.js";
import { Pictures } from "./pictures.js";
import { Rate } from "./rate.js";
import { importInto } from "./rest.js";
import { ReviewCards } from "./reviewcards.js";
import { go, place, session } from "./session.js";
import { TheirMarks } from "./theirmarks.js";
import { Toolbar } from "./toolbar.js";
import { Viewer } from "./viewer.js";

const MACHINE = "machine";

class Adjudicate {
  shown = null; // the image with all that people answered, as the server gave it
  form = nothing();
  base = null; // the adjudication that the result is based on
  conflict = null; // somebody else's adjudication that came meanwhile
  note = ""; // what just happened
  trouble = ""; // what went wrong
  against = MACHINE; // what texts are held against: the machine's, or a reviewer's
  #before = null; // the result before the last choice
  #asked = 0;

  constructor(root) {
    const el = (this.el = parts(root));
    this.root = root;
    this.time = new Clock();
    this.pictures = new Pictures();
    this.overlay = new Overlay(el, this.pictures, "rz-adjudicated-map");
    this.viewer = new Viewer(el.stage, el.pic, {
      onZoom: (percent) => (el.zoomValue.textContent = `${percent} %`),
      takesDrag: (event) => this.marks.takes(event),
    });
    this.marks = new Marks(el, this.viewer, {
      onChange: (at, regions, occasion) => this.correct.regions(at, regions, occasion),
      onSelect: (at) => this.correct.select(at),
      onState: () => {
        this.correct.handled();
        this.paint();
      },
      onSay: (text) => (el.markSays.textContent = text),
    });
    this.correct = new Correct(el, this.marks, {
      onChange: (change) => this.change(change),
      onSelect: (layer) => this.overlay.layer(layer ?? 0),
      onPoint: (layer) => this.overlay.peek(layer),
    });
    this.toolbar = new Toolbar(el, this.marks, this.correct);
    this.rate = new Rate(el, (rating) => this.change({ rating }));
    this.theirs = new TheirMarks(el);
    this.cards = new ReviewCards(el.cards, {
      onTake: (at) => this.take(at),
      onText: (at) => this.#anew({ ...this.form, explanation: this.shown.reviews[at].explanation, base: this.form.base ?? this.shown.reviews[at].reviewer }),
      onTick: (at, finding) => this.change(tick(this.form, this.shown.reviews[at], finding, this.shown.reveal)),
      onMarks: (at) => this.showMarks(at),
    });
    this.list = new Disputes(el, { onOpen: (key) => this.open(key), onFilter: (which) => this.filter(which) });
    this.panel = new Deciding(this);
    connect(this);
  }

  /** What keys mean now. */
  get step() {
    if (this.conflict) return "conflict";
    return this.marks.step ?? "adjudicate";
  }

  // ---- which image ----

  /** Show what the address bar asks for. */
  async load() {
    const turn = ++this.#asked;
    try {
      await session.ready();
      if (!session.reviewer.leads) return this.nothing("This is for those who lead studies", "Your own reviews are asked for in Review.", [["Go on rating", () => go("review")]]);
      if (!session.study) return this.nothing("There is no study yet", "Import a folder, a CSV or a data set:", [], importInto(null));
      const { image, query } = place();
      await this.list.load(WHICH.includes(query.get("which")) ? query.get("which") : "todo", image);
      if (turn !== this.#asked) return undefined;
      const key = image ?? this.list.current?.key;
      if (key) return await this.open(key);
      return this.#none();
    } catch (error) {
      if (turn === this.#asked) this.nothing("This cannot be shown", error.message, [["Look again", () => this.load()]]);
    }
    return undefined;
  }

  #none() {
    const { counts, which } = this.list;
    if (!counts.all) return this.nothing("No image with two reviews yet", "Images come here once two people have reviewed them, or somebody has flagged one or written a note.", [["Look again", () => this.load()], ["See how far everybody is", () => go("insights?part=progress")]]);
    const done = which === "todo";
    const others = WHICH.filter((one) => one !== which && counts[one]);
    const names = { todo: "those to do", flagged: "those that are flagged", done: "those that are done", all: "all" };
    return this.nothing(done ? "All are decided" : "None of these", done ? `${counts.done} ${counts.done === 1 ? "image" : "images"} of ${session.study.name} are adjudicated.` : "No image of this study is listed here.", others.map((one) => [`Look at ${names[one]}, ${counts[one]}`, () => this.filter(one)]));
  }

  /** Show one image of the study. */
  async open(key) {
    const turn = ++this.#asked;
    try {
      const shown = await get("/api/adjudicate/image", { study: session.study.id, image: key });
      if (turn !== this.#asked || place().screen !== "adjudicate") return;
      this.el.nothing.hidden = true;
      this.el.work.hidden = false;
      this.#start(shown);
      await this.#picture(turn);
    } catch (error) {
      if (turn === this.#asked) this.nothing("This image cannot be shown", error.message, [["Look again", () => this.load()]]);
    }
  }

  #start(shown) {
    const adjudication = shown.adjudications[0] ?? null;
    Object.assign(this, { shown, conflict: null, trouble: "", against: MACHINE });
    this.#before = null;
    this.theirs.hidden.clear();
    this.marks.rest();
    this.correct.reset();
    this.cards.reset();
    this.panel.reset();
    const draft = recall(this.#draft);
    this.base = draft ? draft.base : (adjudication?.id ?? null);
    this.form = draft ? { ...nothing(), ...draft.form } : adjudication ? reopen(adjudication, shown.reveal) : nothing();
    this.time.start(this.form.active_seconds);
    this.overlay.show(shown.reveal);
    go(`adjudicate/${shown.image.key}${this.list.which === "todo" ? "" : `?which=${this.list.which}`}`, true);
    this.paint();
  }

  async #picture(turn) {
    const { el } = this;
    const { url, width, height } = this.shown.image;
    this.viewer.clear();
    el.broken.hidden = true;
    try {
      const image = await this.pictures.get(url);
      if (turn !== this.#asked) return;
      this.pictures.keep([url, ...this.overlay.urls]);
      this.viewer.show(image, { width, height }, "The image to be decided on");
      this.paint();
    } catch {
      if (turn === this.#asked) el.broken.hidden = false;
    }
  }

  async beside(by) {
    this.note = "";
    const next = await this.list.beside(by);
    if (next) await this.open(next.key);
  }

  async filter(which) {
    this.note = "";
    go(which === "todo" ? "adjudicate" : `adjudicate?which=${which}`, true);
    await this.load();
  }

  nextFilter() {
    const { counts, which } = this.list;
    const after = WHICH.indexOf(which) + 1;
    return this.filter([...WHICH.slice(after), ...WHICH].find((one) => counts[one]) ?? which); // those that hold any
  }

  // ---- the result ----

  get #draft() {
    return `draft.adjudicate.${session.study.id}.${this.shown.image.key}`;
  }

  /** Take over a change by the person; it is kept in this browser until it is saved. */
  change(part) {
    if (!this.shown || this.conflict) return;
    this.form = { ...this.form, ...part, active_seconds: this.time.seconds };
    this.note = this.trouble = "";
    this.panel.changed();
    remember(this.#draft, { form: this.form, base: this.base });
    this.paint();
  }

  /** Begin anew with another result; the one before can be put back. */
  #anew(form) {
    const before = this.form;
    this.change(form);
    this.#before = isDecided(before) ? before : null;
    this.correct.history.clear();
    this.paint();
  }

  take(at) {
    const review = this.shown.reviews[at];
    if (review?.kind === "review") this.#anew(choose(this.form, review, this.shown.reveal));
  }

  machine() {
    const { rating, reason } = this.form;
    this.#anew({ ...fromMachine(this.shown.reveal), rating, reason });
  }

  get canPutBack() {
    return this.#before !== null;
  }

  putBack() {
    if (this.#before) this.#anew(this.#before);
  }

  /** Another's adjudication is the one that stays, or one's own takes its place. */
  settle(mine) {
    const theirs = this.conflict;
    this.conflict = null;
    this.base = theirs.id;
    if (mine) return this.panel.save();
    forget(this.#draft);
    this.form = reopen(theirs, this.shown.reveal);
    this.note = "Theirs stays";
    return this.paint();
  }

  /** It was saved: on to the next one. */
  async saved() {
    forget(this.#draft);
    document.activeElement?.blur(); // keys are meant for the next image
    const { which, at } = this.list;
    const next = which === "todo" ? null : this.list.items[at + 1]?.key;
    await this.list.load(which, next);
    if (this.list.current) await this.open(next ?? this.list.current.key);
    else this.#none();
    this.note = "Saved";
    this.paint();
  }

  // ---- how it is looked at ----

  showMarks(at) {
    if (at === null) this.theirs.next(this.shown.reviews);
    else this.theirs.toggle(this.shown.reviews[at].reviewer);
    this.paint();
  }

  /** Hold the texts against the machine's, or the next person's. */
  nextAgainst() {
    const names = [MACHINE, ...this.shown.reviews.filter(({ kind }) => kind === "review").map(({ reviewer }) => reviewer)];
    this.hold(names[(names.indexOf(this.against) + 1) % names.length]);
  }

  hold(name) {
    this.against = name;
    this.paint();
  }

  paint() {
    const { el, shown, form, step } = this;
    if (!shown) return;
    const { reviews, reveal } = shown;
    const other = reviews.find(({ reviewer }) => reviewer === this.against);
    const against = (review) => (other ? other.explanation : (shown.texts[review.description_id] ?? null));
    this.correct.show(form, reveal);
    if (!isDecided(form)) el.changes.hidden = true; // nothing was written that could differ
    this.rate.show(form.rating);
    this.theirs.show(reviews, shown.image);
    this.cards.show(reviews, { form, against, texts: Object.keys(shown.texts), hidden: this.theirs.hidden });
    this.toolbar.show(step === "adjudicate" ? "correct" : step);
    this.panel.show();
    el.result.textContent = inWords(form, shown);
    const held = [[MACHINE, "Machine"], ...reviews.flatMap((one, at) => (one.kind === "review" ? [[one.reviewer, letter(at)]] : []))];
    el.against.replaceChildren(...held.map(([name, label]) => make("button", { type: "button", "data-v": name, "aria-pressed": String(name === this.against) }, label)));
    this.legend();
  }

  /** The keys that hold now. */
  legend() {
    if (this.shown) showLegend(this.el.legend, this.step, this.shown.reveal);
  }

  nothing(title, text, choices = [], command = "") {
    const { el } = this;
    this.shown = null;
    el.work.hidden = true;
    sayNothing(el, title, text, choices, command);
  }
}

export async function mount(element) {
  const adjudicate = new Adjudicate(element.querySelector("[data-screen]"));
  if (place().screen === "adjudicate") await adjudicate.load();
}
