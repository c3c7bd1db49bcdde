// Light, dark, or as the system has it.

const ORDER = ["system", "light", "dark"];

export function currentTheme() {
  return document.documentElement.dataset.theme ?? "system";
}

/** Switch to a theme, or to the next one; returns which it is now. */
export function switchTheme(wanted = null) {
  const next = ORDER.includes(wanted) ? wanted : ORDER[(ORDER.indexOf(currentTheme()) + 1) % ORDER.length];
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === "system") localStorage.removeItem("chatd:theme");
    else localStorage.setItem("chatd:theme", next);
  } catch {
    // it holds as long as the page does
  }
  return next;
}
