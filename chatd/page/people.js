// Who is in the room, and who can be asked.

import { $, h } from "./dom.js";
import { colourOf } from "./look.js";

export class People {
  /** `mention(name)` begins a message to somebody. */
  constructor(mention) {
    this._mention = mention;
    this._people = [];
    this._models = [];
  }

  get names() {
    return this._people.map((person) => person.name);
  }

  room(people) {
    this._people = people;
    this._draw();
  }

  models(models) {
    this._models = models;
    this._draw();
  }

  /** Show or fold away the list. */
  toggle(open = $("people").hidden) {
    if (!open && $("people").contains(document.activeElement)) $("people-button").focus();
    $("people").hidden = !open;
    $("people-button").setAttribute("aria-expanded", String(open));
  }

  _draw() {
    const count = this._people.length;
    $("people-count").textContent = String(count);
    $("people-button").setAttribute("aria-label", `Who is here: ${count}`);
    $("people-list").replaceChildren(...this._people.map((person) => this._item(person.name, person.away ?? (person.kind === "guest" ? "guest" : ""), person.away !== null)));
    $("models-list").replaceChildren(...this._models.map((model) => this._item(model.name, model.available ? model.provider : "cannot be had", !model.available)));
  }

  _item(name, about, dim) {
    return h("li", null, h(dim ? "button.dim" : "button", { type: "button", click: () => this._mention(name), title: `write to @${name}` },
      h(`span.name.c${colourOf(name)}`, null, name), h("span.about", null, about ?? "")));
  }
}
