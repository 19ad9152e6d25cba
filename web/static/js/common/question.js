// A question before what cannot be taken back, in a dialog of its own, which screen readers read. It may come up
// under the pointer: the second click of a double click must not answer it.
import { el } from "./dom.js";
import { t } from "./words.js";

/**
 * Ask a yes-or-no question.
 * @param {string} question
 * @param {string} verb words of the confirming button
 * @param {boolean} [dangerous]
 * @returns {Promise<boolean>}
 */
export function ask(question, verb, dangerous = true) {
  const no = el("button", { type: "button", class: "btn" }, t("no"));
  const yes = el("button", { type: "button", class: `btn ${dangerous ? "btn-danger" : "btn-primary"}` }, verb || t("yes"));
  const dialog = el("dialog", { class: "ask-dialog", "aria-label": question },
    el("p", {}, question), el("div", { class: "btn-list justify-content-end" }, no, yes));
  document.body.append(dialog);
  return new Promise((resolve) => {
    let answer = false;
    answerOnce(yes, no, () => { answer = true; dialog.close(); }, () => dialog.close());
    dialog.addEventListener("close", () => { dialog.remove(); resolve(answer); });
    dialog.showModal();
    no.focus();
  });
}

/** Longer than the time between the clicks of a slow double click. */
const DEAF_MS = 600;

/**
 * The verb can be pressed only after a moment, and is seen to be so; the way back takes first clicks alone.
 * @param {HTMLButtonElement} verb
 * @param {HTMLButtonElement} back
 * @param {() => void} answer
 * @param {() => void} leave
 */
function answerOnce(verb, back, answer, leave) {
  verb.disabled = true;
  setTimeout(() => { verb.disabled = false; }, DEAF_MS);
  verb.addEventListener("click", answer);
  back.addEventListener("click", (event) => { if (event.detail <= 1) leave(); });
}
