// Before anything is drawn: the theme that was chosen here, if one was.
(() => {
  try {
    const theme = localStorage.getItem("chatd:theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // a browser that keeps nothing has the system's theme
  }
})();
