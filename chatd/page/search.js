// Finding in what was said, in all rooms or in one.

import { get, Offline, Problem } from "./api.js";
import { $, h } from "./dom.js";
import { colourOf } from "./look.js";

const SHOWN = 40;
const EXCERPT = 400; // characters

export class Search {
  /** `show(row)` brings a row that was found into sight; `room()` is the open one's name. */
  constructor({ show, room }) {
    this._show = show;
    this._room = room;
    this._asked = 0;
    $("search-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this._find();
    });
    $("search-here").addEventListener("change", () => this._find());
  }

  open(words = "") {
    $("search-here-name").textContent = this._room() ?? "this room";
    if (words !== "") $("search-words").value = words;
    if (!$("search").open) $("search").showModal();
    $("search-words").select();
    if (words !== "") this._find();
  }

  async _find() {
    const words = $("search-words").value.trim();
    if (words === "") return;
    const turn = (this._asked += 1);
    const query = new URLSearchParams({ q: words, limit: String(SHOWN) });
    if ($("search-here").checked && this._room() !== null) query.set("room", this._room());
    this._tell("Searching …");
    try {
      const found = await get(`/api/v1/search?${query}`);
      if (turn !== this._asked) return;
      this._tell(found.rows.length === 0 ? "Nothing was found." : `${found.rows.length}${found.rows.length === SHOWN ? " newest" : ""} found`);
      $("search-found").replaceChildren(...found.rows.map((row) => this._item(row)));
    } catch (error) {
      if (!(error instanceof Offline || error instanceof Problem)) throw error;
      if (turn === this._asked) this._tell(error instanceof Offline ? "The server cannot be reached." : error.message);
    }
  }

  _tell(text) {
    $("search-state").textContent = text;
    $("search-found").replaceChildren();
  }

  _item(row) {
    const go = () => {
      $("search").close();
      this._show(row);
    };
    const text = row.content.length > EXCERPT ? `${row.content.slice(0, EXCERPT)} …` : row.content;
    return h("li", null, h("button", { type: "button", click: go },
      h("span.where", null, h(`span.name.c${colourOf(row.author)}`, null, row.author), ` in ${row.room} · ${new Date(row.created_at).toLocaleString()}`),
      h("span.what", null, text)));
  }
}
