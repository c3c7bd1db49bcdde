// What is new in all rooms: one stream for the browser, whichever tab has it, and the others hear of it.

import { Stream } from "./stream.js";

export class News {
  /** `told(event)`, `state(name)`, `refused(problem)`. */
  constructor({ told, state, refused }) {
    this._handlers = { told, state, refused };
    this._stream = null;
    this._closed = new AbortController();
    this._channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("chatd-news");
    if (this._channel === null || navigator.locks === undefined) {
      this._begin();
      return;
    }
    this._channel.onmessage = ({ data }) => {
      if (data.kind === "told") told(data.event);
      else if (data.kind === "state") state(data.name);
      else if (data.kind === "hello" && this._stream !== null) this._again();
    };
    this._lead();
    this._channel.postMessage({ kind: "hello" });
  }

  close() {
    this._closed.abort();
    this._stream?.stop();
    this._channel?.close();
  }

  hurry() {
    this._stream?.hurry();
  }

  /** Say to the other tabs that a room was read here. */
  read(room) {
    this._say({ kind: "told", event: { event: "read", room } });
  }

  _lead() {
    const forever = () => new Promise((resolve) => {
      if (this._closed.signal.aborted) return resolve();
      this._closed.signal.addEventListener("abort", resolve, { once: true });
      this._begin();
      return undefined;
    });
    navigator.locks.request("chatd-news", { signal: this._closed.signal }, forever).catch((error) => {
      if (error.name !== "AbortError") throw error;
    });
  }

  _begin() {
    const { told, state, refused } = this._handlers;
    this._stream = new Stream("/api/v1/events", {
      told: (event) => {
        told(event);
        this._say({ kind: "told", event });
      },
      state: (name) => {
        state(name);
        this._say({ kind: "state", name });
      },
      refused,
    });
  }

  /** A tab that has just come wants to know of every room: so does each new stream. */
  _again() {
    this._stream.stop();
    this._begin();
  }

  _say(message) {
    if (!this._closed.signal.aborted) this._channel?.postMessage(message);
  }
}
