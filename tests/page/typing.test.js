// What is typed: completed, kept, and understood as the server does.

import assert from "node:assert/strict";
import test from "node:test";
import { COMMANDS, readLine } from "../../chatd/page/commands.js";
import { complete } from "../../chatd/page/completion.js";
import { Kept } from "../../chatd/page/drafts.js";
import { meaning } from "../../chatd/page/keys.js";
import { askAgain, splitQuestion } from "../../chatd/page/question.js";
import { changed, typed } from "../../chatd/page/room_fields.js";

const KNOWN = { models: ["eliza", "echo", "qwen3:8b"], people: ["bob", "bobby", "eliza"], commands: COMMANDS, rooms: ["lobby", "dev"] };
const labels = (text) => complete(text, text.length, KNOWN)?.choices.map((choice) => choice.label) ?? null;

/** As localStorage is, without a browser. */
class Memory {
  constructor(most = Infinity) {
    this._values = new Map();
    this._most = most;
  }
  get length() { return this._values.size; }
  key(at) { return [...this._values.keys()][at] ?? null; }
  getItem(key) { return this._values.get(key) ?? null; }
  removeItem(key) { this._values.delete(key); }
  setItem(key, text) {
    if (text.length > this._most) throw new Error("full");
    this._values.set(key, text);
  }
}

test("names, commands and rooms are completed where they may stand", () => {
  assert.deepEqual(labels("@e"), ["@eliza", "@echo"]);
  assert.deepEqual(labels("hi @bo"), ["@bob", "@bobby"]);
  assert.deepEqual(labels("@eliza,@qw"), ["@qwen3:8b"]);
  assert.deepEqual(labels("@wen"), ["@qwen3:8b"], "inside a name, too");
  assert.equal(labels("mail a@bo"), null);
  assert.deepEqual(labels("/se"), ["/search"]);
  assert.equal(labels("say /se"), null);
  assert.deepEqual(labels("/join d"), ["dev"]);
  assert.equal(labels("@echo"), null, "what is whole needs no menu");
  const found = complete("hi @bo there", 6, KNOWN);
  assert.deepEqual([found.from, found.to, found.choices[0].text], [3, 6, "@bob "]);
});

test("a line is said, or is a command", () => {
  assert.deepEqual(readLine(" hello "), { say: "hello" });
  assert.deepEqual(readLine("//join"), { say: "/join" });
  assert.deepEqual(readLine("/JOIN dev"), { run: "join", rest: "dev" });
  assert.deepEqual(readLine("/me waves"), { say: "/me waves" });
  assert.match(readLine("/nope x").problem, /no command \/nope/);
  assert.deepEqual(readLine("/usr/bin is a path"), { say: "/usr/bin is a path" });
});

test("a question is split as the server splits it", () => {
  assert.deepEqual(splitQuestion("@eliza why?"), { names: ["eliza"], text: "why?" });
  assert.deepEqual(splitQuestion(" @A,@b: two\nlines"), { names: ["a", "b"], text: "two\nlines" });
  assert.equal(splitQuestion("@bob's idea"), null);
  assert.equal(splitQuestion("hello @bob"), null);
  assert.equal(askAgain("qwen3:8b", "@a,b why?"), "@qwen3:8b why?");
});

test("drafts and messages on their way are kept for each person, and forgotten with them", () => {
  const storage = new Memory();
  const alice = new Kept(storage, "alice");
  alice.setDraft("lobby", "half a");
  alice.add({ id: "1", room: "lobby", text: "one" });
  alice.add({ id: "2", room: "dev", text: "two" });
  const again = new Kept(storage, "alice");
  assert.equal(again.draft("lobby"), "half a");
  assert.deepEqual(again.waiting.map((one) => one.text), ["one", "two"]);
  assert.equal(new Kept(storage, "bob").draft("lobby"), "");
  assert.deepEqual(new Kept(storage, "bob").waiting, []);
  new Kept(storage, "bob").setDraft("lobby", "bob's");
  again.remove("1");
  assert.deepEqual(alice.waiting.map((one) => one.id), ["2"]);
  again.forget();
  assert.equal(storage.length, 1, "bob's stays");
});

test("a browser that keeps nothing, or something else, is no failure", () => {
  const full = new Kept(new Memory(10), "alice");
  full.setDraft("lobby", "longer than that");
  assert.equal(full.draft("lobby"), "");
  assert.equal(full.add({ id: "1", room: "lobby", text: "one" }), false);
  const odd = new Memory();
  for (const text of ["{", "5", "[1, null, {\"id\": 3}]"]) {
    odd.setItem("chatd:alice:waiting", text);
    assert.deepEqual(new Kept(odd, "alice").waiting, []);
  }
});

test("keys mean something with Alt or Ctrl alone", () => {
  const key = (name, more = {}) => meaning({ key: name, code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });
  assert.equal(key("k", { ctrlKey: true }), "search");
  assert.equal(key("k"), null);
  assert.equal(key("ArrowDown", { altKey: true }), "down");
  assert.equal(key("ArrowDown", { altKey: true, shiftKey: true }), "news");
  assert.equal(key("ArrowDown"), null);
  assert.equal(key("ArrowUp", { altKey: true, ctrlKey: true }), null);
});

test("of a room's settings what was changed is sent, and null takes away", () => {
  const before = { topic: "tea", description: "", default: "bot", system: "", retrieval: "off" };
  assert.deepEqual(changed(before, { ...before }), {});
  assert.deepEqual(changed(before, { ...before, topic: "", retrieval: "on" }), { topic: null, retrieval: "on" });
  assert.deepEqual(changed({}, { topic: "", description: "", default: "", system: "", retrieval: "" }), {});
});

test("/room takes a setting and its value", () => {
  assert.deepEqual(typed("topic tea and  cake"), { name: "topic", value: "tea and  cake" });
  assert.deepEqual(typed("Retrieval"), { name: "retrieval", value: null });
  assert.equal(typed("colour red"), null);
  assert.equal(typed("constructor x"), null);
});
