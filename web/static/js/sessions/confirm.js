// A question before what cannot be taken back, in a dialog that screen readers read.

import { el } from "./dom.js";
import { t } from "./words.js";

/** How long the verb is deaf: the second click of a double click must not answer the question. */
const DEAF_MS = 600;

/**
 * @param {string} question
 * @param {string} verb words of the confirming button
 * @param {boolean} [dangerous]
 * @returns {Promise<boolean>}
 */
export function confirm(question, verb, dangerous = true) {
  const no = el("button", { type: "button", class: "btn", autofocus: true }, t("cancel"));
  const yes = el("button", { type: "button", class: `btn ${dangerous ? "btn-danger" : "btn-primary"}` }, verb);
  const dialog = el(
    "dialog",
    { class: "ask-dialog", "aria-label": question },
    el("p", {}, question),
    el("div", { class: "btn-list justify-content-end" }, no, yes),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    let answer = false;
    const asked = performance.now();
    yes.addEventListener("click", (event) => {
      if (event.detail > 1 || performance.now() - asked < DEAF_MS) return;
      answer = true;
      dialog.close();
    });
    no.addEventListener("click", (event) => {
      if (event.detail <= 1) dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    dialog.showModal();
  });
}
