// What stands around the room: the side that folds away, dialogs, keys that hold everywhere.

import { $, h } from "./dom.js";
import { KEYS, meaning } from "./keys.js";
import { COMMANDS } from "./commands.js";

export function closeSide() {
  openSide(false);
}

function openSide(open) {
  document.body.classList.toggle("side-open", open);
  $("side-button").setAttribute("aria-expanded", String(open));
  if (open) ($("rooms").querySelector("[aria-current]") ?? $("rooms").querySelector("button"))?.focus();
}

/** Bind buttons and keys to what they do. */
export function bindFrame(does) {
  const all = { ...does, help: () => $("help").showModal(), rooms: () => openSide(!document.body.classList.contains("side-open")) };
  $("side-button").addEventListener("click", all.rooms);
  $("shade").addEventListener("click", closeSide);
  $("room-name").addEventListener("click", all.room);
  $("search-button").addEventListener("click", all.search);
  $("people-button").addEventListener("click", all.people);
  $("people-close").addEventListener("click", all.people);
  $("help-button").addEventListener("click", all.help);
  $("log-out").addEventListener("click", all.leave);
  for (const button of document.querySelectorAll("dialog .close")) button.addEventListener("click", () => button.closest("dialog").close());
  $("help-keys").replaceChildren(...KEYS.map(([keys, what]) => h("div", null, h("dt", null, ...caps(keys)), h("dd", null, what))));
  $("help-commands").replaceChildren(...COMMANDS.map(({ name, about }) => h("div", null, h("dt", null, h("code", null, `/${name}`)), h("dd", null, about))));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.classList.contains("side-open")) closeSide();
    if (event.key === "Escape" && $("people").contains(document.activeElement)) all.people();
    const wanted = meaning(event);
    if (wanted === null || (document.querySelector("dialog[open]") !== null && wanted !== "search")) return;
    event.preventDefault();
    all[wanted]();
  });
  // Who begins to type means the message, wherever the focus was.
  addEventListener("keypress", (event) => {
    const free = event.target.closest("input, textarea, dialog") === null && !event.ctrlKey && !event.metaKey;
    if (free && !$("compose").hidden && event.key.length === 1 && event.key !== " ") $("composer").focus();
  });
}

function caps(keys) {
  return keys.split(", ").flatMap((one, at) => [...(at > 0 ? [" "] : []), ...one.split(" ").map((key) => h("kbd", null, key))]);
}

/** What stands around the rooms, for who is in. */
export function showFrame(me, { mayWrite, mayLogOut }) {
  $("app").hidden = false;
  $("server").textContent = me.server ?? "chatd";
  $("own-name").textContent = me.name ?? (mayWrite ? "guest" : "reading only");
  $("log-out").textContent = mayLogOut ? "Log out" : "Log in";
  $("compose").hidden = !mayWrite;
  $("read-only").hidden = mayWrite;
  for (const place of document.querySelectorAll(".login-host")) place.textContent = location.hostname;
}
