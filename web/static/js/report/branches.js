// The roll-up by branch: a row opens and closes what hangs below it.

/** @param {HTMLTableElement} table rows carry data-branch and data-parent */
export function armBranches(table) {
  const rows = [...table.tBodies[0].rows];
  table.addEventListener("click", (event) => {
    const toggle = event.target instanceof Element ? event.target.closest("button.tree-toggle") : null;
    const row = toggle?.closest("tr");
    if (!toggle || !row) return;
    const open = toggle.getAttribute("aria-expanded") !== "true";
    toggle.setAttribute("aria-expanded", String(open));
    show(rows, row.dataset.branch ?? "", open);
  });
}

/**
 * @param {HTMLTableRowElement[]} rows
 * @param {string} branch
 * @param {boolean} open
 */
function show(rows, branch, open) {
  for (const row of rows) {
    if (row.dataset.parent !== branch) continue;
    row.hidden = !open;
    const toggle = row.querySelector("button.tree-toggle");
    if (toggle) show(rows, row.dataset.branch ?? "", open && toggle.getAttribute("aria-expanded") === "true");
  }
}
