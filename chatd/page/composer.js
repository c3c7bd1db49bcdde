// The field in which one writes: grows with its text, keeps a draft for each room, completes words.

import { complete } from "./completion.js";
import { $ } from "./dom.js";
import { Menu } from "./menu.js";

const DRAFT_MS = 300;

export class Composer {
  /** `send(room, text)` returns whether the text was taken; `known()` gives what words may become; `escape()` for Esc. */
  constructor({ send, known, escape, kept }) {
    this._field = $("composer");
    this._send = send;
    this._known = known;
    this._escape = escape;
    this._kept = kept;
    this._room = null;
    this._timer = 0;
    this._menu = new Menu((found, choice) => this._put(found, choice));
    this._field.addEventListener("input", () => this._edited());
    this._field.addEventListener("keydown", (event) => this._key(event));
    this._field.addEventListener("blur", () => this._menu.close());
    $("send").addEventListener("click", () => this._submit());
    addEventListener("pagehide", () => this._keep());
  }

  /** Write in another room: what was begun there is there. */
  enter(room) {
    if (room === this._room) return;
    this._keep();
    this._room = room;
    this._field.value = this._kept.draft(room);
    this._field.setAttribute("aria-label", `Message to ${room}`);
    this._field.placeholder = `Message to ${room}`;
    this._menu.close();
    this._fit();
  }

  focus() {
    this._field.focus();
  }

  /** Nothing that was typed stays. */
  clear() {
    clearTimeout(this._timer);
    this._field.value = "";
    this._room = null;
  }

  /** Put a text there for being mended; what is there already stays above it. */
  bring(text) {
    this._field.value = this._field.value.trim() === "" ? text : `${this._field.value}\n${text}`;
    this._edited();
    this.focus();
  }

  /** Begin a message to somebody. */
  mention(name) {
    if (!this._field.value.startsWith(`@${name}`)) this._field.value = `@${name} ${this._field.value}`;
    this._edited();
    this.focus();
  }

  _key(event) {
    if (event.isComposing || event.keyCode === 229) return; // an input method has the key
    if (this._menu.key(event)) event.preventDefault();
    else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this._submit();
    } else if (event.key === "Escape") this._escape();
  }

  _submit() {
    const text = this._field.value;
    if (text.trim() === "" || this._room === null) return;
    this._menu.close();
    if (!this._send(this._room, text)) return;
    this._field.value = "";
    this._keep();
    this._fit();
    this.focus();
  }

  _edited() {
    this._fit();
    const { value, selectionStart, selectionEnd } = this._field;
    this._menu.show(selectionStart === selectionEnd ? complete(value, selectionStart, this._known()) : null);
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._keep(), DRAFT_MS);
  }

  _put(found, choice) {
    const { value } = this._field;
    const rest = value.slice(found.to).replace(/^ /, "");
    this._field.value = value.slice(0, found.from) + choice.text + rest;
    const cursor = found.from + choice.text.length;
    this._field.setSelectionRange(cursor, cursor);
    this._edited();
  }

  _keep() {
    clearTimeout(this._timer);
    if (this._room !== null) this._kept.setDraft(this._room, this._field.value);
  }

  _fit() {
    this._field.style.height = "auto";
    this._field.style.height = `${this._field.scrollHeight + 2}px`;
    $("send").disabled = this._field.value.trim() === "";
  }
}
