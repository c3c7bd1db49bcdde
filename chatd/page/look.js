// How things are said: names' colours, times, figures, endings. Pure.

const COLOURS = 12;

/** The number of a name's colour: always the same one. */
export function colourOf(name) {
  let hash = 2166136261;
  for (const char of name) hash = Math.imul(hash ^ char.codePointAt(0), 16777619) >>> 0;
  return ((hash ^ (hash >>> 15)) >>> 0) % COLOURS;
}

const two = (number) => String(number).padStart(2, "0");

export function clock(date) {
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** A day for a line between rows. */
export function day(date, now = new Date()) {
  const midnight = (one) => new Date(one.getFullYear(), one.getMonth(), one.getDate()).getTime();
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return date.toLocaleDateString(undefined, { weekday: "long", year: "numeric", month: "long", day: "numeric" });
}

const ENDINGS = {
  length: "stopped at the limit on length", cancelled: "cancelled", truncated: "cut off", failed: "failed",
  interrupted: "the server stopped", deleted: "deleted",
};

/** How an answer ended, in words; "" for one that is whole, or still grows. */
export function ending(status) {
  return ENDINGS[status] ?? "";
}

/** What was measured of a finished answer, the more telling first. */
export function figures(meta) {
  const parts = [];
  if (typeof meta.tokens_per_s === "number") parts.push(`${rounded(meta.tokens_per_s)} tokens/s`);
  if (typeof meta.completion_tokens === "number") parts.push(`${meta.completion_tokens} tokens`);
  if (typeof meta.duration_ms === "number") parts.push(seconds(meta.duration_ms));
  if (typeof meta.first_token_ms === "number") parts.push(`first word after ${seconds(meta.first_token_ms)}`);
  return parts;
}

/** The rows that an answer's model was given as related ones: `{seq, id}` of each. */
export function sourcesOf(meta) {
  const named = Array.isArray(meta.sources) ? meta.sources : [];
  return named.filter((one) => Number.isInteger(one?.seq) && typeof one.id === "string");
}

const MAX_FOUND = 24;

/** What scripts have found out about a row, in a few words each, by key: a number from 0 to 1 is a share. */
export function found(meta) {
  const values = meta.x ?? {};
  const keys = Object.keys(values).sort();
  return keys.map((key) => [key, foundValue(values[key])]).filter(([, words]) => words !== null).map(([key, words]) => `${key} ${words}`);
}

function foundValue(value) {
  if (typeof value === "string") return [...value].length > MAX_FOUND ? `${[...value].slice(0, MAX_FOUND - 1).join("")}…` : value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number" || !(Math.abs(value) < 1e12)) return null;
  return value >= 0 && value <= 1 ? `${Math.floor(value * 100 + 0.5)} %` : `${Math.round(value * 100) / 100}`;
}

/** What a running answer is at, for the line above the composer. */
export function progress(answer, nowMs) {
  const parts = [answer.stage === "calling" && answer.tool ? `running ${answer.tool}` : STAGES[answer.stage] ?? answer.stage];
  if (typeof answer.position === "number") parts[0] = `number ${answer.position} in the queue`;
  if (answer.retry) parts[0] = answer.retry;
  if (answer.tokens_per_s > 0) parts.push(`${rounded(answer.tokens_per_s)} tokens/s`);
  const since = Math.max(0, nowMs - answer.started_ms);
  if (since >= 1000) parts.push(`${Math.floor(since / 1000)} s`);
  return parts.join(" · ");
}

/** The last line of what a model thinks at the moment, from the beginning of a word on; "" when it does not. */
export function lastThought(thought) {
  const line = thought.trimEnd().split("\n").at(-1).trim();
  return line.length < 120 ? line : `… ${line.slice(-110).replace(/^\S*\s/, "")}`;
}

const STAGES = { queued: "in the queue", asking: "asked", retrying: "asking again", thinking: "thinking", answering: "answering", calling: "running a tool" };

const rounded = (value) => (value >= 10 ? Math.round(value) : Math.round(value * 10) / 10);

export function seconds(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${rounded(ms / 1000)} s`;
}

/** Whether a row stands without a head of its own below the one before it. */
export function continues(row, before) {
  if (before === undefined || before.author !== row.author || before.content_method !== row.content_method) return false;
  if (row.content_method !== "message.user") return false;
  return Date.parse(row.created_at) - Date.parse(before.created_at) < 5 * 60_000;
}

/** The id of the row above which "N new" stands: `unread` rows of others come after it; null when there are none. */
export function firstUnread(rows, unread, me) {
  let left = unread;
  for (let at = rows.length - 1; at >= 0 && left > 0; at -= 1) {
    if (rows[at].author === me) continue;
    left -= 1;
    if (left === 0) return rows[at].id;
  }
  return left > 0 && left < unread ? rows[0].id : null;
}

/** A number of unread rows, small enough for a badge. */
export const badge = (unread) => (unread > 99 ? "99+" : String(unread));
