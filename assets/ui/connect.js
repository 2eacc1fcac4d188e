// Which button and which key does what on the Review screen.

import { listen } from "./keys.js";
import { remember } from "./memory.js";
import { session } from "./session.js";

const JUDGED = { a: "accurate", p: "partly", w: "wrong", s: "misses" };
const ANSWERED = { y: "yes", t: "somewhat", o: "no" };

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR = 10; // image pixels that Shift moves a mark by

function buttons(review) {
  const { el, viewer } = review;
  const on = (element, act, type = "click") => element.addEventListener(type, act);
  on(el.go, () => review.main());
  on(el.second, () => review.second());
  on(el.skip, () => review.skip());
  on(el.flag, () => review.flag());
  on(el.rejudge, () => review.goBack("judge"));
  on(el.rerate, () => review.goBack("rate"));
  on(el.zoomIn, () => viewer.zoom(1));
  on(el.zoomOut, () => viewer.zoom(-1));
  on(el.zoomValue, () => viewer.toggle());
  on(el.fit, () => viewer.fit());
  on(el.exact, () => viewer.exact());
  on(el.sampleClose, () => {
    remember("sampleNoted", true);
    review.paint();
  });
  // A press with the pointer leaves no focus behind, or Enter would press the same button again.
  on(review.root, (event) => event.detail && event.target.closest("button, input[type=range]")?.blur());
}

function keys(review) {
  const { correct, marks, overlay, rate, toolbar, viewer } = review;
  listen(() => (review.root.hidden ? null : review.step), {
    band: ({ key }) => rate.band(Number(key)),
    nudge: ({ key }) => rate.nudge(key === "ArrowRight" ? 1 : -1),
    stride: ({ key }) => rate.nudge(key === "ArrowRight" ? 5 : -5),
    lock: () => review.main(),
    start: () => review.main(),
    done: () => review.main(),
    back: () => review.back(),
    unrate: () => review.second(),
    judge: ({ key }) => review.judge(JUDGED[key.toLowerCase()]),
    edit: () => correct.edit(),
    note: () => review.toLead.open(),
    leave: ({ target }) => target.blur(),
    verdict: ({ key }) => correct.verdict(ANSWERED[key.toLowerCase()]),
    again: () => review.goBack("rate"),
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
    layer: ({ key }) => overlay.layer(Number(key)),
    colours: () => overlay.dials.nextColours(),
    zoomIn: () => viewer.zoom(1),
    zoomOut: () => viewer.zoom(-1),
    fit: () => viewer.toggle(),
    submit: () => review.main(),
    skip: () => review.skip(),
    flag: () => review.flag(),
    undo: () => review.undo(),
    choose: ({ key }) => review.sending.settle(key === "1"),
    goOn: () => review.el.restChoices.querySelector("button").click(),
  });
}

/** Give the screen its hands. */
export function connect(review) {
  buttons(review);
  keys(review);
  session.addEventListener("chosen", () => review.studyChosen());
  addEventListener("hashchange", () => review.moved());
  for (const name of ["online", "offline"]) addEventListener(name, () => review.paint());
}
