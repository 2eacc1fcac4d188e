// Which button and which key does what on the Adjudicate screen.

import { correcting, JUDGED, legendFollows, viewButtons, viewing } from "./hands.js";
import { listen } from "./keys.js";
import { place, session } from "./session.js";

function buttons(screen) {
  const { el, viewer } = screen;
  const on = (element, act, type = "click") => element.addEventListener(type, act);
  on(el.previous, () => screen.beside(-1));
  on(el.following, () => screen.beside(1));
  on(el.machine, () => screen.machine());
  on(el.keepMine, () => screen.settle(true));
  on(el.useTheirs, () => screen.settle(false));
  on(el.against, ({ target }) => target.closest("button") && screen.hold(target.closest("button").dataset.v));
  viewButtons(el, () => viewer);
  // A press with the pointer leaves no focus behind, or Enter would press the same button again.
  on(screen.root, (event) => event.detail && event.target.closest("button, input[type=range]")?.blur());
}

/** The slider of the realness has its own keys, for the arrows are the list's elsewhere. */
function slider(screen) {
  const { el, rate } = screen;
  el.scale.addEventListener("keydown", (event) => {
    const { key, shiftKey } = event;
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[key];
    if (by) rate.nudge(by * (shiftKey ? 5 : 1));
    else if (key === "Delete") screen.change({ rating: null });
    else if (key === "Escape") el.scale.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

function keys(screen) {
  const { el, panel } = screen;
  listen(() => (screen.root.hidden || !screen.shown ? null : screen.step), {
    ...correcting(screen),
    ...viewing(screen),
    take: ({ key }) => screen.take(Number(key) - 1),
    machine: () => screen.machine(),
    putBack: () => screen.putBack(),
    reviews: () => screen.cards.next(),
    against: () => screen.nextAgainst(),
    people: () => screen.showMarks(null),
    realness: () => {
      el.realness.open = true;
      el.scale.focus();
    },
    reason: () => el.reason.focus(),
    image: ({ key }) => screen.beside(key === "ArrowRight" ? 1 : -1),
    filter: () => screen.nextFilter(),
    submit: () => panel.save(),
    choose: ({ key }) => screen.settle(key === "1"),
    judge: ({ key }) => panel.judge(JUDGED[key.toLowerCase()]),
  });
}

/** Give the screen its hands. */
export function connect(screen) {
  buttons(screen);
  slider(screen);
  keys(screen);
  legendFollows(screen);
  const load = () => place().screen === "adjudicate" && screen.load();
  session.addEventListener("chosen", load);
  addEventListener("hashchange", load);
}
