// Light or dark: the system's choice until the person switches.

import { recall, remember } from "./memory.js";

const system = matchMedia("(prefers-color-scheme: dark)");

function apply() {
  const theme = recall("theme") ?? (system.matches ? "dark" : "light");
  document.documentElement.dataset.theme = theme;
  document.body.classList.toggle("dark", theme === "dark"); // Gradio's own switch, for its own messages
}

/** Follow the system and, where there is one, the switch. */
export function dress(button) {
  apply();
  system.addEventListener("change", apply);
  button?.addEventListener("click", () => {
    remember("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    apply();
  });
}
