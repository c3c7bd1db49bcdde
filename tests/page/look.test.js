// How things are said, and code in colours.

import assert from "node:assert/strict";
import test from "node:test";
import { highlight } from "../../chatd/page/highlight.js";
import { badge, colourOf, continues, day, ending, figures, firstUnread, found, lastThought, progress, sourcesOf } from "../../chatd/page/look.js";
import { chance, textOf } from "./random.js";

const PIECES = ["if", "x", " ", "\n", "\"", "'", "`", "\\", "#", "//", "/*", "*/", "--", "<!--", "-->", "<b a=\"c\">", "12", "0xff", "1.5e3", "\"\"\"", "return", "漢", "😀", "$", "@", "(", ")"];

test("code in colours is the code", () => {
  for (let seed = 1; seed <= 2000; seed += 1) {
    const below = chance(seed);
    const code = textOf(below, PIECES, 30);
    const lang = ["js", "python", "sh", "html", "sql", "lua", "rust", "c", "json", "yaml", "nothing", ""][below(12)];
    assert.equal(highlight(code, lang).map((piece) => piece.text).join(""), code, `seed ${seed}, ${lang}`);
  }
});

test("strings, comments, numbers and keywords are told apart", () => {
  const kinds = (code, lang) => highlight(code, lang).filter((piece) => piece.kind !== "").map((piece) => `${piece.kind}:${piece.text}`);
  assert.deepEqual(kinds('if x == "a#b":  # 12', "Python"), ["keyword:if", "string:\"a#b\"", "comment:# 12"]);
  assert.deepEqual(kinds("const a = 1_000; // no", "ts"), ["keyword:const", "number:1_000", "comment:// no"]);
  assert.deepEqual(kinds("SELECT 'it' -- x", "sql"), ["keyword:SELECT", "string:'it'", "comment:-- x"]);
  assert.deepEqual(kinds("echo ${#a} # c", "sh"), ["keyword:echo", "comment:# c"]);
});

test("long and hostile code takes no time", () => {
  for (const piece of ["\"", "'", "/*", "`", "\\", "#", "\"\"\"", "<!--", "a", "1"]) {
    for (const lang of ["js", "python", "html", "c", "lua"]) {
      const began = process.cpuUsage().user;
      highlight(piece.repeat(55_000 / piece.length), lang);
      assert.ok((process.cpuUsage().user - began) / 1000 < 500, `${lang} with ${piece}`);
    }
  }
});

test("a name has one colour, and names have many", () => {
  const colours = new Set();
  for (let number = 0; number < 300; number += 1) {
    const colour = colourOf(`name-${number}`);
    assert.ok(Number.isInteger(colour) && colour >= 0 && colour < 12);
    assert.equal(colour, colourOf(`name-${number}`));
    colours.add(colour);
  }
  assert.equal(colours.size, 12);
});

test("what scripts have found out is told in a few words each, by key", () => {
  assert.deepEqual(found({ x: { pathos: 0.3, ethos: 0.2, logos: 0.5 } }), ["ethos 20 %", "logos 50 %", "pathos 30 %"]);
  assert.deepEqual(found({ x: { a: 1, b: 0, c: 2, d: 12.345, e: -1, f: true } }), ["a 100 %", "b 0 %", "c 2", "d 12.35", "e -1", "f yes"]);
  assert.deepEqual(found({ x: { tone: "warm", long: "é".repeat(40), table: { a: 1 }, list: [1], huge: 1e300 } }), [`long ${"é".repeat(23)}…`, "tone warm"]);
  assert.deepEqual(found({}), []);
});

test("the line of what is new stands above the first of so many rows of others", () => {
  const rows = ["a", "me", "b", "me", "c", "me"].map((author, at) => ({ id: `${at}`, author }));
  assert.equal(firstUnread(rows, 0, "me"), null);
  assert.equal(firstUnread(rows, 1, "me"), "4");
  assert.equal(firstUnread(rows, 2, "me"), "2");
  assert.equal(firstUnread(rows, 9, "me"), "0", "all that is loaded is new");
  assert.equal(firstUnread([], 3, "me"), null);
});

test("rows of one person in a row stand below one head", () => {
  const row = (author, at, kind = "message.user") => ({ author, content_method: kind, created_at: new Date(at * 60_000).toISOString() });
  assert.ok(continues(row("a", 1), row("a", 0)));
  assert.ok(!continues(row("a", 6), row("a", 0)) && !continues(row("b", 1), row("a", 0)) && !continues(row("a", 1), undefined));
  assert.ok(!continues(row("m", 1, "message.model"), row("m", 0, "message.model")));
});

test("figures, endings and progress are words", () => {
  assert.deepEqual(figures({ tokens_per_s: 23.44, duration_ms: 5200, first_token_ms: 80 }), ["23 tokens/s", "5.2 s", "first word after 80 ms"]);
  assert.deepEqual(figures({ tokens_per_s: "x" }), []);
  assert.equal(ending("complete") + ending("open"), "");
  assert.equal(ending("truncated"), "cut off");
  const answer = { stage: "answering", position: null, retry: null, tool: null, tokens_per_s: 2.54, started_ms: 1000 };
  assert.equal(progress(answer, 4500), "answering · 2.5 tokens/s · 3 s");
  assert.equal(progress({ ...answer, stage: "queued", position: 2, tokens_per_s: 0 }, 1000), "number 2 in the queue");
  assert.equal(progress({ ...answer, stage: "calling", tool: "clock", tokens_per_s: 0 }, 1000), "running clock");
  assert.equal(badge(100), "99+");
});

test("days are told from today", () => {
  const now = new Date(2026, 10, 30, 0, 5);
  assert.equal(day(new Date(2026, 10, 30, 0, 1), now), "Today");
  assert.equal(day(new Date(2026, 10, 29, 23, 59), now), "Yesterday");
  assert.match(day(new Date(2025, 0, 2), now), /2025/);
});

test("of a thought the last line is shown, from a word on", () => {
  assert.equal(lastThought(""), "");
  assert.equal(lastThought("One.\nTwo, then.\n"), "Two, then.");
  const long = lastThought(`${"word ".repeat(100)}end`);
  assert.ok(long.startsWith("… word ") && long.endsWith(" end") && long.length <= 120);
  assert.ok(lastThought("x".repeat(500)).length <= 120);
});

test("sources are rows, whatever else the meta has", () => {
  assert.deepEqual(sourcesOf({ sources: [{ seq: 3, id: "a" }, { seq: "4", id: "b" }, null, { seq: 5 }] }), [{ seq: 3, id: "a" }]);
  for (const meta of [{}, { sources: "all" }, { sources: { seq: 1 } }]) assert.deepEqual(sourcesOf(meta), []);
});
