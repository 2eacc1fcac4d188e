// What keys do wherever a text is corrected and places are marked, and wherever a picture lies under a map.

const ANSWERED = { y: "yes", t: "somewhat", o: "no" };
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR = 10; // image pixels that Shift moves a mark by

export const JUDGED = { a: "accurate", p: "partly", w: "wrong", s: "misses" };

/** The third step's keys: the text, the findings, the marks. */
export const correcting = ({ correct, marks, toolbar }) => ({
  edit: () => correct.edit(),
  leave: ({ target }) => target.blur(),
  verdict: ({ key }) => correct.verdict(ANSWERED[key.toLowerCase()]),
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
});

/** The keys of the map and of the view. */
export const viewing = ({ overlay, viewer }) => ({
  map: () => overlay.toggle(),
  opacity: ({ key }) => overlay.dials.moreOpacity(key === "ArrowUp" ? 1 : -1),
  threshold: ({ key }) => overlay.dials.hideMore(key === "]" ? 1 : -1),
  colours: () => overlay.dials.nextColours(),
  zoomIn: () => viewer.zoom(1),
  zoomOut: () => viewer.zoom(-1),
  fit: () => viewer.toggle(),
});

/** The footer follows the focus: while somebody types, other keys hold. */
export function legendFollows(screen) {
  for (const name of ["focusin", "focusout"]) screen.root.addEventListener(name, () => screen.legend());
}

/** The buttons of the view. `viewer` gives the viewer that they act on. */
export function viewButtons(el, viewer) {
  const on = (element, act) => element.addEventListener("click", act);
  on(el.zoomIn, () => viewer().zoom(1));
  on(el.zoomOut, () => viewer().zoom(-1));
  on(el.zoomValue, () => viewer().toggle());
  on(el.fit, () => viewer().fit());
  on(el.exact, () => viewer().exact());
}
