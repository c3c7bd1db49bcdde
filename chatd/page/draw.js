// Markdown's values as elements. Blocks that have not changed stay as they are: a selection in them does, too.

import { h } from "./dom.js";
import { highlight } from "./highlight.js";
import { blocks } from "./markdown.js";

const LONG_CODE = 6000; // characters

/** Draws one text into an element, again and again while it grows. */
export class Drawing {
  constructor(element) {
    this._element = element;
    this._drawn = [];
  }

  draw(text) {
    const wanted = blocks(text);
    if (this._append(wanted)) return;
    let same = 0;
    while (same < this._drawn.length && same < wanted.length && isSame(this._drawn[same], wanted[same])) same += 1;
    for (const { node } of this._drawn.splice(same)) node.remove();
    for (const block of wanted.slice(same)) {
      const node = drawBlock(block);
      this._element.append(node);
      this._drawn.push({ source: block.source, open: block.open, block, node });
    }
  }

  /** Code that is long already, and only grows, is made longer, without its colours: it gets them at its end. */
  _append(wanted) {
    const last = this._drawn.at(-1);
    const block = wanted.at(-1);
    if (wanted.length !== this._drawn.length || !last?.open || !block.open || block.lang !== last.block.lang) return false;
    if (block.text.length < LONG_CODE || !block.source.startsWith(last.source)) return false;
    last.node.querySelector("pre code").append(block.text.slice(last.block.text.length));
    Object.assign(last, { source: block.source, block });
    return true;
  }
}

const isSame = (drawn, block) => drawn.source === block.source && drawn.open === block.open;

function drawBlock(block) {
  switch (block.type) {
    case "heading":
      return h(`p.heading.h${block.level}`, { role: "heading", "aria-level": Math.min(6, block.level + 2) }, drawInline(block.nodes));
    case "rule":
      return h("hr");
    case "code":
      return drawCode(block);
    case "quote":
      return h("blockquote", null, block.blocks.map(drawBlock));
    case "list":
      return drawList(block);
    case "table":
      return drawTable(block);
    default:
      return h("p", null, drawInline(block.nodes));
  }
}

function drawInline(nodes) {
  return nodes.map((node) => {
    switch (node.type) {
      case "code":
        return h("code", null, node.text);
      case "break":
        return h("br");
      case "link":
        return h("a", { href: node.href, target: "_blank", rel: "noopener noreferrer nofollow", title: node.href }, drawInline(node.nodes));
      case "mention":
        return h("span.mention", null, node.text);
      case "strong":
      case "em":
      case "del":
        return h(node.type, null, drawInline(node.nodes));
      default:
        return document.createTextNode(node.text);
    }
  });
}

function drawList(block) {
  return h(block.ordered ? "ol" : "ul", null, block.items.map((item) => {
    const box = item.checked === null ? null : h("span.box", { role: "img", "aria-label": item.checked ? "done" : "to do" }, item.checked ? "☑ " : "☐ ");
    const inner = item.blocks.map(drawBlock);
    if (box !== null) (inner[0]?.tagName === "P" ? inner[0] : (inner.unshift(h("p")), inner[0])).prepend(box);
    const single = inner.length > 0 && inner[0].tagName === "P" && item.blocks.slice(1).every((one) => one.type === "list");
    return h(single ? "li.tight" : "li", { value: item.value }, inner);
  }));
}

function drawTable(block) {
  const row = (tag, cells) => h("tr", null, block.head.map((_, at) => h(`${tag}.${block.align[at] ?? "left"}`, tag === "th" ? { scope: "col" } : null, drawInline(cells[at] ?? []))));
  return h("div.table", { tabindex: 0, role: "group", "aria-label": "table" },
    h("table", null, h("thead", null, row("th", block.head)), h("tbody", null, block.rows.map((cells) => row("td", cells)))));
}

function drawCode(block) {
  const pieces = highlight(block.text, block.lang).map(({ kind, text }) => (kind === "" ? text : h(`span.${kind}`, null, text)));
  const label = [block.lang, block.title].filter(Boolean).join(" ");
  const code = h("code", null, pieces);
  const copy = h("button.copy", { type: "button", click: (event) => copyText(code.textContent, event.currentTarget) }, "Copy");
  return h("figure.code", null,
    h("figcaption", null, h("span.lang", null, label || "text"), copy),
    h("pre", { tabindex: 0, "aria-label": label === "" ? "code" : `code, ${label}` }, code));
}

/** Copy a text, and say on the button that it was done. */
export async function copyText(text, button) {
  const label = button.textContent;
  try {
    if (navigator.clipboard === undefined) copyOldWay(text);
    else await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not copied";
  }
  setTimeout(() => (button.textContent = label), 1500);
}

/** Where the page did not come by https. */
function copyOldWay(text) {
  const area = h("textarea.visually-hidden", { "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("refused");
}
