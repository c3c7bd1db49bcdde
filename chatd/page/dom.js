// Elements made of plain values. Texts become text nodes, and nothing else.

/** `h("p.note", {title: "…"}, "text", child)`. A property in lower case is an attribute; functions are listeners. */
export function h(name, given = null, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(given ?? {})) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const $ = (id) => document.getElementById(id);

/** Make `parent` have exactly these children, leaving those alone that stand right. */
export function arrange(parent, wanted) {
  let next = parent.firstChild;
  for (const node of wanted) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
  while (next !== null) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

/** Say something to who listens to a screen reader, once. */
export function announce(text) {
  const place = $("announce");
  place.append(h("p", null, text));
  while (place.childElementCount > 20) place.firstElementChild.remove();
}

let fading = 0;

/** A short word to the person, for a while. */
export function notice(text, bad = false) {
  const place = $("notice");
  place.textContent = text;
  place.classList.toggle("bad", bad);
  place.hidden = text === "";
  clearTimeout(fading);
  if (text !== "") fading = setTimeout(() => (place.hidden = true), bad ? 12_000 : 6_000);
}
