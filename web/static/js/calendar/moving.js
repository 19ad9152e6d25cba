// A session moved to other hours: the hub decides. What is scheduled asks once, saying who reckons with it; a room that
// is had by others asks for a reason where the rule of its unit wants one.

import { el } from "../common/dom.js";
import { HubError, call } from "../common/http.js";
import { ask } from "../common/question.js";
import { toast } from "../common/toast.js";
import { t } from "../common/words.js";
import { moment } from "./zone.js";

/** @typedef {import("confhub/api").CalendarEntry} Entry */

/**
 * Move it; true once it stands there. What was refused is said in a note.
 * @param {Entry} entry as it was seen
 * @param {{start: string, length_min: number}} wanted `start` by the house's clocks
 */
export async function move(entry, wanted) {
  const body = {
    starts_at: new Date(moment(wanted.start)).toISOString(),
    length_min: wanted.length_min,
    seen: { starts_at: entry.starts_at, length_min: entry.length_min },
    sure: false,
    conflict_reason: "",
  };
  for (;;) {
    try {
      await call("POST", "/api/v1/sessions/{id}/move", { path: { id: entry.id }, body });
      toast(t("moved"), "success");
      return true;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (error.code === "session_move_announced" && !body.sure) {
        if (!(await ask(error.message, t("move"), false))) return false;
        body.sure = true;
      } else if (error.code === "conflict_reason_needed" && !body.conflict_reason) {
        body.conflict_reason = await reason(error.message);
        if (!body.conflict_reason) return false;
      } else {
        toast(error.message || t("no_answer"), "danger");
        return false;
      }
    }
  }
}

/**
 * Why the room is booked all the same; empty where somebody thinks better of it.
 * @param {string} question
 * @returns {Promise<string>}
 */
function reason(question) {
  const field = el("input", { class: "form-control", id: "cal-reason", maxlength: "200", autocomplete: "off" });
  const no = el("button", { type: "button", class: "btn" }, t("no"));
  const yes = el("button", { type: "submit", class: "btn btn-primary" }, t("move"));
  const form = el("form", { method: "dialog" },
    el("p", {}, question), el("label", { class: "form-label", for: "cal-reason" }, t("reason")), field,
    el("div", { class: "btn-list justify-content-end mt-3" }, no, yes));
  const dialog = el("dialog", { class: "ask-dialog", "aria-label": t("reason") }, form);
  document.body.append(dialog);
  return new Promise((resolve) => {
    let given = "";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      given = field.value.trim();
      if (given) dialog.close();
      else field.focus();
    });
    no.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(given);
    });
    dialog.showModal();
    field.focus();
  });
}
