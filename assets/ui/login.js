// The sign-in page: name and password, then on to the workbench.

import { send } from "./api.js";
import { parts } from "./dom.js";
import { dress } from "./theme.js";

const el = parts(document);
dress(null);

el.form.addEventListener("submit", async (event) => {
  event.preventDefault();
  el.go.disabled = true;
  try {
    await send("POST", "/api/sign-in", { name: el.name.value, password: el.password.value });
    location.replace(`/${location.hash}`);
  } catch (error) {
    el.failed.textContent = error.status === 422 ? "Name or password is too long." : error.message;
    el.failed.hidden = false;
    el.password.value = "";
    el.password.focus();
    el.go.disabled = false;
  }
});
