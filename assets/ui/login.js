// The sign-in page: name and password, then on to the workbench.

import { send } from "./api.js";
import { parts } from "./dom.js";
import { dress } from "./theme.js";

const el = parts(document);
dress(null);
el.ended.hidden = !sessionStorage.getItem("realness.ended");
sessionStorage.removeItem("realness.ended");

el.form.addEventListener("submit", async (event) => {
  event.preventDefault();
  el.fields.disabled = true;
  try {
    await send("POST", "/api/sign-in", { name: el.name.value, password: el.password.value });
    location.replace(`/${location.hash}`);
  } catch (error) {
    el.failed.textContent = error.status === 422 ? "Name or password is too long." : error.message;
    el.failed.hidden = false;
    el.ended.hidden = true;
    el.fields.disabled = false;
    el.password.value = "";
    el.password.focus();
  }
});

// Before this line a form sent by hand would only open the page anew.
el.fields.disabled = false;
el.name.focus();
