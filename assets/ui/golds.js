// Gold images of a study: the list with their ranges, adding by number or key, and a table read from a file.

import { get, send } from "./api.js";
import { clock, icon, make } from "./dom.js";
import { Pictures } from "./pictures.js";
import { address } from "./session.js";

const LARGEST = 2_000_000; // characters of a table

export class Golds {
  #study = null;
  #turn = 0;

  constructor(el, onCount) {
    Object.assign(this, { el, onCount });
    this.pictures = new Pictures();
    el.goldAdd.addEventListener("submit", (event) => this.#add(event));
    el.goldFile.addEventListener("change", () => this.#read());
    el.golds.addEventListener("change", (event) => this.#edit(event.target.closest("tr")));
    el.golds.addEventListener("click", (event) => event.target.closest("button") && this.#drop(event.target.closest("tr")));
  }

  async show(study, another) {
    const turn = ++this.#turn;
    this.#study = study;
    if (another) {
      this.#wrong("");
      this.el.goldSaid.textContent = "";
      this.el.goldAdd.reset();
      this.#list([]);
    }
    try {
      const { gold } = await get(`/api/studies/${study.id}/gold`);
      if (turn === this.#turn) this.#list(gold);
    } catch (error) {
      if (turn === this.#turn) this.#wrong(error.message);
    }
  }

  #list(gold) {
    const { el } = this;
    el.goldCount.textContent = gold.length || "none yet";
    el.goldTable.hidden = !gold.length;
    const { activeElement: at } = document;
    const kept = el.golds.contains(at) && { key: at.closest("tr").dataset.key, name: at.name };
    el.golds.replaceChildren(...gold.map((one) => this.#row(one)));
    if (kept) [...el.golds.children].find((row) => row.dataset.key === kept.key)?.querySelector(`[name="${kept.name}"]`)?.focus();
    this.pictures.keep(gold.map((one) => one.thumb));
  }

  #row({ image, thumb, number, low, high, rated }) {
    const tiny = make("span", { class: "tiny" });
    this.pictures.get(thumb).then((picture) => tiny.append(picture), () => {});
    const range = (name, value, say) => make("td", {}, make("input", { class: "field num", type: "number", name, min: 0, max: 100, step: "any", value, "aria-label": `${say} of image ${number}` }));
    return make(
      "tr",
      { "data-key": image.key },
      make("td", {}, make("a", { href: address(`compare?t=${image.key}`) }, tiny, String(number))),
      range("low", low, "Lowest right rating"), range("high", high, "Highest right rating"),
      make("td", { class: "num" }, String(rated)),
      make("td", {}, make("button", { type: "button", name: "drop", class: "btn plain icon", "aria-label": `Image ${number} is no gold image any more`, title: "No gold image any more" }, icon("close"))),
    );
  }

  /** The values of `low` and `high` under an element; null, with what is wrong said, where they are no range. */
  #range(root, name) {
    const [low, high] = ["low", "high"].map((each) => root.querySelector(`[name="${each}"]`));
    const fits = (field) => field.value.trim() !== "" && Number(field.value) >= 0 && Number(field.value) <= 100;
    for (const field of [low, high]) field.setAttribute("aria-invalid", String(!fits(field)));
    const bad = [low, high].find((field) => !fits(field));
    if (bad) return this.#wrong(`${name}: from and to must be numbers from 0 to 100.`, bad);
    if (Number(low.value) > Number(high.value)) return this.#wrong(`${name}: the lower rating comes first.`, low);
    return { low: Number(low.value), high: Number(high.value) };
  }

  async #add(event) {
    event.preventDefault();
    const { goldAdd } = this.el;
    const field = goldAdd.elements.namedItem("image");
    const image = field.value.trim();
    if (!image) return this.#wrong("Give the image's number in the study, or its key from the address of Review.", field);
    const range = this.#range(goldAdd, `Image ${image}`);
    if (!range) return undefined;
    if (await this.#send("PUT", "", { image, ...range })) {
      goldAdd.reset();
      field.focus();
    }
    return undefined;
  }

  #edit(row) {
    const range = this.#range(row, `Image ${row.querySelector("a").textContent}`);
    if (range) this.#send("PUT", "", { image: row.dataset.key, ...range });
  }

  async #drop(row) {
    if (await this.#send("DELETE", `/${row.dataset.key}`)) this.el.goldAdd.elements.namedItem("image").focus();
  }

  async #read() {
    const { goldFile } = this.el;
    const [file] = goldFile.files;
    if (!file) return;
    const text = await file.text();
    goldFile.value = ""; // the same file can be read again once it is mended
    if (text.length > LARGEST) this.#wrong("This file is larger than a table of gold images can be.");
    else await this.#send("POST", "/table", { text });
  }

  async #send(method, path, body) {
    const { el } = this;
    const study = this.#study;
    try {
      const { gold, lines } = await send(method, `/api/studies/${study.id}/gold${path}`, body, { timeout: 60_000 });
      if (study.id !== this.#study.id) return false;
      this.#turn++; // what was asked for before is older
      this.#wrong("");
      this.#list(gold);
      el.goldSaid.textContent = lines === undefined ? `Saved ${clock()}` : `Saved ${clock()}, ${lines} ${lines === 1 ? "line" : "lines"} read`;
      this.onCount(gold.length);
      return true;
    } catch (error) {
      this.#wrong(error.message);
      return false;
    }
  }

  #wrong(text, field = null) {
    this.el.goldWrong.textContent = text;
    this.el.goldWrong.hidden = !text;
    if (text) this.el.goldSaid.textContent = "";
    field?.focus();
    return null;
  }
}
