// The rows of the open room on the page: in order, with days between them, following what is new.

import { $, announce, arrange, h } from "./dom.js";
import { day, firstUnread } from "./look.js";
import { RowView } from "./row_view.js";

const NEAR_END = 48; // pixels from the end that still count as being there
const MAX_SAID = 300; // characters of a row that are read out
export const KEPT = 300; // rows that stay on the page while one follows what is new

export class RoomView {
  /** `wantOlder()` is called when somebody reads at the top, `seen()` when all of it is on the screen. */
  constructor(acts, { wantOlder, seen }) {
    this._acts = acts;
    this._log = $("log");
    this._list = $("rows");
    this._down = $("down");
    this._views = new Map();
    this._seen = seen;
    this._marker = null; // id of the first row that was unread
    this._below = 0; // rows that came while one reads further up
    this._frame = 0;
    this._fold = null;
    this._pending = [];
    this.following = true;
    this._log.addEventListener("scroll", () => {
      this._follow(this._isAtEnd());
      if (this._log.scrollTop < 300) wantOlder();
    }, { passive: true });
    this._down.addEventListener("click", () => this.toEnd());
    new ResizeObserver(() => this.following && this._scrollToEnd()).observe(this._log);
  }

  /** Show another room. `unread`: rows of others that are new to the person. */
  reset(fold, unread) {
    this._fold = fold;
    this._views.clear();
    this._marker = firstUnread(fold.rows, unread, this._acts.me);
    this._unread = unread;
    this.following = true;
    this._below = 0;
    this.draw();
    const marker = document.getElementById("unread");
    if (marker !== null && marker.offsetTop < this._log.scrollHeight - this._log.clientHeight) {
      this._log.scrollTop = marker.offsetTop - 40;
      this._follow(this._isAtEnd());
    }
  }

  /** Rows have changed: they are drawn with the next frame. `fresh`: ids of rows that are new and not one's own. */
  changed(fresh = 0) {
    if (!this.following) this._below += fresh;
    if (this._frame === 0) {
      const draw = () => {
        this._frame = 0;
        this.draw();
      };
      this._frame = document.hidden ? setTimeout(draw, 200) : requestAnimationFrame(draw);
    }
  }

  pending(elements) {
    this._pending = elements;
    this.changed();
  }

  /** Rows were put in at the top: what one reads stays where it is. */
  drawOlder() {
    const before = this._log.scrollHeight - this._log.scrollTop;
    this.draw();
    this._log.scrollTop = this._log.scrollHeight - before;
  }

  draw() {
    if (this._fold === null) return;
    if (this.following) for (const id of this._fold.trim(KEPT * 2 > this._fold.rows.length ? Infinity : KEPT)) this._views.delete(id);
    const wanted = [];
    const days = new Map(); // as they are called now
    let before;
    let lastDay = "";
    for (const row of this._fold.rows) {
      const called = row.content_method === "tool.result" ? this._views.get(row.parent_id) : undefined;
      if (called !== undefined) {
        called.result(row);
        continue;
      }
      const date = new Date(row.created_at);
      const today = days.get(date.toDateString()) ?? day(date);
      days.set(date.toDateString(), today);
      if (today !== lastDay) wanted.push(this._line(`day-${today}`, "day", today));
      if (row.id === this._marker) wanted.push(this._line("unread", "unread", `${this._unread} new`));
      wanted.push(this._view(row, today === lastDay ? before : undefined).element);
      before = row;
      lastDay = today;
    }
    if (wanted.length === 0 && this._pending.length === 0) wanted.push(this._line("empty", "empty", "Nothing has been said here yet."));
    arrange(this._list, [...wanted, ...this._pending]);
    if (this.following) this._scrollToEnd();
    this._down.hidden = this.following;
    this._down.textContent = this._below > 0 ? `${this._below} new ↓` : "To the newest ↓";
  }

  toEnd() {
    this._follow(true);
    this._scrollToEnd();
    $("composer").focus();
  }

  /** Bring a row into sight, and mark it. Returns whether it is here. */
  show(id) {
    const element = document.getElementById(`row-${id}`);
    if (element === null) return false;
    this._follow(false);
    element.scrollIntoView({ block: "center" });
    element.classList.remove("found");
    void element.offsetWidth; // so that the marking begins anew
    element.classList.add("found");
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
    return true;
  }

  /** Tell a screen reader of a row that is whole. */
  say(row) {
    if (row.author === this._acts.me || row.status === "open" || document.hidden) return;
    if (row.content_method.startsWith("tool.")) return;
    const text = row.content.length > MAX_SAID ? `${row.content.slice(0, MAX_SAID)} …` : row.content;
    announce(row.content_method === "message.system" ? text : `${row.author}: ${text}`);
  }

  _view(row, before) {
    let view = this._views.get(row.id);
    if (view === undefined) this._views.set(row.id, (view = new RowView(row, this._acts)));
    view.update(row, before);
    return view;
  }

  _line(id, kind, text) {
    const known = document.getElementById(id);
    if (known !== null && known.textContent === text) return known;
    return h(`li.line.${kind}`, { id }, h("span", null, text));
  }

  _follow(following) {
    if (following) this._below = 0;
    if (following === this.following) return;
    this.following = following;
    this._down.hidden = following;
    if (following) this._seen();
  }

  _isAtEnd() {
    return this._log.scrollHeight - this._log.scrollTop - this._log.clientHeight < NEAR_END;
  }

  _scrollToEnd() {
    this._log.scrollTop = this._log.scrollHeight;
  }
}
