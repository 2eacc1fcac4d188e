// The Insights screen: what CORE predicts against what people say, as far as this reviewer may see it.

import { get } from "./api.js";
import { make, parts } from "./dom.js";
import { Learning, running } from "./learning.js";
import { Pictures } from "./pictures.js";
import { importInto } from "./rest.js";
import { outside, scatter, words } from "./scatter.js";
import { go, place, session } from "./session.js";

const MOST_APART = 12;
const SLOW = 300; // ms after which one is told that there is something to wait for
const COLUMNS = ["number", "sha256", "score", "low", "high", "mos", "mos_low", "mos_high", "n"];
const NAMES = { number: "image", sha256: "image_sha256" }; // columns that are named as in exports
const two = (value) => value.toFixed(2);
const span = ([low, high]) => `95 %: ${two(low)} to ${two(high)}`;
const open = (point) => go(`review/${point.key}`);

class Insights {
  #asked = 0;
  #got = null;

  constructor(root) {
    this.root = root;
    this.el = parts(root);
    this.pictures = new Pictures();
    this.learning = new Learning(this.el, () => this.load());
    this.el.csv.addEventListener("click", () => this.#save());
    new ResizeObserver(() => this.#draw()).observe(this.el.canvas);
    this.root.addEventListener("click", (event) => event.detail && event.target.closest("button")?.blur());
    session.addEventListener("chosen", () => place().screen === "insights" && this.load());
    addEventListener("hashchange", () => place().screen === "insights" && this.load());
  }

  async load() {
    const turn = ++this.#asked;
    const slow = setTimeout(() => !this.#got && this.#nothing("Reading the scores", "The first look after a start takes some seconds."), SLOW);
    try {
      await session.ready();
      if (!session.study) return this.#nothing("There is no study yet", `Import a folder, a CSV or a data set: ${importInto(null)}`);
      const got = await get("/api/insights", { study: session.study.id });
      if (turn === this.#asked) this.#show(got);
    } catch (error) {
      if (turn === this.#asked) this.#nothing("The scores cannot be shown", error.message, [["Look again", () => this.load()]]);
    } finally {
      clearTimeout(slow);
    }
    return undefined;
  }

  #show(got) {
    const { el } = this;
    this.#got = got;
    this.learning.show(got.learning);
    const points = got.points;
    el.stats.hidden = !got.scored;
    el.train.classList.toggle("main", !got.scored && got.rated >= got.fewest);
    el.plots.hidden = !points.length;
    el.nothing.hidden = Boolean(points.length);
    el.scored.textContent = `${got.scored} of ${session.study.images}`;
    el.model.textContent = got.model ? `by ${got.model}` : "";
    const apart = got.scored - got.of;
    el.drawn.textContent = points.length < got.of ? `${points.length} of ${got.of} drawn; ` : apart > 0 && session.study.blind ? `${got.of} of ${got.scored} drawn, the others once you have rated them; ` : "";
    this.#figures(got);
    if (!points.length) return this.#empty(got);
    this.#rows(points);
    this.#draw();
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
    if (running(learning)) return this.#nothing("CORE is learning", "Its scores stand here when it is done. Reviews go on meanwhile.");
    const review = ["Go on rating", () => go("review")];
    if (!scored && rated < fewest) {
      return this.#nothing(`Fewer than ${fewest} images are rated`, `${rated} so far. Rate more, or import a data set with opinion scores; then a model can be trained on them.`, [review]);
    }
    if (!scored) return this.#nothing("No score yet: train a model", `${rated} images are rated. Train on them with the button above: it takes a minute or two, and reviews go on meanwhile.`);
    const more = session.study.blind ? "A score is shown beside people's opinion once you have locked your own rating and an opinion is known." : "A score is shown beside people's opinion once one is known.";
    return this.#nothing("No score to hold against people yet", more, [review]);
  }

  #nothing(title, text, choices = []) {
    const { el } = this;
    el.plots.hidden = true;
    el.nothing.hidden = false;
    el.nothingTitle.textContent = title;
    el.nothingText.textContent = text;
    el.nothingChoices.replaceChildren(...choices.map(([label, act]) => make("button", { type: "button", class: "btn tall", onclick: act }, label)));
  }

  #rows(points) {
    const apart = points.toSorted((a, b) => Math.abs(b.score - b.mos) - Math.abs(a.score - a.mos)).slice(0, MOST_APART);
    this.pictures.keep(apart.map((point) => `/files/thumb/${point.key}`));
    const rows = apart.map((point) => {
      const by = Math.round(point.score - point.mos);
      const tiny = make("span", { class: "tiny" });
      const thumb = `/files/thumb/${point.key}`;
      this.pictures.get(thumb).then((image) => tiny.append(Object.assign(image, { alt: "" })), () => {});
      const link = make("a", { href: `#review/${point.key}`, title: words(point), onclick: (event) => this.#follow(event, point) }, `Image ${point.number}`);
      const cells = [Math.round(point.score), Math.round(point.mos), `${by > 0 ? "+" : by < 0 ? "\u2212" : ""}${Math.abs(by)}`];
      return make("tr", {}, make("th", { scope: "row" }, tiny, link), ...cells.map((cell) => make("td", {}, String(cell))));
    });
    this.el.rows.replaceChildren(...rows);
  }

  #follow(event, point) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(point);
  }

  #draw() {
    const { canvas } = this.el;
    const { clientWidth: width, clientHeight: height } = canvas;
    const points = this.#got?.points ?? [];
    if (!points.length || width < 100 || height < 100) return;
    const known = points.map(outside).filter((one) => one !== null);
    const counted = known.length ? ` People's opinion lies outside the score's interval for ${known.filter(Boolean).length} of ${known.length}.` : "";
    const label = `Predicted score against mean opinion score, ${points.length} images.${counted}`;
    canvas.replaceChildren(scatter(points, { width, height, label, open }));
  }

  /** What is drawn, as a file. Digests, numbers and the model's name only, so no cell can be a formula. */
  #save() {
    const { points = [], model } = this.#got ?? {};
    const cell = (value) => (typeof value === "number" ? Math.round(value * 1000) / 1000 : (value ?? ""));
    const lines = [[...COLUMNS.map((name) => NAMES[name] ?? name), "model"], ...points.map((point) => [...COLUMNS.map((name) => cell(point[name])), model])];
    const url = URL.createObjectURL(new Blob([`${lines.map((line) => line.join(",")).join("\n")}\n`], { type: "text/csv" }));
    make("a", { href: url, download: "scores-against-people.csv" }).click();
    URL.revokeObjectURL(url);
  }
}

export async function mount(element) {
  const insights = new Insights(element.querySelector("[data-screen]"));
  if (place().screen === "insights") await insights.load();
}
