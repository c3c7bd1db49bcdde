// Whatever somebody writes: its words are all there, in order, and nothing but known kinds of values come of it.

import assert from "node:assert/strict";
import test from "node:test";
import { inline, MAX_INLINE, safeUrl } from "../../chatd/page/inline.js";
import { blocks } from "../../chatd/page/markdown.js";
import { chance, textOf } from "./random.js";

const PIECES = [
  "a", "word", " ", "  ", "\n", "\n\n", "*", "**", "***", "_", "~~", "`", "``", "```\n", "~~~", "```js\n", "# ", "## ", "> ", "- ", "1. ", "12) ", "[", "](", ")",
  "[x](https://e.org)", "[y](javascript:boo)", "<img src=x onerror=boo()>", "<script>", "</script>", "&lt;", "|", "|-|", "| a | b |\n|---|---|\n", "\\", "\\*",
  "https://e.org/p_q", "@bob", "é", "漢字", "😀", "\t", "    ", "---\n", "![i](https://e.org/i.png)", "- [x] ", "<https://e.org>", "\r\n", "\0", "\u202e",
];
const INLINE = new Set(["text", "code", "strong", "em", "del", "link", "mention", "break"]);
const BLOCKS = new Set(["paragraph", "heading", "rule", "code", "quote", "list", "table"]);

/** All words of the values, in order. */
function wordsOf(block) {
  const out = [];
  const words = (node) => {
    assert.ok(INLINE.has(node.type), node.type);
    if (node.type === "link") assert.match(node.href, /^(https?:\/\/|mailto:)/i);
    if (node.text !== undefined) out.push(node.text);
    (node.nodes ?? []).forEach(words);
    if (node.type === "link") out.push(node.href);
  };
  const walk = (one) => {
    assert.ok(BLOCKS.has(one.type), one.type);
    if (one.type === "code") out.push(one.lang, one.title, one.text);
    (one.nodes ?? []).forEach(words);
    (one.blocks ?? []).forEach(walk);
    for (const item of one.items ?? []) {
      if (item.value !== null) out.push(String(item.value));
      if (item.checked) out.push("x");
      item.blocks.forEach(walk);
    }
    for (const cells of one.type === "table" ? [one.head, ...one.rows] : []) cells.forEach((cell) => cell.forEach(words));
  };
  walk(block);
  return out.join("");
}

const letters = (text) => text.normalize("NFC").match(/[\p{L}\p{N}]/gu)?.join("") ?? "";

/** Whether `all` has the letters of `some` in their order: an address that is its own text stands twice in values. */
function holds(all, some) {
  let at = 0;
  for (const letter of all) if (letter === some[at]) at += 1;
  return at === some.length;
}

test("every letter is kept, whatever the markup", () => {
  for (let seed = 1; seed <= 4000; seed += 1) {
    const text = textOf(chance(seed), PIECES, 40);
    const shown = blocks(text).map(wordsOf).join("");
    assert.ok(holds(letters(shown), letters(text)), `seed ${seed}: ${JSON.stringify(text)} became ${JSON.stringify(shown)}`);
  }
});

test("blocks hold the whole source, so that what has not changed need not be drawn again", () => {
  for (let seed = 1; seed <= 1000; seed += 1) {
    const text = textOf(chance(seed), PIECES, 30);
    const whole = blocks(text).map((block) => block.source).join("\n");
    assert.equal(whole.replace(/\s+/g, ""), text.replace(/\s+/g, ""), `seed ${seed}`);
  }
});

test("a text that grows has the same blocks in front, but for the last ones", () => {
  const text = "# Title\n\nFirst.\n\n```py\nx = 1\n```\n\n- a\n- b\n\nLast *words*.";
  const whole = blocks(text);
  for (let end = 1; end < text.length; end += 1) {
    const begun = blocks(text.slice(0, end));
    begun.slice(0, -1).forEach((block, at) => assert.equal(block.source, whole[at].source));
  }
  assert.deepEqual(whole.map((block) => block.type), ["heading", "paragraph", "code", "list", "paragraph"]);
});

test("no address but of the web and of mail is ever followed", () => {
  for (const url of ["javascript:alert(1)", "JaVaScRiPt:x", " javascript:x", "data:text/html,x", "vbscript:x", "//e.org", "/x", "#x", "file:///etc", "https://", "http:/x", "java\nscript:x", "https://e.org/\u0001"]) {
    assert.equal(safeUrl(url), null, url);
    assert.ok(!JSON.stringify(blocks(`[text](${url}) <${url}> ${url}`)).includes('"href":"j'), url);
  }
  assert.equal(safeUrl("HTTPS://e.org/a?b#c"), "HTTPS://e.org/a?b#c");
  assert.equal(safeUrl("mailto:a@e.org"), "mailto:a@e.org");
});

test("inline markup is read as people write it", () => {
  const kinds = (text) => inline(text).map((node) => node.type).join(" ");
  assert.equal(kinds("plain"), "text");
  assert.equal(kinds("a *b* c"), "text em text");
  assert.equal(kinds("**b** and `c` and ~~d~~"), "strong text code text del");
  assert.equal(kinds("snake_case_name and 2 * 3 * 4"), "text");
  assert.equal(kinds("ask @bob, mail a@b.org"), "text mention text");
  assert.deepEqual(inline("see https://e.org/a_(b).")[1], { type: "link", href: "https://e.org/a_(b)", nodes: [{ type: "text", text: "https://e.org/a_(b)" }] });
  assert.deepEqual(inline("\\*no\\*"), [{ type: "text", text: "*no*" }]);
  assert.deepEqual(inline("``a ` b``"), [{ type: "code", text: "a ` b" }]);
});

test("lists, quotes, tables and fences are blocks", () => {
  const [list] = blocks("3. a\n   more\n4. b\n   - c");
  assert.deepEqual(list.items.map((item) => item.value), [3, 4]);
  assert.equal(list.items[1].blocks[1].type, "list");
  const [table] = blocks("| a | b |\n|:-:|--:|\n| `x\\|y` | 2 |");
  assert.deepEqual(table.align, ["center", "right"]);
  assert.equal(table.rows[0][0][0].text, "x|y");
  const [open] = blocks("~~~sh\necho ```\n");
  assert.deepEqual([open.lang, open.text, open.open], ["sh", "echo ```\n", true]);
  assert.equal(blocks("> a\nb\n\nc")[0].source, "> a\nb");
});

test("what a stranger sends holds the browser for no longer than a blink", () => {
  const big = 100_000;
  const rude = ["*", "[", "`", "> ", "- ", "_a ", "![", "[x](", "|", "# ", " ", "\n", "1. ", "\t", "<https://", "``` ", "a@", "https://e.org/)", "**a ", "|-", "- \n\n", "* _ ~~ "];
  for (const piece of rude) {
    for (const text of [piece.repeat(big / piece.length), `# ${piece.repeat(big / piece.length)}x`, `${piece}\n`.repeat(20_000)]) {
      const began = process.cpuUsage().user;
      blocks(text);
      const took = (process.cpuUsage().user - began) / 1000;
      assert.ok(took < 1500, `${JSON.stringify(piece)} took ${took} ms`);
    }
  }
  assert.equal(inline("*a*".repeat(MAX_INLINE)).length, 1, "a paragraph that is too long is plain text");
});
