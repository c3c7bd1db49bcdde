// The beginning: who one is, and then the rooms, or how to log in.

import { App } from "./app.js";
import { get, Offline, post, Problem } from "./api.js";
import { $ } from "./dom.js";
import { logIn, showLogin, takeCode } from "./login.js";
import { switchTheme } from "./theme.js";

const AGAIN_MS = 3000;

async function start() {
  const code = takeCode();
  const problem = code === "" ? "" : await logIn(code);
  let me;
  try {
    me = await asGuest(await whoAmI());
  } catch (error) {
    if (!(error instanceof Offline || error instanceof Problem)) throw error;
    $("starting").textContent = error instanceof Offline ? "The server cannot be reached; trying again …" : error.message;
    setTimeout(start, AGAIN_MS);
    return;
  }
  $("starting").hidden = true;
  if (me === null || problem !== "") showLogin(problem);
  else await new App(me).start();
}

/** What the server says of this browser; null when one has to log in. A login that has ended is forgotten first. */
async function whoAmI() {
  for (const last of [false, true]) {
    try {
      return await get("/api/v1/me");
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      if (!last) await post("/api/v1/logout");
    }
  }
  return null;
}

/** Where guests are let in, whoever is nobody yet is one from now on: the same from request to request. */
async function asGuest(me) {
  if (me === null || me.login !== null || me.anonymous !== "guest") return me;
  try {
    await post("/api/v1/login", { guest: "" });
    return await get("/api/v1/me");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { ...me, read_only: true, anonymous: "read" }; // there are too many of them: one can still read
  }
}

for (const button of document.querySelectorAll(".theme-button")) {
  const label = (name) => button.setAttribute("aria-label", `Theme: ${name}`);
  button.title = "light, dark, or as the system has it";
  button.addEventListener("click", () => label(switchTheme()));
  label(document.documentElement.dataset.theme ?? "system");
}
start();
