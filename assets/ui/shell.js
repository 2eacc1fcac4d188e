// The header: screens, study, progress, theme, person. Switches between the screens without loading a page.

import { account } from "./account.js";
import { parts } from "./dom.js";
import { listen, showAllKeys } from "./keys.js";
import { address, go, place, session } from "./session.js";
import { dress } from "./theme.js";

function showScreen(root) {
  const { screen } = place();
  for (const link of root.querySelectorAll("[data-nav]")) {
    if (link.dataset.nav === screen) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  for (const one of document.querySelectorAll("[data-screen]")) one.hidden = one.dataset.screen !== screen;
  showProgress(parts(root), screen);
  document.title = `${screen[0].toUpperCase()}${screen.slice(1)} - Realness`;
}

function showProgress(el, screen) {
  const { study } = session;
  const shown = Boolean(study?.images) && screen === "review";
  el.progress.hidden = !shown;
  el.line.hidden = !shown;
  if (!shown) return;
  el.done.textContent = study.done;
  el.images.textContent = study.images;
  el.line.setAttribute("aria-valuemax", study.images);
  el.line.setAttribute("aria-valuenow", study.done);
  el.bar.style.width = `${(100 * study.done) / study.images}%`;
}

function showStudy(el) {
  const { study, studies, reviewer } = session;
  const several = studies.length > 1;
  el.pick.hidden = !several;
  el.studyName.hidden = several;
  el.studyName.textContent = study?.name ?? "";
  el.sample.hidden = !study?.sample;
  el.sample.title = "Photographs with planted inconsistencies; some machine texts are wrong on purpose";
  const options = studies.map((one) => new Option(one.closed ? `${one.name} (closed)` : one.name, one.id, false, one.id === study?.id));
  el.study.replaceChildren(...options);
  for (const link of el.nav.children) {
    link.href = address(link.dataset.nav);
    if ("leads" in link.dataset) link.hidden = !reviewer?.leads;
  }
  el.who.textContent = reviewer?.initials ?? "";
  el.who.title = reviewer ? `Reviewing as ${reviewer.name}` : "";
  el.who.setAttribute("aria-label", reviewer ? `${reviewer.name}: account` : "Account");
  showProgress(el, place().screen);
}

/** The list of all keys: `?` opens it on every screen, and closes it. */
function help(el) {
  const open = () => {
    showAllKeys(el.allKeys, place().screen, session.reviewer?.leads);
    el.keysDialog.showModal();
  };
  listen(() => "any", { help: open });
  el.keysDialog.addEventListener("keydown", (event) => {
    if (event.key !== "?") return;
    event.stopPropagation(); // or it would be opened again
    el.keysDialog.close();
  });
  document.addEventListener("click", (event) => event.target.closest("[data-help]") && open());
}

export function mount(root) {
  const el = parts(root);
  dress(el.theme);
  help(el);
  account(el);
  el.study.addEventListener("change", () => {
    session.choose(Number(el.study.value));
    el.study.blur();
  });
  for (const link of root.querySelectorAll("[data-nav]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab, at the link's own address
      event.preventDefault();
      go(link.dataset.nav);
    });
  }
  // A press with the pointer leaves no focus behind, or Enter would press the same button again.
  root.addEventListener("click", (event) => event.detail && event.target.closest("button, a")?.blur());
  session.addEventListener("study", () => showStudy(el));
  addEventListener("hashchange", () => showScreen(root));
  showScreen(root);
}
