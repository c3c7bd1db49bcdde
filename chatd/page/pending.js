// Messages on their way as they look: below the rows, until they are rows.

import { h } from "./dom.js";
import { colourOf } from "./look.js";

/** The element of one message. `refused`: why the server did not take it; `acts`: `again`, `edit`, `drop`. */
export function pendingView(message, { me, refused, offline, acts }) {
  const state = refused !== undefined ? `not sent: ${refused}` : offline ? "waits for the connection" : "on its way";
  const button = (label, act) => h("button", { type: "button", click: () => act(message) }, label);
  const buttons = refused !== undefined || offline ? [button("Edit", acts.edit), button("Discard", acts.drop)] : [];
  if (refused !== undefined) buttons.unshift(button("Send again", acts.again));
  return h(refused === undefined ? "li.row.user.pending" : "li.row.user.pending.refused", null,
    h("div.head", null, h(`span.name.c${colourOf(me)}`, null, me), " ", h("span.tag", { role: "status" }, state)),
    h("div.body", null, h("p.typed", null, message.text)), h("div.actions.shown", null, buttons));
}
