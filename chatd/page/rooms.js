// The list of rooms at the side, with what is new in each.

import { $, arrange, h } from "./dom.js";
import { badge } from "./look.js";

export class Rooms {
  /** `open(name)` goes to a room. */
  constructor(open) {
    this._open = open;
    this._list = $("rooms");
    this._rooms = new Map(); // by name: {name, topic, unread, private}
    this._items = new Map();
    this.current = null;
  }

  get names() {
    return [...this._rooms.keys()].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  }

  get(name) {
    return this._rooms.get(name);
  }

  /** How much is new in all rooms but the open one. */
  get unread() {
    return [...this._rooms.values()].reduce((sum, room) => sum + (room.name === this.current ? 0 : room.unread), 0);
  }

  /** Take what the server says of all rooms. */
  all(rooms) {
    this._rooms = new Map(rooms.map((room) => [room.name, room]));
    this.draw();
  }

  /** Take one event of the news. */
  take(event) {
    const known = this._rooms.get(event.room);
    // One's own room is not kept by the server while nothing was said in it; it is made again when it is opened.
    if (event.event === "gone" && !event.room.startsWith("~")) this._rooms.delete(event.room);
    else if (event.event === "read") {
      if (known !== undefined) known.unread = 0;
    } else if (event.event === "news") this._rooms.set(event.room, { topic: "", ...known, name: event.room, unread: event.unread });
    this.draw();
  }

  draw() {
    arrange(this._list, this.names.map((name) => this._item(this._rooms.get(name))));
  }

  /** The room `step` places further; with `news` the next one in which something is new. */
  next(step, news = false) {
    const names = this.names;
    const at = names.indexOf(this.current);
    for (let by = 1; by <= names.length; by += 1) {
      const name = names[(at + step * by + names.length * by) % names.length];
      if (!news || this._rooms.get(name).unread > 0) return name;
    }
    return null;
  }

  _item(room) {
    let item = this._items.get(room.name);
    if (item === undefined) {
      const button = h("button", { type: "button", click: () => this._open(room.name) },
        h("span.hash", { "aria-hidden": "true" }, room.name.startsWith("~") ? "~" : "#"), h("span.label", null, room.name.replace(/^~/, "")), h("span.badge"));
      item = h("li", null, button);
      this._items.set(room.name, item);
    }
    const [button] = item.children;
    const current = room.name === this.current;
    const unread = current ? 0 : room.unread;
    const count = button.lastElementChild;
    count.textContent = unread > 0 ? badge(unread) : "";
    button.classList.toggle("news", unread > 0);
    if (current) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
    const about = room.name.startsWith("~") ? "your private room" : room.topic;
    button.title = about;
    button.setAttribute("aria-label", `${room.name}${unread > 0 ? `, ${unread} new` : ""}`);
    return item;
  }
}

const rank = (name) => (name === "lobby" ? 0 : name.startsWith("~") ? 1 : 2);
