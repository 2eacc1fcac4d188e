// Drafts: at once in this browser, a moment later on the server. Dropped only after the server has the review.

import { send } from "./api.js";
import { clock } from "./dom.js";
import { forget, recall, remember, remembered } from "./memory.js";

const WAIT = 600; // ms after the last change
const RETRY = 5_000;
const KEPT_ALIVE = 60_000; // bytes; a browser refuses to keep larger requests alive when the page goes

const name = (study, image, base) => `draft.${study}.${image}.${base}`;

export class Drafts {
  #open = null; // {study, image, base_revision, body}
  #timer = null;
  #sending = null;
  #unsent = false;

  /** `onState(text, kind)` hears what is shown in the footer; kind is "saved", "saving", "kept" or "". */
  constructor(onState) {
    this.onState = onState;
    addEventListener("pagehide", () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
  }

  /** The newest copy in this browser of a draft for an image, as the server would give it; null when there is none. */
  local(study, image) {
    const start = name(study, image, "");
    const copies = remembered(start).map((one) => ({ body: recall(one), base_revision: Number(one.slice(start.length)) }));
    return copies.sort((a, b) => b.body.edited_at - a.body.edited_at)[0] ?? null;
  }

  /** Work on an item from now on. */
  open(study, image, base) {
    this.flush();
    this.#open = { study, image, base_revision: base, body: null };
    this.onState("", "");
  }

  /** Keep `body`. */
  keep(body) {
    this.#open.body = body;
    const { study, image, base_revision: base } = this.#open;
    const kept = remember(name(study, image, base), body);
    this.#unsent = true;
    this.onState(kept ? "Saving draft" : "Draft not kept in this browser", "saving");
    this.#later(WAIT);
  }

  /** Send what is not sent yet, even while the page goes away. */
  flush() {
    clearTimeout(this.#timer);
    if (!this.#unsent || !this.#open?.body) return;
    this.#unsent = false;
    const keepalive = new Blob([JSON.stringify(this.#open)]).size < KEPT_ALIVE;
    send("PUT", "/api/draft", this.#open, { keepalive }).catch(() => {}); // the browser's copy stays
  }

  /** No draft may arrive after its review: stop sending, and wait for one that is on its way. */
  async settle() {
    clearTimeout(this.#timer);
    await this.#sending?.catch(() => {});
  }

  /** Send again after a failed submit. */
  resume() {
    if (this.#unsent) this.#later(WAIT);
  }

  /** The server has the review: its draft is of no use any more. */
  drop(study, image, base) {
    forget(name(study, image, base));
    if (this.#open?.image !== image || this.#open?.study !== study) return;
    clearTimeout(this.#timer);
    this.#unsent = false;
    this.#open.body = null;
  }

  #later(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), ms);
  }

  async #send() {
    if (this.#sending) return this.#later(WAIT);
    const sent = { ...this.#open };
    if (!sent.body) return undefined;
    this.#unsent = false;
    this.#sending = send("PUT", "/api/draft", sent);
    try {
      const { saved_at: at } = await this.#sending;
      if (this.#open?.body === sent.body) this.onState(`Draft saved ${clock(at)}`, "saved");
    } catch (error) {
      if (this.#open?.image === sent.image) {
        this.#unsent = true;
        this.onState("Draft kept in this browser", "kept");
        if (error.unreachable) this.#later(RETRY);
      }
    } finally {
      this.#sending = null;
    }
    return undefined;
  }
}
