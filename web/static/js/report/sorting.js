// Tables that sort by a click on a heading: numbers as numbers, the first column in the tree's own order.

import { el } from "../sessions/dom.js";
import { t } from "../sessions/words.js";

/**
 * Give a table's headings with data-sort a button.
 * @param {HTMLTableElement} table cells may carry data-value
 */
export function armSorting(table) {
  const heads = [...table.querySelectorAll("thead th")];
  heads.forEach((head, column) => {
    if (!(head instanceof HTMLElement) || !head.dataset.sort || head.querySelector("button")) return;
    const name = head.textContent?.trim() ?? "";
    const button = el("button", { type: "button", title: t("sort_by", { name }) }, name);
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      sort(table, column, up);
    });
  });
}

/**
 * @param {HTMLTableElement} table
 * @param {number} column
 * @param {boolean} up
 */
function sort(table, column, up) {
  const body = table.tBodies[0];
  const value = (/** @type {HTMLTableRowElement} */ row) => row.cells[column]?.dataset.value ?? "";
  const rows = [...body.rows].sort((a, b) => {
    const [first, second] = [value(a), value(b)];
    const numbers = Number(first) - Number(second);
    return (up ? 1 : -1) * (Number.isNaN(numbers) ? first.localeCompare(second) : numbers);
  });
  body.append(...rows);
}
