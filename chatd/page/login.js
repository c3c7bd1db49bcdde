// Coming in: by the link of an ssh session, or with what is told of how to get one.

import { Offline, post, Problem } from "./api.js";
import { $ } from "./dom.js";

/** The code of a link in the address bar, which is taken out of it; "" without one. */
export function takeCode() {
  const code = location.pathname === "/login" ? location.hash.slice(1) : "";
  if (location.pathname === "/login") history.replaceState(null, "", "/");
  return code;
}

/** Exchange a code for a session. Returns "" when it is done, else why not. */
export async function logIn(code) {
  try {
    await post("/api/v1/login", { code });
    return "";
  } catch (error) {
    if (error instanceof Offline) return "The server cannot be reached; try the link again.";
    if (error instanceof Problem) return error.message;
    throw error;
  }
}

export async function logOut() {
  await post("/api/v1/logout");
}

/** Another name for a guest, who is another one then; a member's name is their key's. */
export async function takeName(me, name) {
  if (me.login !== "guest") throw new Problem(403, "another name is a matter of your key: /nick over ssh");
  await post("/api/v1/login", { guest: name });
  location.reload();
}

/** Show how to log in. `why`: what went wrong, "" when nothing did. */
export function showLogin(why = "") {
  $("app").hidden = true;
  $("login").hidden = false;
  document.title = "Log in — chatd";
  for (const place of document.querySelectorAll(".login-host")) place.textContent = location.hostname;
  $("login-problem").textContent = why;
  $("login-problem").hidden = why === "";
  $("login-form").onsubmit = async (event) => {
    event.preventDefault();
    const link = $("login-link").value.trim();
    const problem = link === "" ? "Paste the whole link." : await logIn(link.slice(link.indexOf("#") + 1));
    if (problem === "") location.replace("/");
    else showLogin(problem);
  };
  $("login-title").focus();
}
