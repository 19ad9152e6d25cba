// The tablet's other windows: the head count's number pad, a guest's name, the room's code, what was refused.

import { byId, setText } from "../common/dom.js";
import { html, nothing, render } from "../common/html.js";
import { HubError } from "../common/http.js";
import { clockShort } from "../common/times.js";
import { t } from "../common/words.js";
import { qrImage } from "../room/code.js";

const HEADS_MAX_DIGITS = 4;

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
const the = byId;

/** Dialogs close by their own buttons. */
export function armDialogs() {
  for (const button of document.querySelectorAll("dialog [data-close]")) {
    button.addEventListener("click", () => button.closest("dialog")?.close());
  }
}

/** A number pad: thick fingers, no keyboard over half of the screen. @param {(people: number) => void} onDeclare */
export function headPad(onDeclare) {
  const dialog = /** @type {HTMLDialogElement} */ (the("heads"));
  const field = the("heads-number");
  const give = /** @type {HTMLButtonElement} */ (the("heads-give"));
  let digits = "";
  const draw = () => {
    setText(field, digits || "–");
    give.disabled = digits === "";
  };
  /** @param {string} key */
  const press = (key) => {
    if (key === "back") digits = digits.slice(0, -1);
    else if (key === "clear") digits = "";
    else if (digits.length < HEADS_MAX_DIGITS) digits = String(Number(digits + key));
    draw();
  };
  the("heads-pad").addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button?.dataset.key) press(button.dataset.key);
  });
  dialog.addEventListener("keydown", (event) => {
    if (/^[0-9]$/.test(event.key)) press(event.key);
    if (event.key === "Backspace") press("back");
    if (event.key === "Enter" && digits && event.target === dialog) give.click();
  });
  give.addEventListener("click", () => {
    dialog.close();
    onDeclare(Number(digits));
  });
  return {
    /** @param {{people: number, at: number} | null} last @param {number} here checked in now */
    open(last, here) {
      digits = "";
      draw();
      setText(the("heads-last"), last ? t("heads_last", { people: last.people, time: clockShort(last.at) }) : t("heads_never"));
      setText(the("heads-here"), t("heads_here", { here }));
      dialog.showModal();
      dialog.focus();
    },
  };
}

/** @param {(guest: {name: string, position?: string}) => void} onGuest */
export function guestForm(onGuest) {
  const dialog = /** @type {HTMLDialogElement} */ (the("guest"));
  const form = /** @type {HTMLFormElement} */ (the("guest-form"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = /** @type {HTMLInputElement} */ (the("guest-name")).value.trim();
    const position = /** @type {HTMLInputElement} */ (the("guest-position")).value.trim();
    if (!name) return;
    dialog.close();
    form.reset();
    onGuest(position ? { name, position } : { name });
  });
  return { open: () => dialog.showModal() };
}

/** Somebody of another room's list: by code, or by name with unit. @param {(named: {code?: string, name?: string, unit?: string}) => void} onVisitor */
export function visitorForm(onVisitor) {
  const dialog = /** @type {HTMLDialogElement} */ (the("visitor"));
  const form = /** @type {HTMLFormElement} */ (the("visitor-form"));
  const typed = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (the(id)).value.trim();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [code, name, unit] = [typed("visitor-code"), typed("visitor-name"), typed("visitor-unit")];
    const enough = code !== "" || (name !== "" && unit !== "");
    the("visitor-missing").hidden = enough;
    if (!enough) return;
    dialog.close();
    form.reset();
    onVisitor(code ? { code } : { name, unit });
  });
  return { open: () => dialog.showModal() };
}

/**
 * The room's code, large, for phones held before the tablet.
 * @param {string} room what is typed along with the six digits
 * @param {() => Promise<import("confhub/api").RoomCode>} fetchCode
 */
export function codeView(room, fetchCode) {
  const dialog = /** @type {HTMLDialogElement} */ (the("code"));
  let timer = 0;
  async function draw() {
    window.clearTimeout(timer);
    let next = 5_000;
    try {
      const code = await fetchCode();
      render(code.url ? qrImage(code.url, t("code_alt")) : nothing, the("code-qr"));
      setText(the("code-six"), code.six ? `${code.six.slice(0, 3)} ${code.six.slice(3)}` : "");
      setText(the("code-room"), code.six ? t("code_room", { room, address: `${new URL(code.url || location.href).origin}/c` }) : "");
      setText(the("code-told"), code.url || code.six ? "" : t("code_none"));
      next = Math.min(Math.max(code.next_in_ms, 500), 20_000);
    } catch (error) {
      render(nothing, the("code-qr"));
      setText(the("code-six"), "");
      setText(the("code-room"), "");
      setText(the("code-told"), error instanceof HubError && error.status ? error.message : t("code_offline"));
    }
    if (dialog.open) timer = window.setTimeout(draw, next);
  }
  dialog.addEventListener("close", () => window.clearTimeout(timer));
  return {
    open() {
      dialog.showModal();
      draw();
    },
  };
}

/**
 * The list of refused events, each with its reason.
 * @param {import("./outbox.js").Outbox} outbox
 * @param {(entry: import("./outbox.js").Entry) => string} nameOf
 */
export function refusedList(outbox, nameOf) {
  const dialog = /** @type {HTMLDialogElement} */ (the("refused"));
  the("refused-seen").addEventListener("click", async () => {
    dialog.close();
    await outbox.dismiss();
  });
  return {
    open() {
      const line = (/** @type {import("./outbox.js").Refused} */ one) => html`<li
        ><strong>${nameOf(one)} · ${t(`kind_${one.kind}`)} · ${clockShort(one.at + (one.offset ?? 0))}</strong><span>${one.message || one.code}</span></li>`;
      render(outbox.refused.map(line), the("refused-list"));
      dialog.showModal();
    },
  };
}

/**
 * Whose phone is taken back, and why. Needs the hub: a phone that was freed here alone would be refused there.
 * @param {(attendee: number, reason: string) => Promise<void>} onBack
 */
export function phoneForm(onBack) {
  const dialog = /** @type {HTMLDialogElement} */ (the("phone-back"));
  const form = /** @type {HTMLFormElement} */ (the("phone-form"));
  const who = /** @type {HTMLSelectElement} */ (the("phone-who"));
  const why = /** @type {HTMLSelectElement} */ (the("phone-why"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!who.value) return;
    setText(the("phone-refused"), "");
    onBack(Number(who.value), why.value).then(() => dialog.close()).catch((error) => {
      if (!(error instanceof HubError)) throw error;
      setText(the("phone-refused"), error.status ? error.message : t("phone_offline"));
    });
  });
  return {
    /** @param {{id: number | string, name: string, rest: string}[]} people who came, as they are listed */
    open(people) {
      setText(the("phone-refused"), "");
      const option = (/** @type {number | string} */ id, /** @type {string} */ text) => html`<option value=${id}>${text}</option>`;
      render([option("", t("phone_choose")), people.map(({ id, name, rest }) => option(id, [name, rest].filter(Boolean).join(" · ")))], who);
      who.value = "";
      dialog.showModal();
    },
  };
}
