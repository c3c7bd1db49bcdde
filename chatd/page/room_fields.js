// What can be set of a room, in the order in which it is shown, and what of it was changed. Pure.

/** `kind`: a line, a text, the name of a model, or a switch; `most`: characters, as the server takes bytes. */
export const FIELDS = [
  { name: "topic", label: "Topic", kind: "line", most: 300, about: "What the room is about, in one line." },
  { name: "description", label: "Description", kind: "text", most: 2048, about: "What the room is for, at more length." },
  { name: "default", label: "Default model", kind: "model", about: "Who is asked where nobody is named." },
  { name: "system", label: "System prompt", kind: "text", most: 4096, about: "What models are told here beside the operator's words." },
  { name: "retrieval", label: "Retrieval", kind: "switch", about: "Models are given related rows of the room with each question." },
];

/** What is to be sent: each value that is another one now; null takes it away. */
export function changed(before, after) {
  const found = {};
  for (const { name } of FIELDS) {
    if (after[name] !== (before[name] ?? "")) found[name] = after[name] === "" ? null : after[name];
  }
  return found;
}

/** A setting that is typed: `{name, value}` of `NAME VALUE`, with `value` null where none stands; else null. */
export function typed(rest) {
  const m = /^(\S+)(?:\s+([\s\S]+))?$/.exec(rest);
  const name = m?.[1].toLowerCase();
  return FIELDS.some((field) => field.name === name) ? { name, value: m[2] ?? null } : null;
}
