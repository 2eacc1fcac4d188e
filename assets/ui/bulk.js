// What leads do with the images that were chosen: put tags on them, give them to people. However many they are, the
// server works through them in steps, and the dialog tells how far it is.

import { get, send } from "./api.js";
import { make } from "./dom.js";
import { session } from "./session.js";

const MOST = 2000; // images that are named in one request
const PATIENCE = 60_000; // ms for one step

const images = (count) => `${count} ${count === 1 ? "image" : "images"}`;
const had = (count, one, many = one) => (count ? ` ${count} ${count === 1 ? one : many}.` : "");

export class Bulk {
  #busy = false;

  /** `gathered` knows the images; `onChange()` hears when something of them was changed. */
  constructor(el, gathered, onChange) {
    Object.assign(this, { el, gathered, onChange });
    el.tagForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#tag(el.newTag.value, true);
    });
    el.giveForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#hand("assignments", ({ given, held, done }, name) => `${images(given)} given to ${name}.${had(held, `was with ${name} before`, `were with ${name} before`)}${had(done, "had been done already")}`);
    });
    el.takeBack.addEventListener("click", () => this.#hand("assignments/take-back", ({ taken, begun }, name) => `${images(taken)} taken back from ${name}.${had(begun, "was begun and stays", "were begun and stay")}`));
    for (const dialog of [el.tagDialog, el.giveDialog]) {
      dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    }
  }

  get #allowed() {
    return Boolean(session.reviewer?.leads) && this.gathered.count > 0;
  }

  async openTags() {
    if (!this.#allowed) return;
    const { el } = this;
    el.tagTitle.textContent = `Tags of ${images(this.gathered.count)}`;
    el.newTag.value = "";
    this.#say(el.tagSaid, "");
    el.tagList.replaceChildren();
    el.tagDialog.showModal();
    el.newTag.focus();
    await this.#listTags();
  }

  async openGive() {
    if (!this.#allowed) return;
    const { el } = this;
    el.giveTitle.textContent = `Give ${images(this.gathered.count)}`;
    this.#say(el.giveSaid, "");
    el.givePeople.replaceChildren();
    el.giveDialog.showModal();
    await this.#listPeople();
    el.givePeople.querySelector("input")?.focus();
  }

  async #listTags() {
    const { el } = this;
    try {
      const { tags } = await get("/api/tags", { study: session.study.id });
      el.knownTags.replaceChildren(...tags.map(({ tag }) => new Option(tag)));
      el.tagList.replaceChildren(...tags.map((one) => this.#tagRow(one)));
      if (!tags.length && !el.tagSaid.textContent) this.#say(el.tagSaid, "No tags in this study yet."); // what was done stays told
    } catch (error) {
      this.#say(el.tagSaid, error.message);
    }
  }

  #tagRow({ tag, images: count }) {
    const act = (words, on) => make("button", { type: "button", class: "btn plain", "aria-label": `${words}: ${tag}`, onclick: () => this.#tag(tag, on) }, words);
    return make("li", {}, make("span", { class: "name", title: tag }, tag), make("span", { class: "small quiet num" }, images(count)), act("Put on", true), act("Take off", false));
  }

  async #tag(tag, on) {
    const { el } = this;
    const told = await this.#run("tags", on ? { add: [tag] } : { remove: [tag] }, el.tagBar, el.tagSaid);
    if (!told) return;
    const name = tag.trim();
    if (on) this.#say(el.tagSaid, `“${name}” put on ${images(told.added)}.${had(told.images - told.added, "had it before")}`);
    else this.#say(el.tagSaid, `“${name}” taken off ${images(told.removed)}.`);
    if (on) el.newTag.value = "";
    el.newTag.focus();
    await this.#listTags();
  }

  async #listPeople(chosen) {
    const { el } = this;
    try {
      const { people } = await get("/api/assignments", { study: session.study.id });
      el.givePeople.replaceChildren(...people.map(({ id, name, open }) => {
        const radio = make("input", { type: "radio", class: "sr", name: "rz-person", value: String(id), "data-name": name, required: true });
        radio.checked = chosen === String(id);
        return make("label", { class: "opt round" }, radio, make("i", {}), make("b", { title: name }, name), make("span", { class: "num" }, open ? `${open} open` : "none open"));
      }));
    } catch (error) {
      this.#say(el.giveSaid, error.message);
    }
  }

  async #hand(path, words) {
    const { el } = this;
    if (!el.giveForm.reportValidity()) return; // nobody is chosen
    const person = el.givePeople.querySelector("input:checked");
    const told = await this.#run(path, { reviewer: Number(person.value) }, el.giveBar, el.giveSaid);
    if (!told) return;
    this.#say(el.giveSaid, words(told, person.dataset.name));
    await this.#listPeople(person.value);
    el.givePeople.querySelector("input:checked")?.focus();
  }

  /** Work through all that was chosen, step by step; the sum of what the server told, null when it failed. */
  async #run(path, change, bar, said) {
    if (this.#busy) return null;
    this.#busy = true;
    const total = this.gathered.count;
    const sum = { images: 0 };
    const timer = setTimeout(() => (bar.hidden = false), 300);
    try {
      for (const body of this.gathered.bodies(MOST)) {
        for (let after = -1; after !== null; ) {
          const got = await send("POST", `/api/${path}`, { study: session.study.id, ...body, ...change, after }, { timeout: PATIENCE });
          for (const [name, count] of Object.entries(got)) if (name !== "next") sum[name] = (sum[name] ?? 0) + count;
          after = got.next;
          bar.value = sum.images / total;
          if (after !== null) this.#say(said, `${sum.images} of ${total} images …`);
        }
      }
      return sum;
    } catch (error) {
      this.#say(said, sum.images ? `Stopped after ${images(sum.images)}: ${error.message}` : error.message);
      return null;
    } finally {
      clearTimeout(timer);
      bar.hidden = true;
      this.#busy = false;
      this.onChange();
    }
  }

  #say(element, words) {
    element.textContent = words;
  }
}
