// Which button and which key does what on the Adjudicate screen.

import { listen } from "./keys.js";
import { place, session } from "./session.js";

const JUDGED = { a: "accurate", p: "partly", w: "wrong", s: "misses" };
const ANSWERED = { y: "yes", t: "somewhat", o: "no" };
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR = 10; // image pixels that Shift moves a mark by

function buttons(screen) {
  const { el, viewer } = screen;
  const on = (element, act, type = "click") => element.addEventListener(type, act);
  on(el.previous, () => screen.beside(-1));
  on(el.following, () => screen.beside(1));
  on(el.machine, () => screen.machine());
  on(el.keepMine, () => screen.settle(true));
  on(el.useTheirs, () => screen.settle(false));
  on(el.against, ({ target }) => target.closest("button") && screen.hold(target.closest("button").dataset.v));
  on(el.zoomIn, () => viewer.zoom(1));
  on(el.zoomOut, () => viewer.zoom(-1));
  on(el.zoomValue, () => viewer.toggle());
  on(el.fit, () => viewer.fit());
  on(el.exact, () => viewer.exact());
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
  const { correct, el, marks, overlay, panel, toolbar, viewer } = screen;
  listen(() => (screen.root.hidden || !screen.shown ? null : screen.step), {
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
    verdict: ({ key }) => correct.verdict(ANSWERED[key.toLowerCase()]),
    edit: () => correct.edit(),
    leave: ({ target }) => target.blur(),
    nextFinding: ({ shiftKey }) => correct.next(shiftKey ? -1 : 1),
    keep: () => correct.answer("kept"),
    drop: () => correct.answer("dropped"),
    reword: () => correct.reword(),
    add: () => correct.add(),
    mark: () => correct.mark(),
    putDown: () => marks.leave(),
    cursor: ({ key, shiftKey }) => marks.drawing.steer(...WAYS[key], shiftKey),
    place: () => marks.place(),
    close: () => marks.close(),
    takeBack: () => marks.takeBack(),
    size: ({ key }) => toolbar.widen(key === "]" ? 1 : -1),
    nextMark: ({ shiftKey }) => marks.next(shiftKey ? -1 : 1),
    nextPoint: ({ shiftKey }) => marks.nextPoint(shiftKey ? -1 : 1),
    nudgeMark: ({ key, shiftKey }) => marks.nudge(...WAYS[key].map((way) => way * (shiftKey ? FAR : 1))),
    addPoint: () => marks.addPoint(),
    removePoint: () => marks.removePoint(),
    unmark: () => marks.remove(),
    stepBack: () => toolbar.back(),
    stepForward: () => correct.redo(),
    map: () => overlay.toggle(),
    opacity: ({ key }) => overlay.dials.moreOpacity(key === "ArrowUp" ? 1 : -1),
    threshold: ({ key }) => overlay.dials.hideMore(key === "]" ? 1 : -1),
    colours: () => overlay.dials.nextColours(),
    zoomIn: () => viewer.zoom(1),
    zoomOut: () => viewer.zoom(-1),
    fit: () => viewer.toggle(),
  });
}

/** Give the screen its hands. */
export function connect(screen) {
  buttons(screen);
  slider(screen);
  keys(screen);
  const load = () => place().screen === "adjudicate" && screen.load();
  session.addEventListener("chosen", load);
  addEventListener("hashchange", load);
}
