// Code in colours: strings, comments, numbers and keywords, as far as one can tell without knowing the language well.

const MAX_CODE = 60_000; // characters; what is longer stays plain

const WORDS = (text) => new Set(text.split(" "));
const C_WORDS = "if else for while do switch case default break continue return goto static const void int char long float double bool struct union enum typedef sizeof unsigned signed short extern inline volatile auto class public private protected virtual override namespace using template typename new delete this try catch throw true false null nullptr";
const JS_WORDS = "async await break case catch class const continue default delete do else export extends false finally for from function if import in instanceof interface let new null of return static super switch this throw true try type typeof undefined var void while yield enum implements readonly as";
const PY_WORDS = "and as assert async await break class continue def del elif else except finally for from global if import in is lambda match case None nonlocal not or pass raise return True False try while with yield self";
const GO_WORDS = "break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var nil true false string int error bool byte make append len";
const RS_WORDS = "as async await break const continue crate else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while dyn Some None Ok Err";
const SH_WORDS = "if then else elif fi for while until do done case esac in function return exit export local set unset echo cd sudo source";
const SQL_WORDS = "select from where insert into values update set delete create table alter drop index view join left right inner outer on as and or not null is in like order by group having limit offset union all distinct primary key references default begin commit rollback with case when then else end exists between";
const LUA_WORDS = "and break do else elseif end false for function goto if in local nil not or repeat return then true until while";
const RB_WORDS = "begin break case class def do else elsif end ensure false for if in module next nil not or redo rescue retry return self super then true undef unless until when while yield require puts attr_accessor";
const JAVA_WORDS = `${C_WORDS} package import extends implements interface final abstract synchronized throws instanceof super boolean byte String var record fun val when object data`;

const SLASH = "\\/\\/[^\\n]*|\\/\\*[\\s\\S]*?(?:\\*\\/|$)";
const HASH = "#[^\\n]*";
const DASH = "--[^\\n]*";
const QUOTED = "\"(?:\\\\.|[^\"\\\\\\n])*\"?|'(?:\\\\.|[^'\\\\\\n])*'?";
const TRIPLE = `"""[\\s\\S]*?(?:"""|$)|'''[\\s\\S]*?(?:'''|$)|${QUOTED}`;
const TICKED = "`(?:\\\\[\\s\\S]|[^`\\\\])*`?|" + QUOTED;

const language = (comment, string, words, fold = false) => ({
  pattern: new RegExp(`(?<comment>${comment})|(?<string>${string})|(?<number>\\b(?:0x[\\da-fA-F_]+|\\d[\\d_]*(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)\\b)|(?<word>[A-Za-z_$][\\w$]*)`, "g"),
  words: WORDS(words), fold,
});

const C = language(SLASH, QUOTED, C_WORDS);
const JS = language(SLASH, TICKED, JS_WORDS);
const PY = language(HASH, TRIPLE, PY_WORDS);
const SH = language("(?<!\\S)#[^\\n]*", QUOTED, SH_WORDS);
const DATA = language("(?<!\\S)#[^\\n]*", QUOTED, "true false null yes no on off");
const RUST = language(SLASH, '"(?:\\\\.|[^"\\\\])*"?', RS_WORDS);
const GO = language(SLASH, TICKED, GO_WORDS);
const SQL = language(DASH, QUOTED, SQL_WORDS, true);
const LUA = language("--\\[\\[[\\s\\S]*?(?:\\]\\]|$)|" + DASH, QUOTED, LUA_WORDS);
const MARKUP = {
  pattern: /(?<comment><!--[\s\S]*?(?:-->|$))|(?<string>"[^"\n]*"?)|(?<word><\/?[A-Za-z][\w:-]*|\/?>)/g,
  words: null, fold: false,
};

const LANGUAGES = new Map(Object.entries({
  c: C, h: C, cpp: C, "c++": C, cc: C, cs: C, csharp: C, php: C, glsl: C,
  java: language(SLASH, QUOTED, JAVA_WORDS), kotlin: language(SLASH, TRIPLE, JAVA_WORDS), swift: language(SLASH, TRIPLE, `${JAVA_WORDS} func let guard init extension protocol nil`),
  js: JS, javascript: JS, ts: JS, typescript: JS, jsx: JS, tsx: JS, mjs: JS,
  python: PY, py: PY, ruby: language(HASH, QUOTED, RB_WORDS), rb: language(HASH, QUOTED, RB_WORDS),
  sh: SH, bash: SH, shell: SH, zsh: SH, console: SH, makefile: SH, dockerfile: SH,
  yaml: DATA, yml: DATA, toml: DATA, ini: DATA, json: language(SLASH, QUOTED, "true false null"),
  rust: RUST, rs: RUST, go: GO, golang: GO, sql: SQL, lua: LUA, haskell: language(DASH, QUOTED, "module where import data type class instance case of let in if then else do deriving newtype"),
  html: MARKUP, xml: MARKUP, svg: MARKUP, css: language("\\/\\*[\\s\\S]*?(?:\\*\\/|$)", QUOTED, "important media import keyframes"),
}));

/** The code in pieces, `{kind: comment|string|number|keyword|"" , text}`; joined, they are the code. */
export function highlight(code, lang) {
  const known = LANGUAGES.get(lang.toLowerCase());
  if (known === undefined || code.length > MAX_CODE) return [{ kind: "", text: code }];
  const pieces = [];
  let plain = 0;
  for (const m of code.matchAll(known.pattern)) {
    const kind = kindOf(m, known);
    if (kind === "" || m[0] === "") continue;
    if (m.index > plain) pieces.push({ kind: "", text: code.slice(plain, m.index) });
    pieces.push({ kind, text: m[0] });
    plain = m.index + m[0].length;
  }
  if (plain < code.length || pieces.length === 0) pieces.push({ kind: "", text: code.slice(plain) });
  return pieces;
}

function kindOf(m, known) {
  const { comment, string, number, word } = m.groups;
  if (comment !== undefined) return "comment";
  if (string !== undefined) return "string";
  if (number !== undefined) return "number";
  if (known.words === null) return "keyword";
  return known.words.has(known.fold ? word.toLowerCase() : word) ? "keyword" : "";
}
