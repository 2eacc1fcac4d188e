// How maps are shown: opacity, what is hidden, colours. One setting for all screens, which is remembered.

import { COLOUR_MAPS, gradient } from "./colours.js";
import { recall, remember } from "./memory.js";

const BY = 5; // percent for one key press
const changed = new EventTarget();
const settings = { opacity: 70, hidden: 25, colours: COLOUR_MAPS[0], ...recall("map", {}) };
if (!COLOUR_MAPS.includes(settings.colours)) settings.colours = COLOUR_MAPS[0];

function set(change) {
  Object.assign(settings, change);
  remember("map", settings);
  changed.dispatchEvent(new Event("change"));
}

/** The controls of one screen. `onChange(settings)` is called at once, too, and when another screen changes them. */
export class Dials {
  constructor(el, onChange) {
    this.el = el;
    this.onChange = onChange;
    el.opacity.addEventListener("input", () => set({ opacity: Number(el.opacity.value) }));
    el.hidden.addEventListener("input", () => set({ hidden: Number(el.hidden.value) }));
    el.ramp.addEventListener("click", () => this.nextColours());
    changed.addEventListener("change", () => this.#show());
    this.#show();
  }

  get settings() {
    return settings;
  }

  moreOpacity(sign) {
    set({ opacity: Math.max(0, Math.min(100, settings.opacity + sign * BY)) });
  }

  hideMore(sign) {
    set({ hidden: Math.max(0, Math.min(90, settings.hidden + sign * BY)) });
  }

  nextColours() {
    set({ colours: COLOUR_MAPS[(COLOUR_MAPS.indexOf(settings.colours) + 1) % COLOUR_MAPS.length] });
  }

  #show() {
    const { el } = this;
    const { opacity, hidden, colours } = settings;
    for (const [range, value, label] of [[el.opacity, opacity, el.opacityValue], [el.hidden, hidden, el.hiddenValue]]) {
      range.value = value;
      range.style.setProperty("--v", `${((value - range.min) / (range.max - range.min)) * 100}%`);
      label.textContent = `${value} %`;
    }
    el.rampBar.style.background = gradient(colours);
    el.ramp.setAttribute("aria-label", `Colour map: ${colours}. C changes it`);
    this.onChange(settings);
  }
}
