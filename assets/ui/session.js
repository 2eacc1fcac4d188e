// Who reviews which study, and where in the application they are.

import { ApiError, get } from "./api.js";

const TAB = "realness.study"; // a tab keeps its study over a reload; a new tab starts where the server says

class Session extends EventTarget {
  reviewer = null;
  studies = [];
  study = null;
  #ready = null;

  /** Resolves when the reviewer and the study are known. */
  ready() {
    this.#ready ??= this.#start().catch((error) => {
      this.#ready = null;
      throw error;
    });
    return this.#ready;
  }

  async #start() {
    const kept = sessionStorage.getItem(TAB);
    try {
      this.#take(await get("/api/start", { study: kept }));
    } catch (error) {
      if (!(error instanceof ApiError) || error.unreachable || !kept) throw error;
      sessionStorage.removeItem(TAB); // that study is gone
      this.#take(await get("/api/start"));
    }
  }

  #take({ reviewer, studies, study }) {
    Object.assign(this, { reviewer, studies, study });
    this.dispatchEvent(new Event("study"));
  }

  choose(id) {
    sessionStorage.setItem(TAB, String(id));
    this.study = this.studies.find((study) => study.id === id) ?? this.study;
    this.dispatchEvent(new Event("study"));
    this.dispatchEvent(new Event("chosen"));
  }

  /** Take over what an answer says of the study. */
  update(study) {
    if (!study || study.id !== this.study?.id) return;
    this.study = study;
    this.studies = this.studies.map((one) => (one.id === study.id ? study : one));
    this.dispatchEvent(new Event("study"));
  }
}

export const session = new Session();

/** The place in the address bar: `#review`, `#review/KEY` or `#browse?filters`. */
export function place() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  const [screen, image = null] = path.split("/");
  return { screen: screen === "browse" ? "browse" : "review", image, query: new URLSearchParams(query) };
}

/** Go there; `quietly` changes the address without a stop in the history and without an event. */
export function go(hash, quietly = false) {
  if (quietly) history.replaceState(null, "", `${location.pathname}${location.search}#${hash}`);
  else location.hash = hash;
}
