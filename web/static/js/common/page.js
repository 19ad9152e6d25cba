// What the template says of the page as a whole.

const root = globalThis.document?.documentElement;

/** The reader's. */
export const language = root?.lang || "vi";

/** The hub's. */
export const timeZone = root?.dataset.timeZone || "Asia/Ho_Chi_Minh";

/**
 * JSON that the template wrote into a data block.
 * @param {string} id the block's element id
 * @returns {any}
 */
export function dataBlock(id) {
  const text = document.getElementById(id)?.textContent;
  if (!text) throw new Error(`the page has no data block #${id}`);
  return JSON.parse(text);
}
