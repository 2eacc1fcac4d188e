// Which button and which key does what on the Compare screen.

import { viewButtons } from "./hands.js";
import { listen } from "./keys.js";
import { place, session } from "./session.js";

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function buttons(compare) {
  const { el, together } = compare;
  const on = (element, act) => element.addEventListener("click", act);
  const chosen = (event) => event.target.closest("button")?.dataset.v;
  on(el.modes, (event) => chosen(event) && pickMode(compare, chosen(event)));
  on(el.counts, (event) => chosen(event) && compare.count(Number(chosen(event))));
  on(el.difference, () => compare.subtract());
  on(el.own, () => compare.change({ own: !compare.state.own }));
  on(el.lock, () => compare.lock());
  on(el.people, () => compare.showPeople());
  viewButtons(el, () => together.lead);
  // A press with the pointer leaves no focus behind, or Space would press the same button again.
  on(compare.root, (event) => event.detail && event.target.closest("button, input[type=range]")?.blur());
}

function pickMode(compare, mode) {
  if (mode === "images") compare.picking.open(compare.keys);
  else compare.lay(compare.keys.slice(0, 1));
}

function keys(compare) {
  const { cross, dials, el, root, together } = compare;
  listen(() => (root.hidden || el.work.hidden ? null : "compare"), {
    alone: ({ key }) => compare.alone(Number(key)),
    together: () => compare.lock(),
    difference: () => compare.subtract(),
    scale: () => compare.change({ own: !compare.state.own }),
    people: () => compare.showPeople(),
    hold: () => cross.hold(),
    cross: ({ key }) => cross.move(WAYS[key]),
    image: ({ key }) => compare.beside(key === "ArrowRight" ? 1 : -1),
    opacity: ({ key }) => dials.moreOpacity(key === "ArrowUp" ? 1 : -1),
    threshold: ({ key }) => dials.hideMore(key === "]" ? 1 : -1),
    map: () => compare.showMaps(),
    colours: () => dials.nextColours(),
    pick: () => compare.picking.open(compare.keys),
    open: () => compare.open(),
    zoomIn: () => together.lead.zoom(1),
    zoomOut: () => together.lead.zoom(-1),
    fit: () => together.lead.toggle(),
  });
}

/** Give the screen its hands. */
export function connect(compare) {
  buttons(compare);
  keys(compare);
  const load = () => place().screen === "compare" && compare.load();
  session.addEventListener("chosen", load);
  addEventListener("hashchange", load);
}
