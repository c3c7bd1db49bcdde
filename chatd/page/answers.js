// The answers that run in the open room, in a line each above the composer.

import { $, arrange, h } from "./dom.js";
import { colourOf, lastThought, progress } from "./look.js";

export class Answers {
  /** `cancel(mention)`; `me` is one's own name. */
  constructor({ cancel, me }) {
    this._cancel = cancel;
    this._me = me;
    this._items = new Map();
    this._running = [];
  }

  /** One's own newest running answer; undefined without one. */
  get own() {
    return this._running.findLast((answer) => answer.asker === this._me);
  }

  show(running) {
    this._running = running;
    const ids = new Set(running.map((answer) => answer.mention_id));
    for (const id of this._items.keys()) if (!ids.has(id)) this._items.delete(id);
    const list = $("answers");
    list.hidden = running.length === 0;
    arrange(list, running.map((answer) => this._item(answer)));
  }

  _item(answer) {
    let item = this._items.get(answer.mention_id);
    if (item === undefined) {
      const mine = answer.asker === this._me;
      item = h("li", null, h("span.pulse", { "aria-hidden": "true" }), h(`span.name.c${colourOf(answer.model)}`, null, answer.model),
        h("span.stage"), h("span.thought"), mine ? h("button", { type: "button", click: () => this._cancel(answer.mention_id), "aria-label": `Cancel ${answer.model}'s answer` }, "Cancel") : h("span.asker", null, `for ${answer.asker}`));
      this._items.set(answer.mention_id, item);
    }
    item.querySelector(".stage").textContent = progress(answer, Date.now());
    item.querySelector(".thought").textContent = lastThought(answer.thought ?? "");
    return item;
  }
}
