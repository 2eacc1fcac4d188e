// The dialog of the person who is here: who that is, another password, the ways out.

import { send } from "./api.js";
import { session } from "./session.js";

const ROLES = {
  reviewer: "Reviews images.",
  lead: "Reviews images and leads studies.",
  admin: "Reviews images, leads studies and manages accounts.",
};

/** Once out, nothing of this page is of use. */
async function leave(path) {
  await send("POST", path, {});
  location.assign("/login");
}

export function account(el) {
  const said = el.meSaid.textContent;
  el.who.addEventListener("click", () => {
    const { reviewer } = session;
    if (!reviewer) return;
    el.meName.textContent = reviewer.account ? reviewer.name : "On this machine";
    el.meRole.textContent = reviewer.account ? ROLES[reviewer.role] : "Nobody has an account yet: whoever sits here reviews, leads and manages.";
    el.meUsername.value = reviewer.name;
    el.meAccount.hidden = !reviewer.account;
    el.meSaid.textContent = said;
    el.meDialog.showModal();
  });
  el.passwordForm.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await send("POST", "/api/password", { password: el.newPassword.value });
      location.assign("/login");
    } catch (error) {
      el.meSaid.textContent = error.message;
    }
  });
  el.signOut.addEventListener("click", () => leave("/api/sign-out"));
  el.signOutAll.addEventListener("click", () => leave("/api/sign-out-everywhere"));
}
