// What is typed and not sent, kept for each person and room; and what was sent and has not arrived.

const MAX_DRAFT = 200_000; // characters: a browser keeps some five megabytes in all
const MAX_WAITING = 200;

/** Over a Storage, such as localStorage; one that is full or forbidden keeps nothing, and nothing fails. */
export class Kept {
  constructor(storage, person) {
    this._storage = storage;
    this._prefix = `chatd:${person}:`;
  }

  draft(room) {
    return this._read(`draft:${room}`) ?? "";
  }

  setDraft(room, text) {
    if (text === "") this._remove(`draft:${room}`);
    else this._write(`draft:${room}`, text.slice(0, MAX_DRAFT));
  }

  /** Messages on their way, oldest first: `{id, room, text, at}`. */
  get waiting() {
    const text = this._read("waiting");
    if (text === null) return [];
    try {
      const list = JSON.parse(text);
      return Array.isArray(list) ? list.filter((one) => typeof one?.text === "string" && typeof one.id === "string") : [];
    } catch {
      return [];
    }
  }

  /** Keep one more. Returns whether there was room for it. */
  add(message) {
    const list = this.waiting;
    if (list.length >= MAX_WAITING) return false;
    return this._write("waiting", JSON.stringify([...list, message]));
  }

  remove(id) {
    const list = this.waiting.filter((one) => one.id !== id);
    if (list.length === 0) this._remove("waiting");
    else this._write("waiting", JSON.stringify(list));
  }

  /** Nothing of this person's stays in the browser. */
  forget() {
    const keys = Array.from({ length: this._storage.length }, (_, index) => this._storage.key(index));
    for (const key of keys) if (key?.startsWith(this._prefix)) this._storage.removeItem(key);
  }

  _read(key) {
    try {
      return this._storage.getItem(this._prefix + key);
    } catch {
      return null;
    }
  }

  _write(key, text) {
    try {
      this._storage.setItem(this._prefix + key, text);
      return true;
    } catch {
      return false;
    }
  }

  _remove(key) {
    try {
      this._storage.removeItem(this._prefix + key);
    } catch {
      // it was not kept either
    }
  }
}
