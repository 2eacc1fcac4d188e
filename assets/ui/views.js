// The dialog of saved views: filters, sort and search of Browse under a name, opened, renamed, shared, deleted.

import { get, send } from "./api.js";
import { make } from "./dom.js";
import { go, session } from "./session.js";

export class Views {
  /** `current()` gives the query that the address holds now, without the page. */
  constructor(el, current) {
    Object.assign(this, { el, current });
    el.viewForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    el.viewsDialog.querySelector("[data-close]").addEventListener("click", () => el.viewsDialog.close());
    el.viewList.addEventListener("keydown", (event) => this.#walk(event));
  }

  async open() {
    const { el } = this;
    if (!session.study) return;
    el.viewName.value = "";
    el.viewShared.checked = false;
    el.viewSharedPart.hidden = !session.reviewer.leads;
    this.#say("");
    el.viewList.replaceChildren();
    el.viewsDialog.showModal();
    el.viewName.focus();
    await this.#list();
    (el.viewList.querySelector("button") ?? el.viewName).focus();
  }

  async #list() {
    const { el } = this;
    try {
      const { views } = await get("/api/views", { study: session.study.id });
      el.viewList.replaceChildren(...views.map((view) => this.#row(view)));
      el.viewsNone.hidden = views.length > 0;
    } catch (error) {
      this.#say(error.message);
    }
  }

  #row(view) {
    const here = new URLSearchParams(view.query).toString() === this.current();
    const open = make("button", { type: "button", class: "btn plain name", title: view.name, "aria-current": here ? "true" : null, onclick: () => this.#open(view) }, make("span", {}, view.name));
    const note = make("span", { class: "small quiet" }, [here ? "shown now" : "", view.shared ? "shared" : ""].filter(Boolean).join(", "));
    const row = make("li", { "data-view": String(view.id) }, open, note);
    if (view.mine) row.append(...this.#actions(view, row));
    return row;
  }

  #actions(view, row) {
    const act = (words, label, onclick) => make("button", { type: "button", class: "btn plain", "aria-label": `${label}: ${view.name}`, onclick }, words);
    const share = session.reviewer.leads ? [view.shared ? act("Unshare", "Unshare", () => this.#change(view, { shared: false })) : act("Share", "Share", () => this.#change(view, { shared: true }))] : [];
    const drop = act("Delete", "Delete", () => {
      if (drop.textContent === "Really?") this.#delete(view);
      drop.textContent = "Really?";
      drop.setAttribute("aria-label", `Really? Press again to delete: ${view.name}`);
    });
    drop.addEventListener("blur", () => (drop.textContent = "Delete"));
    return [...share, act("Rename", "Rename", () => this.#rename(view, row)), drop];
  }

  #rename(view, row) {
    const field = make("input", { class: "field", maxlength: 100, "aria-label": "New name", required: true });
    field.value = view.name;
    const form = make("form", { class: "inline" }, field, make("button", { class: "btn" }, "Rename"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#change(view, { name: field.value });
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault(); // the dialog stays
      row.replaceWith(this.#row(view));
    });
    row.replaceChildren(form);
    field.select();
  }

  #open({ query }) {
    this.el.viewsDialog.close();
    go(query ? `browse?${query}` : "browse");
  }

  async #save() {
    const { el } = this;
    const body = { study: session.study.id, name: el.viewName.value, query: this.current(), shared: el.viewShared.checked };
    await this.#write(() => send("POST", "/api/views", body), (view) => `“${view.name}” is saved.`);
    el.viewName.value = "";
  }

  #change(view, change) {
    return this.#write(() => send("PATCH", `/api/views/${view.id}`, change), () => "", view.id);
  }

  #delete(view) {
    return this.#write(() => send("DELETE", `/api/views/${view.id}`, {}), () => `“${view.name}” is deleted.`);
  }

  async #write(act, words, focus) {
    try {
      const got = await act();
      await this.#list();
      this.#say(words(got));
      (this.el.viewList.querySelector(`[data-view="${focus}"] button`) ?? this.el.viewName).focus();
    } catch (error) {
      this.#say(error.message);
    }
  }

  /** Up and down go from view to view. */
  #walk(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = event.target.closest("li");
    if (!by || event.target.matches("input")) return;
    const next = by > 0 ? row.nextElementSibling : row.previousElementSibling;
    next?.querySelector("button")?.focus();
    event.preventDefault();
  }

  #say(words) {
    this.el.viewsSaid.textContent = words;
  }
}
