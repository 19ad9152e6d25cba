// Sets light or dark before the first paint. A classic script on purpose: modules run too late.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const printing = window.matchMedia("print"); // paper is white, whatever the screen is
  const apply = () => {
    const choice = root.dataset.themeChoice || "auto";
    const shown = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    root.setAttribute("data-bs-theme", printing.matches ? "light" : shown);
  };
  apply();
  dark.addEventListener("change", apply);
  printing.addEventListener("change", () => {
    apply();
    document.dispatchEvent(new CustomEvent("confhub:theme", { detail: root.getAttribute("data-bs-theme") }));
  });
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-theme-toggle]") : null;
    if (!button) return;
    const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    root.dataset.themeChoice = next;
    document.cookie = `confhub_theme=${next}; path=/; max-age=31536000; samesite=lax`;
    apply();
    document.dispatchEvent(new CustomEvent("confhub:theme", { detail: next }));
  });
})();
