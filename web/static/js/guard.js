// A filled form is not thrown away: leaving the page asks first, and a change of the language keeps what was typed.

import { keep, kept } from "./common/storage.js";

const KEPT = "confhub:kept-form";
const inTab = () => window.sessionStorage;

/** @param {HTMLFormElement} form */
function guarded(form) {
  return form.method === "post" && form.getAttribute("action") !== "/language" && !form.dataset.confirmed
    && form.querySelector("input:not([type=hidden]), select, textarea") !== null && form.getAttribute("action") !== "/login";
}

/** @param {HTMLFormElement} form what a browser would send of it, without secrets and the page's own tokens */
function filled(form) {
  const secret = new Set([...form.querySelectorAll("input[type=password], input[type=file]")].map((one) => one.getAttribute("name")));
  return JSON.stringify([...new FormData(form)].filter(([name, value]) => name !== "csrf_token" && typeof value === "string" && !secret.has(name)));
}

/** @param {HTMLFormElement} form */
function place(form) {
  return `${window.location.pathname} ${form.getAttribute("action") ?? ""}`;
}

/** Watch every form of the page that a person fills in. */
export function guardForms() {
  /** @type {Map<HTMLFormElement, string>} */
  const before = new Map();
  const forms = () => [...document.forms].filter(guarded);
  const note = () => { for (const form of forms()) if (!before.has(form)) before.set(form, filled(form)); };
  const changed = () => [...before].filter(([form, was]) => form.isConnected && filled(form) !== was).map(([form]) => form);

  setTimeout(() => { note(); restore(forms()); }, 0); // after the page's own scripts have filled in theirs
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
    if (form.getAttribute("action") === "/language") {
      keepTyped(changed());
      before.clear();
    }
    before.delete(form); // it is sent; another one that was filled in is still worth a question
  });
  window.addEventListener("pageshow", note);
  window.addEventListener("beforeunload", (event) => {
    if (changed().length) event.preventDefault();
  });
}

/** @param {HTMLFormElement[]} forms those that were changed */
function keepTyped(forms) {
  if (forms.length) keep(KEPT, Object.fromEntries(forms.map((form) => [place(form), filled(form)])), inTab);
}

/** @param {HTMLFormElement[]} forms put back what was typed before the language changed */
function restore(forms) {
  const typed = kept(KEPT, {}, inTab);
  keep(KEPT, null, inTab);
  for (const form of forms) {
    if (!(place(form) in typed)) continue;
    /** @type {[string, string][]} */
    const pairs = JSON.parse(typed[place(form)]);
    put(form, pairs);
    form.dispatchEvent(new CustomEvent("confhub:restored", { detail: pairs }));
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {[string, string][]} pairs
 */
function put(form, pairs) {
  /** @type {Map<string, string[]>} */
  const values = new Map();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  for (const field of form.elements) {
    if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
      field.checked = (values.get(field.name) ?? []).includes(field.value);
    } else if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement) {
      if (field instanceof HTMLInputElement && (field.type === "file" || field.type === "password" || field.name === "csrf_token")) continue;
      const value = values.get(field.name)?.shift();
      if (value !== undefined && value !== field.value) {
        field.value = value;
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }
    }
  }
}
