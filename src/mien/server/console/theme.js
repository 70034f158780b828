/* Sets the theme before the first paint; no module, so that it runs at once. */
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem("mien-theme");
    } catch {
      return null;
    }
  };
  const apply = () => {
    const wanted = chosen();
    const theme = wanted === "light" || wanted === "dark" ? wanted : dark.matches ? "dark" : "light";
    if (document.documentElement.dataset.theme === theme) return;
    document.documentElement.dataset.theme = theme;
    window.dispatchEvent(new Event("mien-theme"));
  };
  dark.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  window.addEventListener("mien-theme-chosen", apply);
  apply();
})();
