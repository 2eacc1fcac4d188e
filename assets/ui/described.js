// What the machine says, with the number of its layer at each phrase, and the judgement of it.

import { follow, make, press } from "./dom.js";
import { layerOf, VERDICTS } from "./form.js";

/** Where the findings lie in the text: `{finding, start, end}` in UTF-16 units, in order, without overlaps. */
function placed(text, findings) {
  const points = [...text]; // the server counts in code points
  const found = [];
  for (const finding of findings) {
    let start = finding.start === null ? -1 : points.slice(0, finding.start).join("").length;
    if (start < 0 || !text.startsWith(finding.phrase, start)) start = text.indexOf(finding.phrase);
    if (start >= 0) found.push({ finding, start, end: start + finding.phrase.length });
  }
  found.sort((a, b) => a.start - b.start);
  return found.filter(({ start }, at) => at === 0 || start >= found[at - 1].end);
}

export class Described {
  constructor(el, { onJudge, onPoint, onLayer }) {
    Object.assign(this, { el, onLayer });
    follow(el.said, "mark", (_, mark) => onPoint(mark?.dataset.layer ? Number(mark.dataset.layer) : null));
    el.judge.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) onJudge(button.dataset.v);
    });
  }

  show(reveal, judgement) {
    const said = reveal?.description;
    press(this.el.judge.children, judgement);
    if (this.shown === said) return;
    this.shown = said;
    this.el.said.replaceChildren();
    if (!said) return;
    this.el.saidVerdict.textContent = said.verdict ? VERDICTS[said.verdict] : "No verdict given";
    this.el.saidVerdict.classList.toggle("quiet", !said.verdict);
    const text = said.explanation || "No explanation given.";
    this.el.said.classList.toggle("quiet", !said.explanation);
    let at = 0;
    for (const { finding, start, end } of placed(text, said.findings)) {
      this.el.said.append(text.slice(at, start), this.#phrase(finding, layerOf(reveal, finding.id)));
      at = end;
    }
    this.el.said.append(text.slice(at));
  }

  #phrase(finding, layer) {
    if (layer === null) return make("mark", {}, finding.phrase);
    return make(
      "mark",
      {
        title: `Shows layer ${layer} of the map`,
        "data-layer": layer,
        onclick: () => this.onLayer(layer),
      },
      finding.phrase,
      make("sup", { class: "num" }, String(layer)),
    );
  }
}
