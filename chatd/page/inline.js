// Inline Markdown: emphasis, code, links. Plain values come out, never markup.

const CODE = /(`{1,8})(?!`)/y;
const LINK = /!?\[([^\[\]\n]{1,400})\]\(\s*<?((?:[^()\s<>]|\([^()\s<>]{0,200}\)){1,1500}?)>?(?:\s+"[^"\n]{0,200}")?\s*\)/y;
const URL_BARE = /https?:\/\/[^\s<>"'`\u0000-\u001f]{1,1500}/y;
const ANGLE = /<((?:https?:\/\/|mailto:)[^\s<>]{1,1500})>/y;
const PLAIN = /[^\\`*_~[!<h\n@]+/y;
const ESCAPED = /\\([!-/:-@[-`{-~])/y;
const RUN = /(\*{1,3}|_{1,3}|~~)/y;
const MENTION = /@[A-Za-z0-9~][A-Za-z0-9._:~/-]{0,60}/y;
const WORD = /[\p{L}\p{N}_]/u;
const MAX_OPEN = 24; // openers that are remembered: whoever writes more has not meant them
export const MAX_INLINE = 16_384; // characters of one paragraph; what is longer is plain text

/** The address of a link that may be followed; null for any other. */
export function safeUrl(text) {
  return /^(https?:\/\/[^/\s]|mailto:[^\s@]+@[^\s@]+$)/i.test(text) && !/[\u0000-\u0020\u007f-\u009f]/.test(text) ? text : null;
}

/** `{type: text|code|strong|em|del|link|mention|break, …}` of a text; children stand in `nodes`. */
export function inline(text) {
  if (text.length > MAX_INLINE) return [{ type: "text", text }];
  return pair(tokens(text));
}

function tokens(text) {
  const found = [];
  let at = 0;
  const match = (pattern) => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    const token = one(text, at, match);
    found.push(token);
    at = token.end;
  }
  return found;
}

function one(text, at, match) {
  const char = text[at];
  const plain = (end) => ({ type: "text", text: text.slice(at, end), end });
  let m;
  if (char === "\n") return { type: "break", end: at + 1 };
  if (char === "\\" && (m = match(ESCAPED))) return { type: "text", text: m[1], end: at + 2 };
  if (char === "`" && (m = match(CODE))) return code(text, at, m[1]);
  if ((char === "[" || char === "!") && (m = match(LINK))) return link(m, at);
  if (char === "<" && (m = match(ANGLE))) return anchor(m[1], m[1], at + m[0].length);
  if (char === "h" && !WORD.test(text[at - 1] ?? " ") && (m = match(URL_BARE))) return bare(m[0], at);
  if (char === "@" && !WORD.test(text[at - 1] ?? " ") && (m = match(MENTION))) {
    return { type: "mention", text: m[0], end: at + m[0].length };
  }
  if ((char === "*" || char === "_" || char === "~") && (m = match(RUN))) return run(text, at, m[1]);
  m = match(PLAIN);
  return plain(m ? at + m[0].length : at + (text.codePointAt(at) > 0xffff ? 2 : 1));
}

function code(text, at, ticks) {
  const from = at + ticks.length;
  const end = new RegExp(`(?<!\`)\`{${ticks.length}}(?!\`)`, "g");
  end.lastIndex = from;
  const found = end.exec(text);
  if (found === null) return { type: "text", text: ticks, end: from };
  const inner = text.slice(from, found.index).replace(/\n/g, " ");
  const trimmed = /^ .*[^ ].* $/.test(inner) ? inner.slice(1, -1) : inner;
  return { type: "code", text: trimmed, end: found.index + ticks.length };
}

function link(m, at) {
  const href = safeUrl(m[2]);
  const end = at + m[0].length;
  return href === null ? { type: "text", text: m[0], end } : { type: "link", href, nodes: pair(tokens(m[1])), end };
}

function anchor(text, url, end) {
  const href = safeUrl(url);
  return href === null ? { type: "text", text, end } : { type: "link", href, nodes: [{ type: "text", text }], end };
}

/** An address that stands in a text: the signs behind it belong to the sentence. */
function bare(found, at) {
  let url = found.replace(/[.,;:!?*_~]+$/, "");
  while (url.endsWith(")") && url.split(")").length > url.split("(").length) url = url.slice(0, -1).replace(/[.,;:!?]+$/, "");
  return anchor(url, url, at + url.length);
}

function run(text, at, sign) {
  const end = at + sign.length;
  const before = text[at - 1] ?? " ";
  const after = text[end] ?? " ";
  const inWord = WORD.test(before) && WORD.test(after) && sign[0] === "_";
  return {
    type: "run", text: sign, end,
    opens: !/\s/.test(after) && !inWord && !(sign[0] === "_" && WORD.test(before)),
    closes: !/\s/.test(before) && !inWord && !(sign[0] === "_" && WORD.test(after)),
  };
}

/** Openers and closers find each other; what is left over is text. */
function pair(found) {
  const out = [];
  const open = []; // places in `out`, and their signs
  for (const { end: _, ...token } of found) {
    if (token.type !== "run") {
      push(out, token);
      continue;
    }
    const at = token.closes ? open.findLastIndex((one) => one.sign === token.text && one.at < out.length - 1) : -1;
    if (at >= 0) {
      const [start] = open.splice(at, open.length - at);
      const nodes = out.splice(start.at).slice(1);
      out.push(emphasis(token.text, nodes));
    } else {
      if (token.opens) {
        open.push({ at: out.length, sign: token.text });
        if (open.length > MAX_OPEN) open.shift();
        out.push({ type: "text", text: token.text, sign: true });
      } else push(out, { type: "text", text: token.text });
    }
  }
  return out.map(({ sign: _, ...node }) => node);
}

function push(out, node) {
  const last = out.at(-1);
  if (node.type === "text" && last?.type === "text" && !last.sign) last.text += node.text;
  else out.push(node.type === "text" ? { ...node } : node);
}

function emphasis(sign, nodes) {
  if (sign === "~~") return { type: "del", nodes };
  if (sign.length === 3) return { type: "strong", nodes: [{ type: "em", nodes }] };
  return { type: sign.length === 2 ? "strong" : "em", nodes };
}
