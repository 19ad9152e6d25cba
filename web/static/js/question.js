// A question before what cannot be taken back, in a dialog of its own, which screen readers read.
// @ts-check
import { _, ready } from "./i18n.js";
import { answerOnce } from "./deaf.js";

/**
 * Ask a yes-or-no question.
 * @param {string} question
 * @param {string} verb words of the confirming button
 * @param {boolean} [dangerous]
 * @returns {Promise<boolean>}
 */
export async function ask(question, verb, dangerous = true) {
  await ready;
  const dialog = document.createElement("dialog");
  dialog.className = "ask-dialog";
  dialog.setAttribute("aria-label", question);
  const text = document.createElement("p");
  text.textContent = question;
  const row = document.createElement("div");
  row.className = "btn-list justify-content-end";
  const no = button("btn", _("No"));
  const yes = button(`btn ${dangerous ? "btn-danger" : "btn-primary"}`, verb || _("Yes"));
  row.append(no, yes);
  dialog.append(text, row);
  document.body.append(dialog);
  return new Promise((resolve) => {
    let answer = false;
    answerOnce(yes, no, () => { answer = true; dialog.close(); }, () => dialog.close());
    dialog.addEventListener("close", () => { dialog.remove(); resolve(answer); });
    dialog.showModal();
    no.focus();
  });
}

/**
 * @param {string} classes
 * @param {string} words
 */
function button(classes, words) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = classes;
  made.textContent = words;
  return made;
}
