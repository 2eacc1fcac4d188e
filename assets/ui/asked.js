// A dialog that asks before something is done, and stays open to say why it could not be done.

/** Asks by the parts `sure…` of a screen. */
export class Asked {
  #act = null;

  constructor(el) {
    this.el = el;
    el.sureNo.addEventListener("click", () => el.sure.close());
    el.sureYes.addEventListener("click", () => this.#go());
  }

  /** Ask; `act()` is called after a yes, and the dialog closes when it has resolved. */
  ask(title, text, yes, act) {
    const { el } = this;
    this.#act = act;
    el.sureTitle.textContent = title;
    el.sureText.textContent = text;
    el.sureYes.textContent = yes;
    el.sureWrong.hidden = true;
    el.sure.showModal();
    el.sureNo.focus();
  }

  async #go() {
    const { el } = this;
    el.sureYes.disabled = true;
    try {
      await this.#act();
      el.sure.close();
    } catch (error) {
      el.sureWrong.textContent = error.message;
      el.sureWrong.hidden = false;
    } finally {
      el.sureYes.disabled = false;
    }
  }
}
