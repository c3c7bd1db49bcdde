// A room in the browser is the room: cut anywhere, told twice, or in another order of pages, it is the same.

import assert from "node:assert/strict";
import test from "node:test";
import { FITS, fromPoint, GAP, points, RoomFold } from "../../chatd/page/fold.js";
import { EventReader } from "../../chatd/page/sse.js";
import { chance } from "./random.js";

const WORDS = ["a", "é", "漢", "😀", "\n", "word ", "👩‍💻"];

/** A room's whole life as the server tells it: events with numbers, and the rows at each number. */
function life(below) {
  const events = [];
  const states = [new Map()];
  const open = [];
  const now = () => new Date(1e12 + events.length).toISOString();
  const emit = (event, rows) => {
    events.push({ ...event, n: events.length + 1 });
    states.push(rows);
  };
  for (let step = 0; step < 40; step += 1) {
    const rows = new Map(states.at(-1));
    const what = below(5);
    if (what === 4 && rows.size > 0) {
      const row = [...rows.values()][below(rows.size)];
      const changed = { ...row, meta: { x: { step } }, updated_at: now() };
      rows.set(row.id, changed);
      emit({ event: "changed", row: changed }, rows);
    } else if (what === 0 || open.length === 0) {
      const id = `r${rows.size + 1}`;
      const grows = below(2) === 0;
      const row = { id, seq: rows.size + 1, content: grows ? "" : "said", status: grows ? "open" : "complete", author: "x", meta: {}, updated_at: now() };
      if (grows) open.push(id);
      rows.set(id, row);
      emit({ event: "added", row }, rows);
    } else {
      const at = below(open.length);
      const row = rows.get(open[at]);
      if (what === 1) {
        const ended = { ...row, status: "complete", updated_at: now() };
        open.splice(at, 1);
        rows.set(row.id, ended);
        emit({ event: "finished", row: ended }, rows);
      } else {
        const delta = Array.from({ length: below(4) + 1 }, () => WORDS[below(WORDS.length)]).join("");
        rows.set(row.id, { ...row, content: row.content + delta, updated_at: now() });
        emit({ event: "grew", row_id: row.id, offset: points(row.content), delta }, rows);
      }
    }
  }
  return { events, states };
}

const plain = (rows) => [...rows].map(({ id, content, status, meta }) => [id, content, status, meta?.x]);

test("from any page on, cut anywhere and told again, the rows are those of the server", () => {
  for (let seed = 1; seed <= 2000; seed += 1) {
    const below = chance(seed);
    const { events, states } = life(below);
    const fold = new RoomFold();
    const begin = below(events.length);
    const page = [...states[begin].values()].slice(-1 - below(5));
    fold.page(page, begin);
    let at = begin;
    let most = begin;
    let first = page[0]?.seq ?? 1;
    while (at < events.length) {
      const upTo = Math.min(events.length, at + 1 + below(8));
      for (const event of events.slice(at, upTo)) assert.equal(fold.take(event, new Set()), FITS, `seed ${seed}`);
      most = Math.max(most, upTo);
      assert.equal(fold.number, most);
      at = upTo - below(Math.min(6, upTo - begin + 1)); // it was cut, and some is told twice
      if (upTo === events.length) break;
      if (below(5) === 0) {
        const newest = [...states[upTo].values()].slice(-3);
        fold.page(newest, upTo);
        first = Math.min(first, newest[0]?.seq ?? first);
      }
    }
    const wanted = [...states.at(-1).values()].filter((row) => row.seq >= first);
    assert.deepEqual(plain(fold.rows), plain(wanted), `seed ${seed}`);
  }
});

