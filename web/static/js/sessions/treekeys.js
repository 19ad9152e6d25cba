// The keyboard of a tree of tree items (WAI-ARIA's tree pattern): one tab stop, arrows, Home, End, letters.

import { fold } from "../common/search.js";

/**
 * Arrows move between the items that are shown, → opens or goes in, ← closes or goes out, a letter goes to the
 * next item that begins with it, Space and Enter do what a click on the item's checkbox does.
 * @param {HTMLElement} tree the element with role=tree; items carry role=treeitem, and aria-expanded where something
 *   is below them: in the group that follows them. An item holds a `.tree-toggle` and a checkbox
 */
export function armTree(tree) {
  tree.addEventListener("keydown", (event) => {
    const item = event.target instanceof Element ? event.target.closest("[role=treeitem]") : null;
    if (!(item instanceof HTMLElement) || event.ctrlKey || event.altKey || event.metaKey) return;
    const goal = MOVES[event.key]?.(tree, item) ?? (event.key.length === 1 && event.key !== " " ? byLetter(tree, item, event.key) : undefined);
    if (goal === undefined) return;
    event.preventDefault();
    if (goal) focusItem(tree, goal);
  });
  tree.addEventListener("focusin", (event) => {
    const item = event.target instanceof Element ? event.target.closest("[role=treeitem]") : null;
    if (item instanceof HTMLElement) stop(tree, item);
  });
}

/**
 * After drawing: exactly one item is the tab stop.
 * @param {HTMLElement} tree
 */
export function oneStop(tree) {
  const items = shown(tree);
  if (items.length && !items.some((item) => item.tabIndex === 0)) items[0].tabIndex = 0;
}

/** @type {Record<string, (tree: HTMLElement, item: HTMLElement) => HTMLElement | null>} */
const MOVES = {
  ArrowDown: (tree, item) => beside(tree, item, 1),
  ArrowUp: (tree, item) => beside(tree, item, -1),
  Home: (tree) => shown(tree)[0] ?? null,
  End: (tree) => shown(tree).at(-1) ?? null,
  ArrowRight: (_tree, item) => {
    if (item.getAttribute("aria-expanded") === "false") return toggled(item);
    return item.hasAttribute("aria-expanded") ? (item.nextElementSibling?.querySelector("[role=treeitem]") ?? null) : null;
  },
  ArrowLeft: (_tree, item) => {
    if (item.getAttribute("aria-expanded") === "true") return toggled(item);
    const above = item.closest("[role=group]")?.previousElementSibling;
    return above instanceof HTMLElement && above.getAttribute("role") === "treeitem" ? above : null;
  },
  " ": (_tree, item) => ticked(item),
  Enter: (_tree, item) => ticked(item),
};

/** @param {HTMLElement} tree */
function shown(tree) {
  const items = /** @type {HTMLElement[]} */ ([...tree.querySelectorAll("[role=treeitem]")]);
  return items.filter((item) => !item.parentElement?.closest("[hidden]"));
}

/**
 * @param {HTMLElement} tree
 * @param {HTMLElement} item
 * @param {number} step
 */
function beside(tree, item, step) {
  const items = shown(tree);
  return items[items.indexOf(item) + step] ?? null;
}

/** @param {HTMLElement} item */
function toggled(item) {
  /** @type {HTMLElement | null} */ (item.querySelector(".tree-toggle"))?.click();
  return item;
}

/** @param {HTMLElement} item */
function ticked(item) {
  /** @type {HTMLElement | null} */ (item.querySelector("input[type=checkbox]"))?.click();
  return item;
}

/**
 * @param {HTMLElement} tree
 * @param {HTMLElement} item
 * @param {string} letter
 */
function byLetter(tree, item, letter) {
  const items = shown(tree);
  const from = items.indexOf(item) + 1;
  const wanted = fold(letter);
  return [...items.slice(from), ...items.slice(0, from)].find((one) => fold(one.dataset.name ?? "").startsWith(wanted)) ?? null;
}

/**
 * @param {HTMLElement} tree
 * @param {HTMLElement} item
 */
function stop(tree, item) {
  for (const one of tree.querySelectorAll("[role=treeitem][tabindex='0']")) if (one instanceof HTMLElement) one.tabIndex = -1;
  item.tabIndex = 0;
}

/**
 * @param {HTMLElement} tree
 * @param {HTMLElement} item
 */
function focusItem(tree, item) {
  stop(tree, item);
  item.focus();
  item.scrollIntoView({ block: "nearest" });
}
