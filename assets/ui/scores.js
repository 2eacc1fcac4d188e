// The part of Insights that holds CORE's scores against people's, and trains CORE.

import { make } from "./dom.js";
import { Learning, running } from "./learning.js";
import { card, imageCard } from "./plotcard.js";
import { outside, scatter, words } from "./scatter.js";
import { go, session } from "./session.js";

const MOST_APART = 12;
const two = (value) => value.toFixed(2);
const span = ([low, high]) => `95 %: ${two(low)} to ${two(high)}`;

/** Drawn into the parts `el` of the screen; `nothing(title, text, choices)` says that there is nothing, `reload()` asks anew. */
export class Scores {
  constructor(el, { nothing, reload }) {
    this.el = el;
    this.nothing = nothing;
    this.learning = new Learning(el, reload);
  }

  show(got) {
    const { el } = this;
    this.learning.show(got.learning);
    const { points } = got;
    el.stats.hidden = !got.scored;
    el.train.classList.toggle("main", !got.scored && got.rated >= got.fewest);
    el.plots.hidden = !points.length;
    el.scored.textContent = `${got.scored} of ${session.study.images}`;
    el.model.textContent = got.model ? `by ${got.model}` : "";
    this.#figures(got);
    if (!points.length) return this.#empty(got);
    const apart = got.scored - got.of;
    const drawn = points.length < got.of ? `${points.length} of ${got.of} drawn; ` : apart > 0 && session.study.blind ? `${got.of} of ${got.scored} drawn, the others once you have rated them; ` : "";
    el.plots.replaceChildren(this.#plot(points, drawn), this.#apart(points));
    return undefined;
  }

  #figures({ figures, unseen, points, of }) {
    const { el } = this;
    el.srocc.textContent = figures ? two(figures.srocc) : "not yet";
    const drawn = points.length < of ? ` drawn of ${of}` : "";
    el.sroccMore.textContent = figures ? `${span(figures.ci)}, n ${figures.n}${drawn}` : "needs three images that differ";
    el.sroccMore.title = "Images that the model learned from are scored as if they had been left out";
    el.rmse.textContent = figures ? figures.rmse.toFixed(1) : "not yet";
    el.unseen.textContent = unseen ? two(unseen.srocc) : "not known";
    el.unseenMore.textContent = unseen ? `${span(unseen.ci)}, n ${unseen.n}, each left out` : "measure it with core evaluate";
  }

  /** What to do where there is nothing to draw. */
  #empty({ scored, rated, fewest, learning }) {
    if (running(learning)) return this.nothing("CORE is learning", "Its scores stand here when it is done. Reviews go on meanwhile.");
    const review = ["Go on rating", () => go("review")];
    if (!scored && rated < fewest) {
      return this.nothing(`Fewer than ${fewest} images are rated`, `${rated} so far. Rate more, or import a data set with opinion scores; then a model can be trained on them.`, [review]);
    }
    if (!scored) return this.nothing("No score yet: train a model", `${rated} images are rated. Train on them with the button above: it takes a minute or two, and reviews go on meanwhile.`);
    const more = session.study.blind ? "A score is shown beside people's opinion once you have locked your own rating and an opinion is known." : "A score is shown beside people's opinion once one is known.";
    return this.nothing("No score to hold against people yet", more, [review]);
  }

  #plot(points, drawn) {
    const known = points.map(outside).filter((one) => one !== null);
    const counted = known.length ? ` People's opinion lies outside the score's interval for ${known.filter(Boolean).length} of ${known.length}.` : "";
    const label = `Predicted score against mean opinion score, ${points.length} images.${counted}`;
    const draws = (size) => scatter(points, { ...size, label, open: (point) => go(`review/${point.key}`) });
    const plot = { name: "scores", title: "Predicted against people", caption: `${drawn}lines: 95 % intervals; filled: people lie outside the score's; dashed: equal` };
    return card(plot, draws, (said) => { this.el.saving.textContent = said; });
  }

  #apart(points) {
    const apart = points.toSorted((a, b) => Math.abs(b.score - b.mos) - Math.abs(a.score - a.mos)).slice(0, MOST_APART);
    const rows = apart.map((point) => {
      const by = Math.round(point.score - point.mos);
      const sign = by > 0 ? "+" : by < 0 ? "\u2212" : "";
      return { ...point, title: words(point), cells: [Math.round(point.score), Math.round(point.mos), `${sign}${Math.abs(by)}`] };
    });
    return imageCard("Largest differences", "score minus people's", ["Score", "MOS", "Apart"], rows);
  }
}
