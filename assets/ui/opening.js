// Brings an image onto the Review screen: asks for it, shows the wait, and says when there is none.

import { ApiError, get } from "./api.js";
import { clock } from "./dom.js";
import { chosen, empty, opened, stepOf } from "./form.js";
import { recall } from "./memory.js";
import { rest } from "./rest.js";
import { go, place, session } from "./session.js";

const SLOW = 300; // ms until a wait is shown

export const getNext = () => get("/api/next", { study: session.study.id });

/** A certain image of the study, by the key in the address bar. */
async function getOne(image) {
  try {
    return await get("/api/item", { study: session.study.id, image });
  } catch (error) {
    if (error.status !== 404) throw error;
    throw new ApiError(`This image is not in the study ${session.study.name}.`, 404);
  }
}

/** What says that an image was answered before, and how to leave that as it is. */
function again({ review }) {
  if (!review) return null;
  const before = { review: "You reviewed", skip: "You skipped", flag: "You flagged" }[review.kind];
  return { title: "Open again", text: `${before} this image at ${clock(review.saved_at)}.`, leave: review.kind === "review" };
}

export class Opening {
  study = null; // the study of the image that is shown
  #ahead = []; // images that come next
  #turn = 0; // counts what was asked for, so that an answer that comes late is left alone

  constructor(review) {
    this.review = review;
  }

  /** Resolves when it is known who reviews. */
  async signedIn() {
    const silent = (left) => this.#silent(left);
    await this.review.patience.until(() => session.ready(), silent).catch(() => {}); // told when an image is asked for
  }

  /** Open what the address bar names: an image, or the next one. */
  async arrive() {
    const { image } = place();
    await this.open(() => (image ? getOne(image) : getNext()));
  }

  /** Open the item that `fetchItem` brings; `note` says what just happened. */
  async open(fetchItem, note = null) {
    const { review } = this;
    const turn = ++this.#turn;
    review.drafts.flush();
    Object.assign(review, { phase: "loading", revisit: null });
    const slow = setTimeout(() => turn === this.#turn && this.#waitVisibly(), SLOW);
    const silent = (left) => turn === this.#turn && this.#silent(left);
    try {
      await review.patience.until(() => session.ready(), silent);
      const got = session.study ? await review.patience.until(fetchItem, silent) : { item: null, ahead: [] };
      const image = got.item && (await this.#picture(got.item, silent));
      if (turn === this.#turn) this.#take(got, image, note);
    } catch (error) {
      if (turn !== this.#turn) return;
      if (place().image) go("review", true);
      this.#bare(null, { kind: "refused", text: error.message });
    } finally {
      clearTimeout(slow);
    }
  }

  /** Let go of pictures that are not needed now or next. */
  tidy() {
    const { item, overlay, pictures } = this.review;
    pictures.keep([item.image.url, ...overlay.urls, ...this.#coming]);
  }

  /** Addresses of what is needed next: pictures, and maps where they may be seen already. */
  get #coming() {
    return this.#ahead.flatMap((one) => [one.url, ...one.layers]);
  }

  /** The decoded picture of an item; null when it cannot be shown. */
  async #picture(item, silent) {
    const { patience, pictures } = this.review;
    try {
      return await patience.until(() => pictures.get(item.image.url), silent);
    } catch {
      return null;
    }
  }

  #take({ study, item, ahead }, image, note) {
    const { review } = this;
    const { el, drafts } = review;
    session.update(study);
    this.#ahead = ahead ?? [];
    review.pictures.ahead(this.#coming);
    if (!item) return this.#bare(note, null);
    const { key } = item.image;
    const local = drafts.local(session.study.id, key);
    this.study = session.study.id;
    Object.assign(review, { item, note, notice: again(item), trouble: null, busy: false, revisit: null, ...opened(item, [local, item.draft]) });
    item.reveal = chosen(item.reveal, review.form.description_id);
    drafts.open(session.study.id, key, review.base);
    if (local || item.draft) review.footer("Draft restored", "saved");
    review.time.start(review.form.active_seconds);
    review.correct.reset();
    review.marks.rest();
    review.showMap();
    review.rate.show(review.form.rating);
    el.work.hidden = false;
    el.rest.hidden = true;
    el.waiting.hidden = true;
    el.broken.hidden = Boolean(image);
    if (image) review.viewer.show(image, item.image);
    else review.viewer.clear();
    review.enter(image ? (recall("seen") ? stepOf(review.form, item) : "welcome") : "broken");
    return this.tidy();
  }

  /** There is no image to show. */
  #bare(note, trouble) {
    const { review } = this;
    Object.assign(review, { item: null, form: empty(), note, notice: null, busy: false, revisit: null, trouble: null });
    review.drafts.flush();
    review.viewer.clear();
    review.overlay.show(null);
    review.footer("", "");
    review.el.work.hidden = true;
    review.el.rest.hidden = false;
    rest(review.el, session, trouble, () => this.open(getNext));
    review.enter("done");
  }

  #waitVisibly() {
    const { review } = this;
    const coming = this.#ahead[0];
    review.item = null;
    review.viewer.clear();
    review.overlay.show(null);
    review.el.waiting.hidden = false;
    review.el.waiting.style.setProperty("--ratio", coming ? coming.width / coming.height : 1.5);
    review.el.broken.hidden = true;
    review.slow = true;
    review.paint();
  }

  /** Something could not be read; the next try is `left` seconds away. */
  #silent(left) {
    const { review } = this;
    review.trouble = { kind: navigator.onLine ? "silent" : "offline", left, waiting: review.sending.outbox.waiting.length };
    review.paint();
  }
}
