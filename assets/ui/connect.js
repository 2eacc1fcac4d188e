// Which button and which key does what on the Review screen.

import { correcting, JUDGED, legendFollows, viewButtons, viewing } from "./hands.js";
import { listen } from "./keys.js";
import { remember } from "./memory.js";
import { session } from "./session.js";

function buttons(review) {
  const { el, viewer } = review;
  const on = (element, act, type = "click") => element.addEventListener(type, act);
  on(el.go, () => review.main());
  on(el.second, () => review.second());
  on(el.skip, () => review.skip());
  on(el.flag, () => review.flag());
  on(el.rejudge, () => review.goBack("judge"));
  on(el.otherText, () => review.goBack("choose"));
  on(el.rerate, () => review.goBack("rate"));
  viewButtons(el, () => viewer);
  on(el.sampleClose, () => {
    remember("sampleNoted", true);
    review.paint();
  });
  // A press with the pointer leaves no focus behind, or Enter would press the same button again.
  on(review.root, (event) => event.detail && event.target.closest("button, input[type=range]")?.blur());
}

function keys(review) {
  const { overlay, rate } = review;
  listen(() => (review.root.hidden ? null : review.step), {
    ...correcting(review),
    ...viewing(review),
    band: ({ key }) => rate.band(Number(key)),
    nudge: ({ key }) => rate.nudge(key === "ArrowRight" ? 1 : -1),
    stride: ({ key }) => rate.nudge(key === "ArrowRight" ? 5 : -5),
    lock: () => review.main(),
    start: () => review.main(),
    done: () => review.main(),
    back: () => review.back(),
    unrate: () => review.second(),
    judge: ({ key }) => review.judge(JUDGED[key.toLowerCase()]),
    note: () => review.toLead.open(),
    text: ({ key }) => review.choose(Number(key) - 1),
    texts: () => review.goBack("choose"),
    again: () => review.goBack("rate"),
    layer: ({ key }) => overlay.layer(Number(key)),
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
  addEventListener("offline", () => review.paint());
  addEventListener("online", () => {
    review.patience.hurry();
    review.sending.outbox.patience.hurry();
    review.paint();
  });
  legendFollows(review);
}
