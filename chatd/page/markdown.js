// Markdown as values: blocks, each with the source it came from, so that a text that grows is drawn anew only at its end.

import { inline } from "./inline.js";

const FENCE = /^( {0,3})(`{3,}|~{3,})\s*([^`\n]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]|$)/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:([ \t]+)(.*)|$)/;
const FIRST_ITEM = /^ {0,3}([-*+]|1[.)])[ \t]+\S/; // what begins a list within a paragraph: "1986." at a line's start does not
const DIVIDER = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const TASK = /^\[([ xX])\][ \t]+/;
const MAX_DEPTH = 6; // quotes and lists within each other; deeper ones are text
const MAX_CELLS = 64;

/** The blocks of a text: `{type, source, …}`. */
export function blocks(text, depth = 0) {
  const lines = text.split(/\r\n|\r|\n/);
  const found = [];
  for (let at = 0; at < lines.length; ) {
    if (lines[at].trim() === "") {
      at += 1;
      continue;
    }
    const [block, end] = blockAt(lines, at, depth);
    found.push({ ...block, source: lines.slice(at, end).join("\n") });
    at = end;
  }
  return found;
}

function blockAt(lines, at, depth) {
  const line = lines[at];
  let m;
  if ((m = FENCE.exec(line))) return fence(lines, at, m);
  if ((m = HEADING.exec(line))) return heading(m[1].length, line.slice(m[0].length), at);
  if (RULE.test(line)) return [{ type: "rule" }, at + 1];
  if (depth < MAX_DEPTH && QUOTE.test(line)) return quote(lines, at, depth);
  if (depth < MAX_DEPTH && ITEM.test(line)) return list(lines, at, depth);
  if (line.includes("|") && DIVIDER.test(lines[at + 1] ?? "") && cells(line).length === cells(lines[at + 1]).length) {
    return table(lines, at);
  }
  return paragraph(lines, at, depth);
}

function heading(level, text, at) {
  const words = text.trim();
  const bare = words.replace(/(?:^|(?<=[ \t]))#+$/, "").trim();
  return [{ type: "heading", level, nodes: inline(bare) }, at + 1];
}

function fence(lines, at, m) {
  const [, indent, sign, info] = m;
  const close = new RegExp(`^ {0,3}${sign[0]}{${sign.length},}[ \\t]*$`);
  let end = at + 1;
  while (end < lines.length && !close.test(lines[end])) end += 1;
  const strip = new RegExp(`^ {0,${indent.length}}`);
  const text = lines.slice(at + 1, end).map((line) => line.replace(strip, "")).join("\n");
  const lang = info.trim().split(/\s+/)[0] ?? "";
  const rest = info.trim().slice(lang.length).trim();
  return [{ type: "code", lang, title: rest, text, open: end >= lines.length }, Math.min(end + 1, lines.length)];
}

function quote(lines, at, depth) {
  let end = at;
  const inner = [];
  while (end < lines.length && (QUOTE.test(lines[end]) || (lines[end].trim() !== "" && !starts(lines, end, depth)))) {
    inner.push(lines[end].replace(QUOTE, ""));
    end += 1;
  }
  return [{ type: "quote", blocks: blocks(inner.join("\n"), depth + 1) }, end];
}

function list(lines, at, depth) {
  const first = ITEM.exec(lines[at]);
  const kind = first[2].at(-1);
  const ordered = /\d/.test(first[2]);
  const items = [];
  let end = at;
  while (end < lines.length) {
    const m = ITEM.exec(lines[end]);
    if (m === null || m[2].at(-1) !== kind || RULE.test(lines[end])) break;
    const width = m[1].length + m[2].length + Math.min(m[3]?.length ?? 1, 4);
    const inner = [m[4] ?? ""];
    end += 1;
    while (end < lines.length && belongs(lines, end, m[1].length + 2, depth)) {
      inner.push(lines[end].replace(new RegExp(`^[ \\t]{0,${width}}`), ""));
      end += 1;
    }
    items.push(item(m[2], inner.join("\n"), depth));
    let next = end;
    while (next < lines.length && lines[next].trim() === "") next += 1;
    if (next < lines.length && ITEM.exec(lines[next])?.[2].at(-1) === kind) end = next;
  }
  return [{ type: "list", ordered, items }, end];
}

function item(marker, text, depth) {
  const task = TASK.exec(text);
  const rest = task === null ? text : text.slice(task[0].length);
  return {
    value: /\d/.test(marker) ? parseInt(marker, 10) : null,
    checked: task === null ? null : task[1] !== " ",
    blocks: blocks(rest, depth + 1),
  };
}

/** Whether a line goes on with an item: it is indented, or a paragraph's that no other block interrupts. */
function belongs(lines, at, indent, depth) {
  const line = lines[at];
  if (line.trim() === "") {
    let next = at;
    while (next < lines.length && lines[next].trim() === "") next += 1;
    return next < lines.length && next - at < 3 && /^[ \t]*/.exec(lines[next])[0].replace(/\t/g, "    ").length >= indent;
  }
  if (/^[ \t]*/.exec(line)[0].replace(/\t/g, "    ").length >= indent) return true;
  return lines[at - 1].trim() !== "" && !ITEM.test(line) && !starts(lines, at, depth);
}

/** Whether something begins here that ends a paragraph. */
function starts(lines, at, depth) {
  const line = lines[at];
  if (FENCE.test(line) || HEADING.test(line) || RULE.test(line)) return true;
  return depth < MAX_DEPTH && (QUOTE.test(line) || FIRST_ITEM.test(line));
}

function paragraph(lines, at, depth) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() !== "" && !starts(lines, end, depth)) {
    if (lines[end].includes("|") && DIVIDER.test(lines[end + 1] ?? "")) break;
    end += 1;
  }
  const text = lines.slice(at, end).map((line) => line.trim()).join("\n");
  return [{ type: "paragraph", nodes: inline(text) }, end];
}

function cells(line) {
  const inner = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/, MAX_CELLS).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function table(lines, at) {
  const head = cells(lines[at]);
  const align = cells(lines[at + 1]).map((cell) => (cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "right") : "left"));
  let end = at + 2;
  const rows = [];
  while (end < lines.length && lines[end].includes("|") && lines[end].trim() !== "") {
    rows.push(cells(lines[end]).map(inline));
    end += 1;
  }
  return [{ type: "table", head: head.map(inline), align, rows }, end];
}