test("growth that does not fit is noticed, and what was grown already is not grown again", () => {
  const fold = new RoomFold();
  fold.page([{ id: "a", seq: 1, content: "😀b", status: "open" }], 5);
  const changed = new Set();
  assert.equal(fold.take({ event: "grew", row_id: "a", offset: 3, delta: "x", n: 7 }, changed), GAP);
  assert.equal(fold.take({ event: "grew", row_id: "a", offset: 1, delta: "bc", n: 6 }, changed), FITS);
  assert.equal(fold.get("a").content, "😀bc");
  assert.equal(fold.take({ event: "grew", row_id: "a", offset: 0, delta: "😀b", n: 4 }, new Set()), FITS);
  assert.equal(fold.get("a").content, "😀bc");
  assert.deepEqual([...changed], ["a"]);
});

test("a page that comes late takes nothing back", () => {
  const fold = new RoomFold();
  fold.page([{ id: "a", seq: 1, content: "whole", status: "complete" }, { id: "b", seq: 2, content: "longer", status: "open" }], 9);
  fold.page([{ id: "a", seq: 1, content: "wh", status: "open" }, { id: "b", seq: 2, content: "lo", status: "open" }]);
  assert.deepEqual(plain(fold.rows), [["a", "whole", "complete", undefined], ["b", "longer", "open", undefined]]);
});

test("nor does one that was read before rows were annotated", () => {
  const fold = new RoomFold();
  const row = (id, status, n) => ({ id, seq: 1, content: "so", status, meta: { x: { n } }, updated_at: `2026-11-20T10:15:3${n}.000Z` });
  for (const status of ["complete", "open"]) {
    fold.page([row(status, status, 5)], 9);
    fold.page([row(status, status, 4)]);
    assert.equal(fold.get(status).meta.x.n, 5);
    fold.take({ event: "changed", row: row(status, status, 6), n: 10 }, new Set());
    assert.equal(fold.get(status).meta.x.n, 6);
  }
});

test("rows before the oldest page stay out, and trimming keeps what grows", () => {
  const fold = new RoomFold();
  fold.page([5, 6, 7, 8].map((seq) => ({ id: `r${seq}`, seq, content: "", status: seq === 6 ? "open" : "complete" })), 1);
  fold.take({ event: "finished", row: { id: "r2", seq: 2, content: "", status: "complete" }, n: 2 }, new Set());
  assert.deepEqual(fold.rows.map((row) => row.seq), [5, 6, 7, 8]);
  assert.deepEqual(fold.trim(1), ["r5"]);
  assert.equal(fold.firstSeq, 6);
});

test("code points are what is counted", () => {
  assert.equal(points("a😀漢"), 3);
  for (const [text, at, rest] of [["a😀漢", 2, "漢"], ["abc", 0, "abc"], ["😀", 1, ""], ["", 3, ""]]) assert.equal(fromPoint(text, at), rest);
});

test("events come out of any split of the text", () => {
  const stream = ": hi\n\nretry: 500\n\nid: 7\n\ndata: {\"a\":1}\nid: 8\n\r\ndata: x\r\ndata: y\r\nid: 9\r\n\r\ndata:z\rid: bad\0\r\revent: e\n\ndata: half";
  const whole = new EventReader();
  const wanted = whole.feed(stream);
  assert.deepEqual(wanted, [{ data: '{"a":1}', id: "8" }, { data: "x\ny", id: "9" }, { data: "z", id: "9" }]);
  assert.equal(whole.retry, 500);
  for (let seed = 1; seed <= 500; seed += 1) {
    const below = chance(seed);
    const reader = new EventReader("3");
    const events = [];
    for (let at = 0; at < stream.length; ) {
      const size = below(6) + 1;
      events.push(...reader.feed(stream.slice(at, at + size)));
      at += size;
    }
    assert.deepEqual(events, wanted, `seed ${seed}`);
    assert.equal(reader.id, "9");
  }
});

test("an id counts from the end of its block on", () => {
  const reader = new EventReader("3");
  reader.feed("id: 4\ndata: x\n");
  assert.equal(reader.id, "3");
  reader.feed("\n");
  assert.equal(reader.id, "4");
});
