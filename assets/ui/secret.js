// A password for somebody else: typed, or generated and shown once.

import { blame, tell } from "./settings.js";

const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"; // none that look alike
const SHORTEST = 10;

/** Sixteen letters in four groups: 79 bits. */
export function generated() {
  const most = 256 - (256 % LETTERS.length); // bytes above it would favour the first letters
  const letters = [];
  while (letters.length < 16) {
    for (const byte of crypto.getRandomValues(new Uint8Array(32))) if (byte < most && letters.length < 16) letters.push(LETTERS[byte % LETTERS.length]);
  }
  return [0, 4, 8, 12].map((at) => letters.slice(at, at + 4).join("")).join("-");
}

/** The dialog by the parts `secret…` of a screen. */
export class Secret {
  #give = null; // sends the new password; null once it is only told
  #done = null;

  constructor(el) {
    this.el = el;
    el.secretGenerate.addEventListener("click", () => {
      el.secretNew.value = generated();
      el.secretNew.type = "text";
    });
    el.secretNew.addEventListener("input", () => (el.secretNew.type = "password"));
    el.secretNo.addEventListener("click", () => el.secret.close());
    el.secret.addEventListener("cancel", (event) => this.#give || event.preventDefault()); // what is shown once stays until it is left on purpose
    el.secret.addEventListener("close", () => (el.secretWord.textContent = el.secretNew.value = ""));
    el.copy.addEventListener("click", () => this.#copy());
    el.secretForm.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#give) this.#send();
      else this.#leave();
    });
  }

  /** Ask for a new password, which `give(password)` sends; `done()` follows. */
  ask(title, give, done) {
    const { el } = this;
    this.#give = give;
    this.#done = done;
    el.secretNew.value = "";
    el.secretNew.type = "password";
    blame(el.secret, "password", "");
    this.#open(title, "Change", true);
    el.secretNew.focus();
  }

  /** Show a password that was set, once; without one only that it is. */
  tell(title, password, label, done) {
    const { el } = this;
    this.#give = null;
    this.#done = done;
    el.secretText.textContent = password ? "This password is shown once. Hand it over; the person can change it under their initials." : "From now on everybody signs in.";
    el.secretWord.textContent = password;
    el.copy.hidden = !password;
    el.copy.textContent = "Copy";
    this.#open(title, label, false);
  }

  #open(title, label, asks) {
    const { el } = this;
    el.secretTitle.textContent = title;
    el.secretAsk.hidden = !asks;
    el.secretTold.hidden = asks;
    el.secretGo.textContent = label;
    el.secretNo.hidden = !asks;
    if (!el.secret.open) el.secret.showModal();
  }

  #leave() {
    this.el.secret.close();
    this.#done();
  }

  async #send() {
    const { el } = this;
    const password = el.secretNew.value;
    if (password.length < SHORTEST) {
      blame(el.secret, "password", `A password must have at least ${SHORTEST} characters.`);
      return el.secretNew.focus();
    }
    const shown = el.secretNew.type === "text";
    el.secretGo.disabled = true;
    try {
      await this.#give(password);
      if (shown) this.tell(el.secretTitle.textContent, password, "Done", this.#done);
      else this.#leave();
    } catch (error) {
      tell(el.secret, error, el.peopleWrong);
    } finally {
      el.secretGo.disabled = false;
    }
    return undefined;
  }

  async #copy() {
    const { el } = this;
    try {
      await navigator.clipboard.writeText(el.secretWord.textContent);
      el.copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(el.secretWord); // a browser that refuses leaves it chosen, for Ctrl+C
      el.copy.textContent = "Press Ctrl C";
    }
  }
}
