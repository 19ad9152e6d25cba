// Sets light or dark before the first paint. A classic script on purpose: modules run too late.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const choice = root.dataset.themeChoice || "auto";
    root.setAttribute("data-bs-theme", choice === "auto" ? (dark.matches ? "dark" : "light") : choice);
  };
  apply();
  dark.addEventListener("change", apply);
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
