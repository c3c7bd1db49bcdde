// One row of a room as it looks.

import { h } from "./dom.js";
import { copyText, Drawing } from "./draw.js";
import { clock, colourOf, continues, ending, figures, found, sourcesOf } from "./look.js";

const PLAIN = new Set(["message.system"]);
const SHOWN_FOUND = 4; // of what scripts have found out; all of it stands in the tip

export class RowView {
  /** `acts`: what its buttons do: `retry(row)`, `show({id, seq})`, `mayWrite()`, `me`. */
  constructor(row, acts) {
    this._acts = acts;
    this._row = null;
    this._head = null;
    this._drawing = null;
    this._results = new Map();
    this.element = h(`li.row.${kindOf(row)}`, { id: `row-${row.id}` });
    this._build(row);
  }

  /** Show the row as it is now; `before` is the row above it. */
  update(row, before) {
    this.element.classList.toggle("cont", continues(row, before));
    if (row === this._row) return;
    const grown = this._row !== null && this._row.status === "open" && row.status === "open" && row.meta === this._row.meta;
    this._row = row;
    this.element.classList.toggle("open", row.status === "open");
    this.element.classList.toggle("mine", row.author === this._acts.me);
    this._text(row);
    if (!grown) this._frame(row);
  }

  /** A tool's answer stands with its call. */
  result(row) {
    if (this._results.get(row.id) === row || this._details === undefined) return;
    this._results.set(row.id, row);
    this._state.textContent = row.status === "open" ? "running" : row.status === "complete" ? "done" : ending(row.status);
    this._output.replaceChildren(h("p.label", null, "Result"), h("pre", { tabindex: 0 }, row.content));
  }

  _build(row) {
    if (row.content_method.startsWith("tool.")) {
      this._buildTool(row);
      return;
    }
    this._head = h("div.head");
    this._thoughts = h("div.thoughts");
    this._body = h("div.body");
    this._foot = h("div.actions");
    this.element.append(this._head, this._thoughts, this._body, this._foot);
    if (PLAIN.has(row.content_method)) this._drawing = { draw: (text) => (this._body.textContent = text) };
    else this._drawing = new Drawing(this._body);
  }

  _buildTool(row) {
    this._state = h("span.state", null, row.content_method === "tool.call" ? "running" : "");
    this._output = h("div.output");
    this._input = h("div.input");
    const words = row.content_method === "tool.call" ? ["uses ", h("code", null, row.tool_name ?? "a tool")] : ["result of ", h("code", null, row.tool_name ?? "a tool")];
    this._details = h("details.tool", null,
      h("summary", null, h(`span.name.c${colourOf(row.author)}`, null, row.author), " ", words, " ", this._state), this._input, this._output);
    this._thoughts = h("div.thoughts");
    this.element.append(this._thoughts, this._details);
    this._drawing = { draw: (text) => this._input.replaceChildren(h("pre", { tabindex: 0 }, pretty(text))) };
  }

  _text(row) {
    const action = row.content_method === "message.user" && row.content.startsWith("/me ");
    this.element.classList.toggle("action", action);
    if (action) this._body.replaceChildren(h("p", null, h("em", null, `${row.author} ${row.content.slice(4)}`)));
    else this._drawing.draw(row.status === "deleted" ? "(deleted)" : row.content);
  }

  _frame(row) {
    this._drawThoughts(row);
    if (this._head === null) return;
    this._drawHead(row);
    this._drawActions(row);
  }

  _drawHead(row) {
    const at = new Date(row.created_at);
    const time = h("time", { datetime: row.created_at, title: at.toLocaleString() }, clock(at));
    if (row.content_method === "message.system") {
      this._head.replaceChildren(time);
      return;
    }
    const ended = ending(row.status);
    const asked = row.content_method.startsWith("message.model") && row.meta.asker ? h("span.asker", null, `for ${row.meta.asker}`) : null;
    this._head.replaceChildren(
      h(`span.name.c${colourOf(row.author)}`, null, row.author), " ",
      ...(row.content_method.startsWith("message.model") ? [h("span.kind", null, "model"), " "] : []),
      ...(asked === null ? [] : [asked, " "]), time,
      ...(row.meta.retries ? [" ", h("span.tag", null, "asked again")] : []),
      ...(row.meta.edited_at ? [" ", h("span.tag", null, "edited")] : []),
      ...(ended === "" ? [] : [" ", h(`span.tag.${row.status}`, null, ended)]),
    );
  }

  _drawThoughts(row) {
    const thinking = row.meta.thinking;
    if (typeof thinking !== "string" || thinking === "") {
      this._thoughts.replaceChildren();
      return;
    }
    if (this._thoughts.childElementCount > 0) return;
    const body = h("div.body");
    const details = h("details", { toggle: () => details.open && body.childElementCount === 0 && new Drawing(body).draw(thinking) },
      h("summary", null, "Thoughts"), body);
    this._thoughts.replaceChildren(details);
  }

  _drawActions(row) {
    const button = (label, act, about) => h("button", { type: "button", click: act, title: about }, label);
    const buttons = [];
    const model = row.content_method.startsWith("message.model");
    if (row.status !== "open" && row.content_method !== "message.system") {
      buttons.push(button("Copy", (event) => copyText(this._row.content, event.currentTarget), "copy the text as it was written"));
      if (model && row.parent_id !== null && this._acts.mayWrite()) buttons.push(button("Ask again", () => this._acts.retry(row), "put the same question once more"));
    }
    const sources = model ? sourcesOf(row.meta) : [];
    if (sources.length > 0) buttons.push(h("span.figures", null, "sources"), ...sources.map((source) => button(`#${source.seq}`, () => this._acts.show(source), "show this row")));
    const measured = model ? figures(row.meta) : [];
    const analysed = found(row.meta);
    const analysis = analysed.length > 0 ? [h("span.found", { title: analysed.join("\n") }, analysed.slice(0, SHOWN_FOUND).join("  "))] : [];
    this._foot.replaceChildren(...buttons, ...analysis, ...(measured.length > 0 ? [h("span.figures", { title: measured.join(", ") }, measured.slice(0, 2).join(" · "))] : []));
  }
}

function kindOf(row) {
  if (row.content_method.startsWith("message.model")) return "model";
  if (row.content_method.startsWith("tool.")) return "toolrow";
  return row.content_method === "message.system" ? "system" : "user";
}

/** Arguments of a call, laid out where they are JSON. */
function pretty(text) {
  if (text.length > 20_000) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
