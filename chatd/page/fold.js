// What a room's rows and events add up to. Nothing is shown twice, and what does not fit is noticed.

export const FITS = "fits";
export const GAP = "gap"; // something was missed: the rows have to be fetched again

/** Code points, in which the server counts. */
export function points(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** A text from a code point on. */
export function fromPoint(text, offset) {
  let at = 0;
  for (let left = offset; left > 0 && at < text.length; left -= 1) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return text.slice(at);
}

export class RoomFold {
  constructor() {
    this.number = null; // of the last entry that is known; null before the first page
    this._rows = new Map();
    this._lengths = new Map(); // code points of each open row
    this._order = null;
  }

  /** The rows, oldest first. */
  get rows() {
    this._order ??= [...this._rows.values()].sort((a, b) => a.seq - b.seq).map((row) => row.id);
    return this._order.map((id) => this._rows.get(id));
  }

  get(id) {
    return this._rows.get(id);
  }

  get firstSeq() {
    return this._rows.size > 0 ? this.rows[0].seq : 1;
  }

  /** Take a page: rows that were known already are as the page has them. */
  page(rows, number = null) {
    for (const row of rows) this._put(row);
    if (number !== null && !(number < this.number)) this.number = number;
  }

  /** Take an event. Returns FITS or GAP; `changed` gets the ids of rows that are otherwise now. */
  take(event, changed) {
    if (typeof event.n === "number" && !(event.n < this.number)) this.number = event.n;
    if (event.event === "grew") return this._grow(event, changed);
    if (event.row !== undefined && this._wanted(event.row)) {
      this._put(event.row);
      changed.add(event.row.id);
    }
    return FITS;
  }

  /** Forget the oldest rows beyond `most`; returns their ids. What still grows stays, and what comes after it. */
  trim(most) {
    const gone = [];
    for (const row of this.rows.slice(0, Math.max(0, this.rows.length - most))) {
      if (row.status === "open") break;
      gone.push(row.id);
    }
    for (const id of gone) this._rows.delete(id);
    if (gone.length > 0) this._order = null;
    return gone;
  }

  /** Rows before the oldest page that was read stay out: between them and it there would be a hole. */
  _wanted(row) {
    return this._rows.size === 0 || this._rows.has(row.id) || row.seq > this.firstSeq;
  }

  _put(row) {
    const known = this._rows.get(row.id);
    if (known !== undefined && known.status !== "open" && row.status === "open") return; // an older page, come late
    const length = row.status === "open" ? points(row.content) : 0;
    if (known !== undefined && row.status === "open" && length < this._lengths.get(row.id)) return;
    const grown = row.status === "open" && length > this._lengths.get(row.id);
    if (known !== undefined && known.status === row.status && !grown && row.updated_at < known.updated_at) return; // annotated since
    this._rows.set(row.id, row);
    if (row.status === "open") this._lengths.set(row.id, length);
    else this._lengths.delete(row.id);
    this._order = null;
  }

  _grow(event, changed) {
    const row = this._rows.get(event.row_id);
    if (row === undefined || row.status !== "open") return FITS; // older than what is shown, or ended already
    const length = this._lengths.get(row.id);
    if (event.offset > length) return GAP;
    const fresh = fromPoint(event.delta, length - event.offset);
    if (fresh === "") return FITS;
    this._rows.set(row.id, { ...row, content: row.content + fresh });
    this._lengths.set(row.id, length + points(fresh));
    changed.add(row.id);
    return FITS;
  }
}
