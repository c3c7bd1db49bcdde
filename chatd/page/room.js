// The open room: its rows, what happens in it, and being brought up to date after anything.

import { get, Offline, post, Problem, roomPath } from "./api.js";
import { FITS, RoomFold } from "./fold.js";
import { Stream } from "./stream.js";

const PAGE = 60;
const MAX_PAGE = 500;
const READ_MS = 5000; // between two words to the server that all has been read
const GLANCE_MS = 400; // that something is on the screen before it counts as read
const PEOPLE_MS = 800; // after somebody came or went, others may, too
const AGAIN_MS = 3000;

export class OpenRoom {
  /**
   * `view`: a RoomView; `told`: what others want to know: `answers(list)`, `people(room)`, `row(row)`,
   * `read(name)`, `state(name)`, `gone(problem)`. `marks`: whether what was read is kept.
   */
  constructor(name, { view, told, me, marks, unread }) {
    this.name = name;
    this.fold = new RoomFold();
    this._view = view;
    this._told = told;
    this._me = me;
    this._marks = marks;
    this._unread = unread;
    this._stream = null;
    this._wanted = true;
    this._live = true;
    this._older = false;
    this._whole = false;
    this._readAt = 0;
    this._timers = new Map();
  }

  /** Fetch it and show it; it goes on by itself. */
  async open() {
    await this._fetch();
    if (this._wanted) this._people();
  }

  close() {
    this._wanted = false;
    this._stream?.stop();
    if (this._timers.has("read")) this._tellRead();
    for (const timer of this._timers.values()) clearTimeout(timer);
  }

  /** Whether it is to be followed as it happens: a page that nobody sees holds no connection. */
  follow(live) {
    if (live === this._live) return;
    this._live = live;
    if (!live) this._stop();
    else if (this.fold.number !== null) this._start();
  }

  /** There is news of a room that is not followed: fetch what it is. */
  async peek() {
    if (!this._live && this._wanted && this.fold.number !== null) await this._fetch();
  }

  hurry() {
    this._stream?.hurry();
  }

  /** A row of one's own that the server has taken. */
  put(row) {
    this.fold.page([row]);
    this._view.changed();
  }

  /** Read further up. */
  async older(upTo = null) {
    if (this._older || this._whole || this.fold.rows.length === 0) return;
    this._older = true;
    try {
      const first = this.fold.rows[0];
      const limit = upTo === null ? PAGE : Math.min(MAX_PAGE, first.seq - upTo + 20);
      const page = await get(`${roomPath(this.name)}/rows?before=${encodeURIComponent(first.id)}&limit=${limit}`);
      if (!this._wanted) return;
      this.fold.page(page.rows);
      this._whole = page.before === null;
      this._view.drawOlder();
    } catch (error) {
      if (!(error instanceof Offline || error instanceof Problem)) throw error;
    } finally {
      this._older = false;
    }
  }

  /** Bring a row into sight that a search found. Returns whether it could be had. */
  async show(row) {
    this._view.following = false;
    for (let tries = 0; tries < 6 && this.fold.firstSeq > row.seq && !this._whole; tries += 1) await this.older(row.seq);
    return this._view.show(row.id);
  }

  /** All that is here has been seen. */
  read() {
    if (!this._marks || document.hidden || !this._wanted || !this._view.following) return;
    this._later("read", Math.max(GLANCE_MS, this._readAt + READ_MS - Date.now()), () => this._tellRead());
  }

  async _tellRead() {
    this._readAt = Date.now();
    try {
      await post(`${roomPath(this.name)}/read`);
      this._told.read(this.name);
    } catch (error) {
      if (!(error instanceof Offline || error instanceof Problem)) throw error;
    }
  }

  async _fetch() {
    this._stop();
    let page;
    try {
      page = await get(`${roomPath(this.name)}/rows?limit=${PAGE}`);
    } catch (error) {
      if (!this._wanted) return;
      if (error instanceof Problem && !error.passes && error.status < 500) this._told.gone(error);
      else {
        this._told.state("lost");
        this._later("fetch", AGAIN_MS, () => this._fetch());
      }
      return;
    }
    if (!this._wanted) return;
    const first = this.fold.number === null;
    const newest = this.fold.rows.at(-1)?.seq ?? 0;
    const hole = !first && (page.rows[0]?.seq ?? 1) > newest + 1;
    const back = !first && page.n < this.fold.number; // the server has another past than it had
    if (hole || back) {
      this.fold = new RoomFold();
      this._whole = false;
    }
    this.fold.page(page.rows, page.n);
    if (this.fold.rows.length === page.rows.length) this._whole = page.before === null;
    if (first || hole || back) this._view.reset(this.fold, first ? this._unread : 0);
    else this._view.changed();
    if (this._live) this._start();
    this.read();
  }

  _start() {
    this._stop();
    this._stream = new Stream(`${roomPath(this.name)}/events?here=1&answers=1`, {
      after: this.fold.number,
      told: (event) => this._take(event),
      state: (state) => {
        if (state === "lost") this._told.answers([]);
        else this._people();
        this._told.state(state);
      },
      refused: (problem) => (problem.status === 400 ? this._fetch() : this._told.gone(problem)),
    });
  }

  _stop() {
    this._stream?.stop();
    this._stream = null;
  }

  _take(event) {
    if (event.event === "answers") {
      this._told.answers(event.answers);
      return;
    }
    if (event.event === "joined" || event.event === "left") {
      this._later("people", PEOPLE_MS, () => this._people());
      return;
    }
    const known = this.fold.get(event.row?.id);
    const changed = new Set();
    if (this.fold.take(event, changed) !== FITS) {
      this._fetch();
      return;
    }
    if (changed.size === 0) return;
    const row = event.row;
    if (row !== undefined) {
      this._told.row(row);
      if (known === undefined || known.status === "open") this._view.say(row);
      if (row.content_method === "message.system") this._later("people", PEOPLE_MS, () => this._people()); // perhaps of what is set
      this.read();
    }
    this._view.changed(row !== undefined && known === undefined && row.author !== this._me ? 1 : 0);
  }

  async _people() {
    try {
      const room = await get(roomPath(this.name));
      if (this._wanted) this._told.people(room);
    } catch (error) {
      if (!(error instanceof Offline || error instanceof Problem)) throw error;
    }
  }

  /** Do it once, after a while; what is waiting already need not wait twice. */
  _later(what, ms, act) {
    if (this._timers.has(what)) return;
    this._timers.set(what, setTimeout(() => {
      this._timers.delete(what);
      if (this._wanted) act();
    }, ms));
  }
}
