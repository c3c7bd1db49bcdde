// Keys that hold everywhere on the page. Pure: which key means what.

export const KEYS = [
  ["Enter", "send"], ["Shift Enter", "a new line"], ["Tab", "complete @names, /commands and rooms"],
  ["Esc", "close what is open; in the message: stop your newest answer"], ["Ctrl K", "search"],
  ["Alt ↑, Alt ↓", "the room above, the room below"], ["Alt Shift ↓", "the next room with something new"],
  ["Alt P", "who is here"], ["Alt R", "the list of rooms"], ["Alt End", "to the newest"],
  ["Ctrl /", "this help"],
];

/** What a key stroke is for, or null. */
export function meaning({ key, code, ctrlKey, metaKey, altKey, shiftKey }) {
  const control = (ctrlKey || metaKey) && !altKey;
  if (control && key.toLowerCase() === "k") return "search";
  if (control && key === "/") return "help";
  if (!altKey || ctrlKey || metaKey) return null;
  if (key === "ArrowDown") return shiftKey ? "news" : "down";
  if (key === "ArrowUp") return "up";
  if (key === "End") return "end";
  if (code === "KeyP") return "people";
  if (code === "KeyR") return "rooms";
  return null;
}
