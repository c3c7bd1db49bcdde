// Whether the server can be reached, and the line that says when it cannot.

import { $ } from "./dom.js";

const LOST_MS = 700; // what is lost for less than a moment is not worth a word

export class Connection {
  /** `back()` is called when all that had no connection has one again. */
  constructor(back) {
    this._back = back;
    this._lost = new Set();
    this._telling = 0;
    addEventListener("offline", () => this._draw());
    addEventListener("online", () => this._draw());
  }

  /** A stream is live, or has lost its connection. */
  note(which, state) {
    if (state === "live") this._lost.delete(which);
    else this._lost.add(which);
    if (this._lost.size === 0) this._back();
    this._draw();
  }

  /** A stream is no longer wanted. */
  forget(which) {
    this._lost.delete(which);
    this._draw();
  }

  get _isLost() {
    return this._lost.size > 0 || !navigator.onLine;
  }

  _draw() {
    clearTimeout(this._telling);
    if (!this._isLost) $("offline").hidden = true;
    else this._telling = setTimeout(() => ($("offline").hidden = !this._isLost), LOST_MS);
  }
}
