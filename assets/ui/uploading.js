// Files on their way to the server: found in what was dropped or chosen, sent in pieces, given up when one leaves.

import { pause, send, sendPiece } from "./api.js";

const AT_ONCE = 3; // files
const TRIES = 5;
const PAUSE = 500; // ms before the second try; doubles after that

const left = (name) => name.split("/").some((part) => part.startsWith(".") || part === "__MACOSX" || part === "Thumbs.db");

/** What was chosen in a file input, by name. What systems leave beside files stays behind. */
export function chosen(input) {
  return named([...input.files].map((file) => [file.webkitRelativePath || file.name, file]));
}

/** What was dropped, folders opened, by name. To be called before the event ends. */
export async function dropped(transfer) {
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry()).filter(Boolean);
  if (!entries.length) return named([...transfer.files].map((file) => [file.name, file])); // of a page, not of the disk
  const found = [];
  const open = async (entry) => {
    if (left(entry.name)) return;
    const name = entry.fullPath.replace(/^\//, "");
    if (entry.isFile) found.push([name, await new Promise((done, failed) => entry.file(done, failed))]);
    else for (const inner of await listed(entry)) await open(inner);
  };
  for (const entry of entries) await open(entry);
  return named(found);
}

/** A table's or an archive's name without its ending. */
export const stem = (name) => name.replace(/\.(zip|csv|tsv|jsonl|ndjson)$/i, "");

/** What files are called together: as the folder they lie in, or as the one table or archive; else "". */
export function together(files) {
  const names = [...files.keys()];
  const folders = new Set(names.map((name) => name.slice(0, Math.max(0, name.indexOf("/")))));
  if (folders.size > 1 || !names.length) return "";
  const [folder] = folders;
  const alone = names.length === 1 && stem(names[0]);
  return folder || (alone && alone !== names[0] ? alone : "");
}

const named = (found) => new Map(found.filter(([name]) => !left(name)));

/** A folder's entries, which come a hundred at a time. */
async function listed(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return all;
    all.push(...some);
  }
}

export const weight = (files) => [...files.values()].reduce((sum, { size }) => sum + size, 0);

/** One upload. `tell(bytes, files)` says how much has arrived. */
export class Upload {
  #key = null;
  #broken = new AbortController(); // off

  constructor(files, piece, tell) {
    Object.assign(this, { files, piece, tell, bytes: 0, done: 0 });
    this.leave = () => this.#key && send("DELETE", `/api/data/uploads/${this.#key}`, undefined, { keepalive: true }).catch(() => {});
    this.ask = (event) => event.preventDefault();
  }

  /** Send everything; the upload's key, or null when it was given up. */
  async send() {
    addEventListener("pagehide", this.leave);
    addEventListener("beforeunload", this.ask);
    try {
      const begun = await send("POST", "/api/data/uploads", { files: this.files.size, bytes: weight(this.files) });
      this.#key = begun.upload;
      const waiting = [...this.files];
      const worker = async () => {
        for (let next = waiting.shift(); next && !this.#off; next = waiting.shift()) await this.#file(...next);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      if (!this.#off) return this.#key;
      this.leave();
      return null;
    } catch (error) {
      const stopped = this.#off;
      this.stop(); // the other workers
      this.leave();
      if (stopped) return null;
      throw error;
    } finally {
      removeEventListener("pagehide", this.leave);
      removeEventListener("beforeunload", this.ask);
    }
  }

  stop() {
    this.#broken.abort();
  }

  get #off() {
    return this.#broken.signal.aborted;
  }

  async #file(name, file) {
    let offset = 0;
    do {
      const piece = file.slice(offset, offset + this.piece);
      await this.#piece(name, offset, piece);
      offset += piece.size;
      this.bytes += piece.size;
      if (offset >= file.size) this.done += 1;
      this.tell(this.bytes, this.done);
    } while (offset < file.size && !this.#off);
  }

  async #piece(name, offset, piece) {
    for (let turn = 1; ; turn++) {
      try {
        return await sendPiece(`/api/data/uploads/${this.#key}`, piece, { name, offset }, this.#broken.signal);
      } catch (error) {
        if (turn === TRIES || !error.unreachable || this.#off) throw error;
        await pause(PAUSE * 2 ** (turn - 1));
      }
    }
  }
}
