// A typed line that asks, `@model text` or `@a,b text`: the page's reading of what the server decides.

const NAMES = /^[@＠]([^\s@,'’]+(?:,[@＠]?[^\s@,'’]+)*)(?![\w'’])[:;.!?]*\s*([\s\S]*)$/;

/** `{names, text}`, or null when the line asks nobody. */
export function splitQuestion(line) {
  const m = NAMES.exec(line.trim());
  if (m === null) return null;
  const names = m[1].split(",").map((name) => name.replace(/^[@＠]/, "").replace(/[:;.!?]+$/, "").toLowerCase());
  return { names: [...new Set(names.filter((name) => name !== ""))], text: m[2] };
}

/** The text with which a model is asked a question again. */
export function askAgain(model, question) {
  const asked = splitQuestion(question);
  return `@${model} ${asked === null ? question : asked.text}`.trim();
}
