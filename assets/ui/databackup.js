// Backup: a copy of the database made, and those there are: saved, deleted.

import { get, send } from "./api.js";
import { make } from "./dom.js";
import { Board, save, size, table, trouble, when, Work } from "./jobs.js";

export class Backup {
  #told = null;
  #trouble = null;
  #made = [];
  #manages = false;

  constructor(el, jobs) {
    Object.assign(this, { el, jobs });
    this.work = new Work(() => this.jobs.stop("backup").catch(() => {}));
    this.board = new Board(el.backedUp, this.work);
    el.backupForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#try("No backup was made", () => this.jobs.start("backup", "/api/data/backup", {}));
    });
  }

  begin({ manages, folder }) {
    this.#manages = manages;
    this.el.place.textContent = folder ? ` (${folder})` : "";
    this.el.ownOnly.hidden = manages;
  }

  async open() {
    await this.#try("The backups cannot be listed", async () => {
      this.#made = (await get("/api/data/backups")).backups;
    });
    this.#draw();
  }

  show(told, was) {
    this.#told = told;
    if (was?.state === "running" && told.state !== "running") this.open();
    this.#draw();
  }

  async #try(title, act) {
    this.#trouble = null;
    try {
      await act();
    } catch (error) {
      this.#trouble = [title, error.message];
    }
    this.#draw();
  }

  #delete(one) {
    const { deleteDialog: dialog, deleteText } = this.el;
    deleteText.textContent = `${when(one.made_at)}, ${size(one.bytes)}. It cannot be brought back.`;
    dialog.returnValue = "keep";
    dialog.onclose = () => {
      if (dialog.returnValue !== "delete") return;
      this.#try("Not deleted", async () => {
        this.#made = (await send("DELETE", `/api/data/backups/${one.name}`)).backups;
      });
    };
    dialog.showModal();
  }

  #draw() {
    const told = this.#told;
    const running = told?.state === "running";
    if (running) this.work.tell(told);
    else this.work.hide();
    this.el.startBackup.disabled = running;
    this.board.show([running || told, this.#trouble, this.#made], () => this.#parts(told));
  }

  #parts(told) {
    const parts = [this.#trouble && trouble(...this.#trouble)];
    if (told?.state === "failed") parts.push(trouble("No backup was made", told.error));
    if (told?.state === "stopped") parts.push(make("p", {}, "Stopped; nothing was written."));
    if (told?.state === "done" && !told.result.ok) parts.push(trouble("The database is damaged, and so is this copy", told.result.problems[0]));
    if (told?.state === "done" && told.result.ok) parts.push(make("p", { role: "status" }, `${told.result.name}: ${size(told.result.bytes)}, checked and sound`));
    parts.push(this.#made.length ? this.#table() : make("div", { class: "nothing" }, make("p", { class: "large" }, "No backup yet"), make("p", { class: "quiet" }, "Make one before you change much, and keep it on another disk.")));
    return parts;
  }

  #table() {
    const rows = this.#made.map((one) => {
      const check = one.ok ? "Sound" : one.ok === null ? "Not checked" : `Damaged: ${one.problems[0]}`;
      const button = (words, onclick) => make("button", { type: "button", class: "btn small", "aria-label": `${words}: backup of ${when(one.made_at)}`, onclick }, words);
      const buttons = this.#manages ? [button("Save", () => this.#try("Not saved", () => save("backup", one.name))), " ", button("Delete", () => this.#delete(one))] : [];
      const hash = one.sha256 ? make("code", { title: one.sha256 }, one.sha256.slice(0, 12)) : "–";
      return [when(one.made_at), size(one.bytes), check, hash, make("span", {}, ...buttons)];
    });
    return table("Backups", ["Made", "Size", "Check", "SHA-256", "File"], rows);
  }
}
