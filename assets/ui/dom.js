// The few things every screen does with the page. Text from people and machines goes in as text nodes only.

/** All elements with a `data-el` name under `root`, by that name. */
export function parts(root) {
  const named = {};
  for (const element of root.querySelectorAll("[data-el]")) named[element.dataset.el] = element;
  return named;
}

/** Make an element; children that are strings become text nodes. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Make an SVG element. */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A shape with its edge below it, so that it reads on any picture; `data` goes to the upper one. */
export const twice = (tag, place, data = {}) => [draw(tag, { class: "e", ...place }), draw(tag, { class: "m", ...place, ...data })];

/** One of the icons of the header's sprite. */
export function icon(name) {
  return draw("svg", { class: "ico", viewBox: "0 0 16 16", "aria-hidden": "true" }, draw("use", { href: `#rz-${name}` }));
}

/** Say why there is nothing to show, and what can be done: `choices` are `[label, act]`, `command` is one to copy. */
export function sayNothing(el, title, text, choices = [], command = "") {
  el.nothing.hidden = false;
  el.nothingTitle.textContent = title;
  el.nothingText.textContent = text;
  if (el.nothingCommand) el.nothingCommand.textContent = command;
  el.nothingChoices.replaceChildren(...choices.map(([label, act]) => make("button", { type: "button", class: "btn tall", onclick: act }, label)));
}

/** Key caps side by side. */
export const caps = (keys) => keys.map((key) => make("kbd", {}, key));

/** Mark the one of `buttons` whose `data-v` is `value` as pressed. */
export function press(buttons, value) {
  for (const button of buttons) button.setAttribute("aria-pressed", String(value !== null && button.dataset.v === String(value)));
}

/**
 * Call `onPoint(at, part)` when the pointer moves onto one of the parts of `element` that `selector` finds, and
 * `onPoint(-1, null)` when it leaves them. Parts that come to lie under a resting pointer are not told of.
 */
export function follow(element, selector, onPoint) {
  let last = -1;
  const tell = (part) => {
    const at = [...element.querySelectorAll(selector)].indexOf(part);
    if (at !== last) onPoint(at, part);
    last = at;
  };
  element.addEventListener("pointermove", ({ target }) => tell(target.closest(selector)));
  element.addEventListener("pointerleave", () => tell(null));
}

/** Hours and minutes as a person says them. */
export function duration(seconds) {
  const minutes = Math.round(seconds / 60);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const say = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  if (!hours) return say(rest, "minute");
  return rest ? `${say(hours, "hour")} ${say(rest, "minute")}` : say(hours, "hour");
}

/** Seconds as minutes and seconds: 1:05. */
export function spent(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** The local time of day, 14:02, of an ISO date or of now. */
export function clock(when) {
  const date = when ? new Date(when) : new Date();
  return `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
}
