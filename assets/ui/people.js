// People, for admins: who has an account, adding one, roles, passwords, sessions, disabling.

import { get, send } from "./api.js";
import { make } from "./dom.js";
import { Secret, generated } from "./secret.js";
import { session } from "./session.js";
import { absolve, blame, tell } from "./settings.js";

const ROLES = { reviewer: "Reviewer", lead: "Lead", admin: "Admin" };
const ABOUT = {
  reviewer: "Reviews images.",
  lead: "Reviews images and leads studies: sees everything of every study.",
  admin: "Leads studies, and manages accounts.",
};
const SHORTEST = 10; // characters of a password

const day = (iso) => new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });

export class People {
  #me = null;

  constructor(el, ask) {
    Object.assign(this, { el, ask });
    this.secret = new Secret(el);
    el.personRole.replaceChildren(...Object.entries(ROLES).map(([value, label]) => new Option(label, value)));
    el.personRole.addEventListener("change", () => this.#about());
    el.generate.addEventListener("click", () => {
      el.personPassword.value = generated();
      el.personPassword.type = "text";
    });
    el.personPassword.addEventListener("input", () => (el.personPassword.type = "password"));
    el.personForm.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add();
    });
  }

  /** Whether somebody was begun to be added. */
  get begun() {
    return this.el.personName.value.trim() !== "" || this.el.personPassword.value !== "";
  }

  async load(current = () => true) {
    const { people, me } = await get("/api/people");
    if (!current()) return;
    this.#me = me;
    this.#show(people);
  }

  #show(people) {
    const { el } = this;
    const first = !people.some((one) => one.account);
    el.firstNote.hidden = !first;
    el.personTitle.textContent = first ? "The first account" : "Add a person";
    for (const option of el.personRole.options) option.disabled = first && option.value !== "admin";
    if (first) el.personRole.value = "admin";
    this.#about();
    el.everybody.replaceChildren(...people.map((one) => this.#row(one)));
  }

  #about() {
    this.el.roleAbout.textContent = ABOUT[this.el.personRole.value];
  }

  #row(one) {
    const roles = make("select", { "aria-label": `Role of ${one.name}` }, ...Object.entries(ROLES).map(([value, label]) => make("option", { value, selected: value === one.role }, label)));
    roles.addEventListener("change", () => this.#change(one, { role: roles.value }, `${one.name} is ${roles.value === "admin" ? "an" : "a"} ${roles.value} now.`));
    const act = (label, does) => make("button", { type: "button", class: "btn plain small", onclick: does, "aria-label": `${label}: ${one.name}` }, label);
    const actions = one.account
      ? [
          act("New password", () => this.#password(one)),
          act("Sign out", () => this.#signOut(one)),
          one.disabled ? act("Enable", () => this.#change(one, { disabled: false }, `${one.name} can sign in again.`)) : act("Disable", () => this.#disable(one)),
        ]
      : [];
    return make(
      "tr",
      { class: one.disabled ? "off" : null, "data-id": one.id },
      make("th", { scope: "row" }, one.name, one.id === this.#me && one.account ? make("span", { class: "quiet" }, " (you)") : null),
      make("td", { class: "quiet" }, one.pseudonym),
      make("td", {}, one.account ? make("span", { class: "select" }, roles) : make("span", { class: "quiet" }, "Work without sign-in")),
      make("td", { class: "num" }, String(one.reviews)),
      make("td", { class: "num" }, day(one.created_at)),
      make("td", {}, one.account ? (one.disabled ? make("b", {}, "Disabled") : "Active") : ""),
      make("td", {}, ...actions),
    );
  }

  #said(text, wrong = "") {
    const { el } = this;
    el.peopleSaid.textContent = text;
    el.peopleWrong.textContent = wrong;
    el.peopleWrong.hidden = !wrong;
  }

  async #change(one, change, done) {
    try {
      await this.#sent(one, change, done);
    } catch (error) {
      await this.load().catch(() => {});
      this.#said("", `${one.name}: ${error.message}`);
    }
  }

  /** Change a person; the list is read again, unless it was oneself who was changed: then the page is. */
  async #sent(one, change, done) {
    await send("PATCH", `/api/people/${one.id}`, change);
    if (one.id === this.#me) return location.reload();
    await this.load();
    return this.#said(done);
  }

  #disable(one) {
    const yourself = one.id === this.#me ? " This is your own account." : "";
    this.ask.ask(`Disable ${one.name}?`, `They are signed out everywhere and cannot sign in until they are enabled again. Their answers stay.${yourself}`, "Disable", () => this.#sent(one, { disabled: true }, `${one.name} is disabled and signed out.`));
  }

  #signOut(one) {
    this.ask.ask(`Sign ${one.name} out everywhere?`, "Every session of theirs ends, in all browsers. They can sign in again.", "Sign out", async () => {
      const { sessions } = await send("DELETE", `/api/people/${one.id}/sessions`);
      if (one.id === this.#me) location.assign("/login");
      else this.#said(`${one.name}: ${sessions} ${sessions === 1 ? "session" : "sessions"} ended.`);
    });
  }

  #password(one) {
    this.secret.ask(`New password for ${one.name}`, (password) => send("PATCH", `/api/people/${one.id}`, { password }), () => {
      if (one.id === this.#me) location.assign("/login");
      else this.#said(`${one.name} has a new password and is signed out.`);
    });
  }

  async #add() {
    const { el } = this;
    absolve(el.personForm);
    const [name, role, password] = [el.personName.value.trim(), el.personRole.value, el.personPassword.value];
    if (password.length < SHORTEST) blame(el.personForm, "password", `A password must have at least ${SHORTEST} characters.`);
    if (!name) blame(el.personForm, "name", "A person needs a name.");
    const bad = el.personForm.querySelector('[aria-invalid="true"]');
    if (bad || el.personAdd.disabled) return bad?.focus();
    const first = !session.reviewer.account;
    const shown = el.personPassword.type === "text";
    el.personAdd.disabled = true;
    try {
      const made = await send("POST", "/api/people", { name, role, password });
      el.personForm.reset();
      el.personPassword.type = "password";
      el.personWrong.hidden = true;
      this.#added(made, { first, password: shown ? password : "" });
    } catch (error) {
      tell(el.personForm, error, el.personWrong);
    } finally {
      el.personAdd.disabled = false;
    }
    return undefined;
  }

  /** A generated password is shown once. After the first account this page may ask for nothing before one signs in. */
  #added(made, { first, password }) {
    const title = first ? `${made.name} is the first account` : `${made.name} can sign in`;
    const on = async () => {
      if (first) return location.assign("/login");
      await this.load();
      return this.#said(`${made.name} was added.`);
    };
    if (first || password) this.secret.tell(title, password, first ? "Sign in" : "Done", on);
    else on();
  }
}
