// Messages on their way: kept until the server has them, and sent again under the same name, so that none is said twice.

import { Offline, post, Problem, roomPath } from "./api.js";

const AGAIN_MS = 3000;

export class Outbox {
  /** `kept`: drafts.Kept; `arrived(room, row)`; `changed()` when there are others, or they stand otherwise. */
  constructor(kept, { arrived, changed }) {
    this._kept = kept;
    this._arrived = arrived;
    this._changed = changed;
    this._busy = false;
    this._timer = 0;
    this.refused = new Map(); // problems in words, by the ids of messages
    this.offline = false;
  }

  of(room) {
    return this._kept.waiting.filter((one) => one.room === room);
  }

  /** Send a text. Returns whether it is kept until it has arrived. */
  send(room, text) {
    const id = newId();
    const kept = this._kept.add({ id, room, text, at: Date.now() });
    if (kept) {
      this._changed();
      this.flush();
    }
    return kept;
  }

  /** Try one again that was refused. */
  again(id) {
    this.refused.delete(id);
    this._changed();
    this.flush();
  }

  drop(id) {
    this.refused.delete(id);
    this._kept.remove(id);
    this._changed();
  }

  /** A row has come by the stream: it may be one of these. */
  met(row) {
    const id = row.meta?.client_id;
    if (id !== undefined && this._kept.waiting.some((one) => one.id === id)) this.drop(id);
  }

  /** Send what waits, one after the other. */
  async flush() {
    if (this._busy) return;
    this._busy = true;
    clearTimeout(this._timer);
    try {
      await alone("chatd-outbox", () => this._flush());
    } finally {
      this._busy = false;
    }
  }

  async _flush() {
    for (let next = this._next(); next !== undefined; next = this._next()) {
      try {
        const row = await post(`${roomPath(next.room)}/rows`, { text: next.text, client_id: next.id });
        this.offline = false;
        this._kept.remove(next.id);
        this._arrived(next.room, row);
      } catch (error) {
        if (!(error instanceof Offline || error instanceof Problem)) throw error;
        if (error instanceof Offline || error.passes || error.status >= 500 || error.status === 401) {
          this.offline = error instanceof Offline;
          this._timer = setTimeout(() => this.flush(), (error.retryAfter ?? AGAIN_MS / 1000) * 1000);
          this._changed();
          return;
        }
        this.refused.set(next.id, error.message);
      }
      this._changed();
    }
  }

  _next() {
    return this._kept.waiting.find((one) => !this.refused.has(one.id));
  }
}

/** A name that no other message has. (crypto.randomUUID is there by https alone.) */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Of all tabs one at a time, where the browser can tell. */
function alone(name, act) {
  return navigator.locks === undefined ? act() : navigator.locks.request(name, act);
}
