"use strict";
// Light or dark: as the system has it, unless the reader chose.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const remember = (value) => {
    try { localStorage.setItem("storeday-theme", value); } catch { /* a page from disk may not */ }
  };
  try {
    const kept = localStorage.getItem("storeday-theme");
    if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  } catch { /* a page from disk may not */ }
  const button = document.getElementById("theme");
  button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    button.setAttribute("aria-pressed", String(isDark()));
    remember(root.dataset.theme);
  });
})();
