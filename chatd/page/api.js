// The server's API. What it refuses is a Problem; what does not reach it is Offline.

export class Problem extends Error {
  constructor(status, detail, retryAfter = null) {
    super(detail);
    this.status = status;
    this.retryAfter = retryAfter; // seconds
  }

  /** Whether the same may be taken later. */
  get passes() {
    return this.status === 429 || this.status === 503 || this.status === 408;
  }
}

export class Offline extends Error {}

export const roomPath = (room) => `/api/v1/rooms/${encodeURIComponent(room)}`;

export const get = (path) => call("GET", path);

export const post = (path, value = {}) => call("POST", path, value);

export const patch = (path, value) => call("PATCH", path, value);

const PATIENCE_MS = 30_000;

async function call(method, path, value) {
  const options = { method, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) };
  if (value !== undefined) {
    options.headers = { "content-type": "application/json" };
    options.body = JSON.stringify(value);
  }
  let answer;
  let text;
  try {
    answer = await fetch(path, options);
    text = await answer.text();
  } catch (error) {
    throw new Offline(String(error));
  }
  if (!answer.ok) throw problemOf(answer, text);
  return text === "" ? null : JSON.parse(text);
}

export function problemOf(answer, text) {
  let detail = `the server answered ${answer.status}`;
  try {
    detail = JSON.parse(text).detail ?? detail;
  } catch {
    // a proxy's page, perhaps
  }
  const after = Number(answer.headers.get("retry-after"));
  return new Problem(answer.status, detail, after > 0 ? after : null);
}
