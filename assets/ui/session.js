// Who reviews which study, and where in the application they are.

import { ApiError, get } from "./api.js";
import { belongTo } from "./memory.js";

const SCREENS = ["review", "browse", "compare", "insights", "adjudicate", "studies", "data"];
const TAB = "realness.study"; // a tab keeps its study over a reload; a new tab starts where the server says

class Session extends EventTarget {
  reviewer = null;
  studies = [];
  study = null;
  #ready = null;
  #options = ""; // of every command

  /** Whether a blind study hides nothing from this person: who leads, unless they work without accounts. */
  get seesAll() {
    return this.reviewer.leads && this.reviewer.account;
  }

  /** A command of the workbench, for its database and data folder as far as this person may know them. */
  command(words) {
    return ["python -m realness", words, this.#options].filter(Boolean).join(" ");
  }

  /** Resolves when the reviewer and the study are known. */
  ready() {
    this.#ready ??= this.#start().catch((error) => {
      this.#ready = null;
      throw error;
    });
    return this.#ready;
  }

  async #start() {
    const kept = place().study ?? sessionStorage.getItem(TAB);
    try {
      this.#take(await get("/api/start", { study: kept }));
    } catch (error) {
      if (!(error instanceof ApiError) || error.unreachable || !kept) throw error;
      sessionStorage.removeItem(TAB); // that study is gone
      this.#take(await get("/api/start"));
    }
  }

  #take({ reviewer, studies, study, options }) {
    Object.assign(this, { reviewer, studies });
    this.#options = options;
    belongTo(reviewer.account ? `${reviewer.id}.` : "");
    this.#open(study);
  }

  #open(study) {
    this.study = study;
    go(location.hash.slice(1) || "review", true); // the address names the study that is open
    this.dispatchEvent(new Event("study"));
  }

  /** Read anew who reviews which study, and open one: studies were made or changed. */
  async renew(id) {
    const told = await get("/api/start", { study: id });
    sessionStorage.setItem(TAB, String(id));
    this.#take(told);
    this.dispatchEvent(new Event("chosen"));
  }

  /** Another study: its next image, or its images under the same filters. */
  choose(id) {
    const { screen, query } = place();
    for (const name of ["page", "new", ...(screen === "compare" ? [...query.keys()] : [])]) query.delete(name); // of the other study
    sessionStorage.setItem(TAB, String(id));
    this.#open(this.studies.find((study) => study.id === id) ?? this.study);
    go(`${screen}?${query}`, true);
    this.dispatchEvent(new Event("chosen"));
  }

  /** Ask again which studies there are: images were imported. The one that is open stays open. */
  async refresh() {
    const told = await get("/api/start", { study: this.study?.id });
    if (!this.study) return this.#take(told);
    this.studies = told.studies;
    this.study = told.study;
    this.dispatchEvent(new Event("study"));
    return undefined;
  }

  /** Open the study that the address bar names; one that came after this page did is asked of the server. */
  follow() {
    const { study: named } = place();
    if (!this.study || named === null || named === this.study.id) return;
    const known = this.studies.find((study) => study.id === named);
    if (known) this.#open(known);
    else location.reload();
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

addEventListener("hashchange", () => session.follow()); // before the screens hear of it

/** The place in the address bar: `#review`, `#review/KEY`, `#browse?filters`, `#compare?maps`, `#insights`, `#adjudicate/KEY`, `#studies` or `#data`, each with `study=ID` or without. */
export function place() {
  const [path, asked = ""] = location.hash.slice(1).split("?");
  const [screen, image = null] = path.split("/");
  const query = new URLSearchParams(asked);
  const study = Number(query.get("study")) || null;
  query.delete("study");
  return { screen: SCREENS.includes(screen) ? screen : SCREENS[0], image, query, study };
}

/** The address of a place, with the study that is open. */
export function address(hash) {
  const [path, asked = ""] = hash.split("?");
  const query = new URLSearchParams(asked);
  const study = session.study?.id ?? place().study;
  if (study) query.set("study", study);
  return query.size ? `#${path}?${query}` : `#${path}`;
}

/** Go there; `quietly` changes the address without a stop in the history and without an event. */
export function go(hash, quietly = false) {
  if (quietly) history.replaceState(null, "", `${location.pathname}${location.search}${address(hash)}`);
  else location.hash = address(hash);
}
