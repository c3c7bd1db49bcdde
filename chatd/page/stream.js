// One event stream, as long as it is wanted: it comes again by itself, and says after which event to go on.

import { problemOf } from "./api.js";
import { EventReader } from "./sse.js";

const SILENCE_MS = 40_000; // the server says something each 15 s
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 15_000;

export class Stream {
  /** `told(value)` for each event, `state(name)`: live, lost, or `refused(problem)` once, when it makes no sense to come again. */
  constructor(path, { told, state, refused, after = "" }) {
    this._path = path;
    this._told = told;
    this._state = state;
    this._refused = refused;
    this._id = String(after);
    this._stopped = false;
    this._wake = () => {};
    this._attempt = null;
    this._onOnline = () => this.hurry();
    addEventListener("online", this._onOnline);
    this._run();
  }

  stop() {
    this._stopped = true;
    removeEventListener("online", this._onOnline);
    this._attempt?.abort();
    this._wake();
  }

  /** Try at once what waits to be tried. */
  hurry() {
    this._wake();
  }

  async _run() {
    let failures = 0;
    while (!this._stopped) {
      const began = await this._once();
      if (this._stopped) return;
      failures = began ? 0 : failures + 1;
      this._state("lost");
      const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
      await this._pause(longest * (0.5 + Math.random() / 2));
    }
  }

  /** One connection, to its end. Returns whether it was had. */
  async _once() {
    const attempt = (this._attempt = new AbortController());
    let silence = setTimeout(() => attempt.abort(), SILENCE_MS);
    let began = false;
    try {
      const headers = this._id === "" ? {} : { "last-event-id": this._id };
      const answer = await fetch(this._path, { headers, signal: attempt.signal, cache: "no-store" });
      if (!answer.ok) {
        this._judge(problemOf(answer, await answer.text()));
        return false;
      }
      const reader = new EventReader(this._id);
      const pieces = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      began = true;
      this._state("live");
      for (let piece = await pieces.read(); !piece.done && !this._stopped; piece = await pieces.read()) {
        clearTimeout(silence);
        silence = setTimeout(() => attempt.abort(), SILENCE_MS);
        for (const event of reader.feed(piece.value)) {
          if (this._stopped) return began;
          this._told(JSON.parse(event.data));
        }
        this._id = reader.id;
      }
    } catch {
      // whatever ended it, it is tried again
    } finally {
      clearTimeout(silence);
      attempt.abort();
    }
    return began;
  }

  _judge(problem) {
    if (problem.passes || problem.status >= 500) return;
    this.stop();
    this._refused(problem);
  }

  _pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this._wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
