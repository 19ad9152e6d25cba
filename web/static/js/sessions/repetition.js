// How a session comes again: only the fields that count are shown; a free time that was found is taken over.

import { byId, setText } from "../common/dom.js";
import { toast } from "../common/toast.js";
import { t } from "../common/words.js";

/**
 * What the form shows of its repetition, the reason for a conflict, and the buttons of "find a time".
 * @param {HTMLElement} form
 */
export function armRepetition(form) {
  const repeat = document.getElementById("repeat");
  if (repeat) {
    const shown = () => show(repeat);
    repeat.addEventListener("input", shown);
    form.addEventListener("confhub:restored", shown);
    shown();
  }
  document.getElementById("overlaps")?.addEventListener("htmx:afterSwap", (event) => {
    const said = event.currentTarget instanceof HTMLElement ? event.currentTarget.querySelector("[data-conflict]") : null;
    const holder = byId("conflict-reason");
    const typed = holder.querySelector("input")?.value || holder.querySelector(".is-invalid");
    holder.hidden = !typed && !(said instanceof HTMLElement && said.dataset.conflict === "reason");
  });
  document.getElementById("free")?.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-take-time]") : null;
    if (button instanceof HTMLElement) take(form, button);
  });
}

/** @param {HTMLElement} repeat */
function show(repeat) {
  const value = (/** @type {string} */ name) => {
    const field = repeat.querySelector(`[name=${name}]`);
    return field instanceof HTMLSelectElement ? field.value : "";
  };
  const every = value("every");
  for (const [kind, now] of Object.entries({ repeat: every, by: value("by"), ends: value("ends") })) {
    for (const part of repeat.querySelectorAll(`[data-${kind}]`)) {
      if (part instanceof HTMLElement) part.hidden = !(part.dataset[kind] ?? "").split(" ").includes(now);
    }
  }
  const draft = document.getElementById("save-draft");
  if (!draft) return;
  draft.hidden = every !== "";
  setText(byId("save-words"), t(every ? "save_series" : "save_once"));
}

/**
 * @param {HTMLElement} form
 * @param {HTMLElement} button
 */
function take(form, button) {
  set(form, "start_date", button.dataset.takeDate);
  set(form, "start_time", button.dataset.takeTime);
  toast(t("time_taken_over", { time: [button.dataset.takeTime, button.dataset.takeDate].filter(Boolean).join(", ") }));
  byId("free").replaceChildren();
  const hour = form.querySelector("[name=start_time]");
  if (hour instanceof HTMLElement) hour.focus();
}

/**
 * @param {HTMLElement} form
 * @param {string} name
 * @param {string | undefined} value
 */
function set(form, name, value) {
  const field = form.querySelector(`[name=${name}]`);
  if (!(field instanceof HTMLInputElement) || value === undefined) return;
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}
