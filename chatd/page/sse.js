// Server-sent events out of any split of text.

const LINE_END = /\r\n|\r|\n/g;

/** Reads a stream piece by piece. `id` is what to say in Last-Event-ID after the events that were given. */
export class EventReader {
  constructor(id = "") {
    this.id = id;
    this.retry = null; // milliseconds, where the server has said so
    this._rest = "";
    this._data = [];
    this._id = id;
  }

  /** The events that are whole now: `{data, id}`. A block without data only sets the id. */
  feed(text) {
    const all = this._rest + text;
    const events = [];
    let from = 0;
    LINE_END.lastIndex = 0;
    for (let end = LINE_END.exec(all); end !== null; end = LINE_END.exec(all)) {
      if (end[0] === "\r" && LINE_END.lastIndex === all.length) break; // perhaps half of a pair
      this._line(all.slice(from, end.index), events);
      from = LINE_END.lastIndex;
    }
    this._rest = all.slice(from);
    return events;
  }

  _line(line, events) {
    if (line === "") {
      this.id = this._id;
      if (this._data.length > 0) events.push({ data: this._data.join("\n"), id: this.id });
      this._data = [];
      return;
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this._data.push(value);
    else if (name === "id" && !value.includes("\0")) this._id = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
  }
}
