// The menu of what a word may become, for the composer.

import { $, announce, h } from "./dom.js";

export class Menu {
  /** `taken(choice)` puts a choice into the text. */
  constructor(taken) {
    this._taken = taken;
    this._place = $("menu-list");
    this._input = $("composer");
    this._found = null;
    this._at = -1;
  }

  get isOpen() {
    return this._found !== null;
  }

  show(found) {
    if (found !== null && !this.isOpen) announce(`${found.choices.length} completions; Tab takes the first, arrows go to others`);
    this._found = found;
    this._at = -1;
    this._draw();
  }

  close() {
    if (this.isOpen) this.show(null);
  }

  /** Whether the key was the menu's. Enter is only when a choice was gone to: else it sends what is typed. */
  key(event) {
    if (!this.isOpen) return false;
    const count = this._found.choices.length;
    if (event.key === "Escape") this.close();
    else if (event.key === "ArrowDown") this._go((this._at + 1) % count);
    else if (event.key === "ArrowUp") this._go(this._at <= 0 ? count - 1 : this._at - 1);
    else if (event.key === "Tab" && !event.shiftKey) this._take(Math.max(0, this._at));
    else if (event.key === "Enter" && !event.shiftKey && this._at >= 0) this._take(this._at);
    else return false;
    return true;
  }

  _go(at) {
    this._at = at;
    this._draw();
  }

  _take(at) {
    const found = this._found;
    this.close();
    this._taken(found, found.choices[at]);
  }

  _draw() {
    const choices = this._found?.choices ?? [];
    this._place.hidden = choices.length === 0;
    this._place.replaceChildren(...choices.map((choice, at) => h(
      "li", {
        role: "option", id: `choice-${at}`, "aria-selected": at === this._at ? "true" : "false",
        mousedown: (event) => {
          event.preventDefault();
          this._take(at);
        },
      },
      h("span", null, choice.label), h("span.about", null, choice.about ?? ""),
    )));
    if (this._at >= 0) this._input.setAttribute("aria-activedescendant", `choice-${this._at}`);
    else this._input.removeAttribute("aria-activedescendant");
  }
}
