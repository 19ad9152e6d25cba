// What every page has: CSRF header for htmx and fetch, toasts, questions before dangerous forms.
import { csrfToken } from "./common/http.js";
import { ask } from "./common/question.js";
import { armToasts, toast } from "./common/toast.js";
import { t } from "./common/words.js";
import { guardForms } from "./guard.js";

document.addEventListener("htmx:configRequest", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  detail.headers["X-CSRF-Token"] = csrfToken();
});

document.addEventListener("htmx:responseError", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  if (detail.elt instanceof HTMLElement && detail.elt.dataset.quiet !== undefined) return; // nobody asked for it
  toast(t(detail.xhr.status === 429 ? "too_many_attempts" : "did_not_work"), "danger");
});

document.addEventListener("htmx:sendError", () => toast(t("no_answer"), "danger"));

// Forms with data-confirm ask first; in their own dialog, which screen readers read.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.dataset.confirm || form.dataset.confirmed) return;
  event.preventDefault();
  const submitter = /** @type {SubmitEvent} */ (event).submitter;
  ask(form.dataset.confirm, submitter?.textContent?.trim() ?? "").then((yes) => {
    if (!yes) return;
    form.dataset.confirmed = "yes";
    form.requestSubmit(submitter instanceof HTMLElement ? submitter : undefined);
    delete form.dataset.confirmed;
  });
});

// Buttons are spent by one submit, so that a double click sends one form.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented || form.method !== "post") return;
  const button = /** @type {SubmitEvent} */ (event).submitter;
  if (button instanceof HTMLButtonElement) setTimeout(() => { button.disabled = true; }, 0);
});
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[type=submit]:disabled")) {
    if (button instanceof HTMLButtonElement && !button.hasAttribute("data-disabled")) button.disabled = false;
  }
});

// data-autosubmit: a filter that applies itself when changed.
document.addEventListener("change", (event) => {
  const field = event.target;
  if (field instanceof HTMLElement && field.closest("[data-autosubmit]")) {
    const form = field.closest("form");
    if (form) form.requestSubmit();
  }
});

// Enter in a one-line field of a form with several submit buttons would press the first of them: it goes to the
// next field instead, and what is to be done is chosen by its button.
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || event.isComposing || event.defaultPrevented || !(field instanceof HTMLInputElement)) return;
  if (["submit", "button", "checkbox", "radio", "file", "image", "reset"].includes(field.type)) return;
  const form = field.form;
  if (!form || form.method !== "post") return;
  const fields = [...form.elements].filter((one) => one instanceof HTMLElement && one.tabIndex >= 0 && one.offsetParent !== null && !("disabled" in one && one.disabled));
  const submits = fields.filter((one) => one instanceof HTMLButtonElement && one.type === "submit");
  if (submits.length < 2) return;
  event.preventDefault();
  const next = fields[fields.indexOf(field) + 1];
  if (next instanceof HTMLElement) next.focus();
});

// A date field: the button opens the browser's calendar, whose day is written as the page writes days; a time that
// stands behind it stays.
document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-date-open]") : null;
  const field = button?.closest("[data-date-field]");
  const native = field?.querySelector("[data-date-native]"), shown = field?.querySelector("input[type=text]");
  if (!(native instanceof HTMLInputElement) || !(shown instanceof HTMLInputElement)) return;
  const parts = /^(\d{1,2})\/(\d{1,2})\/(\d{4})( .*)?$/.exec(shown.value.trim());
  native.value = parts ? `${parts[3]}-${parts[2].padStart(2, "0")}-${parts[1].padStart(2, "0")}` : "";
  native.onchange = (changed) => {
    changed.stopPropagation();
    shown.value = native.value.split("-").reverse().join("/") + (parts?.[4] ?? "");
    shown.dispatchEvent(new Event("change", { bubbles: true }));
    shown.focus();
  };
  native.showPicker();
});

// data-copy: puts its text on the clipboard. data-print: prints the page.
document.addEventListener("click", async (event) => {
  const target = event.target instanceof Element ? event.target.closest("[data-copy], [data-print]") : null;
  if (!(target instanceof HTMLElement)) return;
  if (target.hasAttribute("data-print")) { window.print(); return; }
  await navigator.clipboard.writeText(target.dataset.copy ?? "");
  toast(t("copied"), "success");
});

armToasts();
guardForms();
