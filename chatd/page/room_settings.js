// What is set of a room: a dialog that shows all of it, and sends what was changed.

import { get, Offline, patch, Problem, roomPath } from "./api.js";
import { $, h, notice } from "./dom.js";
import { changed, FIELDS, typed } from "./room_fields.js";

export class RoomSettings {
  /** `mayChange`: whether this browser's person may set anything; `models()` names those that can be asked; `told(room)`
   * hears what the server says of a room that was set. */
  constructor({ mayChange, models, told }) {
    this._mayChange = mayChange;
    this._models = models;
    this._told = told;
    this._room = null;
    this._before = {};
    $("settings-save").hidden = !mayChange;
    $("settings-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this._save();
    });
  }

  /** Show what is set of a room. What the server refuses is raised, see api.js. */
  async open(room) {
    const found = await get(roomPath(room));
    this._room = room;
    this._before = found.settings;
    $("settings-title").textContent = `What is set of ${room}`;
    this._say(this._mayChange ? "" : "Members who are logged in may change it.");
    $("settings-fields").replaceChildren(...FIELDS.map((field) => this._field(field, this._before[field.name] ?? "")));
    if (!$("settings").open) $("settings").showModal();
  }

  /** Set some of it, by name and text, - for nothing; returns the room. Raises likewise. */
  async set(room, values) {
    const found = await patch(roomPath(room), values);
    this._told(found);
    return found;
  }

  /** What `/room REST` wants: all of it, one setting's value, or another value of it. Raises likewise. */
  async run(room, rest) {
    if (rest === "") return this.open(room);
    const setting = typed(rest);
    if (setting === null) return notice(`a room has no setting ${rest.split(/\s/)[0]}; /room shows those there are`, true);
    const found = await (setting.value === null ? get(roomPath(room)) : this.set(room, { [setting.name]: setting.value }));
    return notice(`${setting.name}: ${found.settings[setting.name] || "nothing"}`);
  }

  async _save() {
    const after = Object.fromEntries(FIELDS.map((field) => [field.name, valueOf($(`setting-${field.name}`))]));
    const values = changed(this._before, after);
    try {
      if (Object.keys(values).length > 0) await this.set(this._room, values);
      $("settings").close();
    } catch (error) {
      if (!(error instanceof Offline || error instanceof Problem)) throw error;
      this._say(error instanceof Offline ? "The server cannot be reached." : error.message, true);
    }
  }

  _say(text, bad = false) {
    $("settings-state").textContent = text;
    $("settings-state").classList.toggle("bad", bad);
  }

  _field({ name, label, kind, about, most }, value) {
    const given = { id: `setting-${name}`, "aria-describedby": `about-${name}`, autofocus: name === FIELDS[0].name, disabled: !this._mayChange };
    return h(kind === "switch" ? "div.setting.switch" : "div.setting", null,
      h("label", { for: `setting-${name}` }, label), this._input(kind, { ...given, maxlength: most }, value),
      h("p.about", { id: `about-${name}` }, about));
  }

  _input(kind, given, value) {
    if (kind === "switch") return h("input", { ...given, type: "checkbox", maxlength: null, checked: value === "on" });
    if (kind === "model") return h("select", { ...given, maxlength: null }, this._choices(value));
    if (kind === "text") return filled(h("textarea", { ...given, rows: 3 }), value);
    return h("input", { ...given, type: "text", autocomplete: "off", value });
  }

  /** The models there are, and the one that is set, which may have gone. */
  _choices(value) {
    const names = [...new Set(["", ...(value === "" ? [] : [value]), ...this._models()])];
    return names.map((name) => h("option", { value: name, selected: name === value }, name === "" ? "nobody" : name));
  }
}

function filled(area, value) {
  area.value = value;
  return area;
}

const valueOf = (input) => (input.type === "checkbox" ? (input.checked ? "on" : "off") : input.value.trim());
