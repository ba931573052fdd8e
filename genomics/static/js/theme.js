// Runs before the first paint (a plain script in the head), so that a page never flashes in the other theme.
// The system's theme counts until the person chooses one; the choice is kept in this browser.
(() => {
  const KEY = "theme";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const current = () => localStorage.getItem(KEY) ?? (system.matches ? "dark" : "light");

  function apply() {
    document.documentElement.dataset.bsTheme = current();
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-pressed", String(current() === "dark"));
    }
  }

  apply();
  system.addEventListener("change", apply);
  addEventListener("storage", apply);
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) {
      localStorage.setItem(KEY, current() === "dark" ? "light" : "dark");
      apply();
    }
  });
})();
