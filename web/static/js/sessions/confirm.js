// A question before what cannot be taken back, in a dialog that screen readers read.

import { answerOnce } from "../deaf.js";
import { el } from "./dom.js";
import { t } from "./words.js";

/**
 * @param {string} question
 * @param {string} verb words of the confirming button
 * @param {boolean} [dangerous]
 * @returns {Promise<boolean>}
 */
export function confirm(question, verb, dangerous = true) {
  const no = /** @type {HTMLButtonElement} */ (el("button", { type: "button", class: "btn", autofocus: true }, t("cancel")));
  const yes = /** @type {HTMLButtonElement} */ (el("button", { type: "button", class: `btn ${dangerous ? "btn-danger" : "btn-primary"}` }, verb));
  const dialog = el(
    "dialog",
    { class: "ask-dialog", "aria-label": question },
    el("p", {}, question),
    el("div", { class: "btn-list justify-content-end" }, no, yes),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    let answer = false;
    const verdict = () => {
      answer = true;
      dialog.close();
    };
    answerOnce(yes, no, verdict, () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    dialog.showModal();
  });
}
