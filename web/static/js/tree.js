// The tree of units: search without diacritics, fold and unfold branches.
import { fold } from "./common/search.js";

const body = document.querySelector("[data-tree]");
const search = document.querySelector("[data-tree-search]");
const nothing = document.querySelector("[data-tree-empty]");

if (body instanceof HTMLElement && search instanceof HTMLInputElement) {
  const rows = [...body.querySelectorAll("tr")].map((element) => ({
    element,
    path: element.dataset.path ?? "",
    text: fold(element.dataset.text ?? ""),
    toggle: /** @type {HTMLButtonElement | null} */ (element.querySelector(".tree-toggle")),
  }));
  /** @type {Set<string>} */
  const folded = new Set();

  rows.forEach((row, at) => {
    const next = rows[at + 1];
    if (!row.toggle || !next || !next.path.startsWith(row.path) || next.path === row.path) return;
    row.toggle.hidden = false;
    row.toggle.addEventListener("click", () => {
      if (!folded.delete(row.path)) folded.add(row.path);
      row.toggle?.setAttribute("aria-expanded", String(!folded.has(row.path)));
      show();
    });
  });

  const show = () => {
    const words = fold(search.value).split(" ").filter(Boolean);
    /** @type {Set<string>} */
    const wanted = new Set();
    if (words.length) {
      for (const row of rows) {
        if (!words.every((word) => row.text.includes(word))) continue;
        for (let path = row.path; path.length > 1; path = above(path)) wanted.add(path);
      }
    }
    let visible = 0;
    for (const row of rows) {
      const hidden = words.length
        ? !wanted.has(row.path)
        : [...folded].some((path) => row.path !== path && row.path.startsWith(path));
      row.element.hidden = hidden;
      if (!hidden) visible += 1;
    }
    if (nothing instanceof HTMLElement) nothing.hidden = visible > 0;
  };
  search.addEventListener("input", show);
  search.addEventListener("change", (event) => event.stopPropagation());
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}

/** The path of the unit above: /1/5/12/ is under /1/5/. @param {string} path */
function above(path) {
  return path.slice(0, path.lastIndexOf("/", path.length - 2) + 1);
}
