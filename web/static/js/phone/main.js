// The phone's check-in page: names offered while one types. Everything works without it, by plain forms.

import { el } from "../common/dom.js";
import { call, HubError } from "../common/http.js";
import { offer } from "./offer.js";

const WAIT_MS = 250;
const LETTERS_MIN = 2;
const FULL_NAME = /\S\s+\S/;

/** @type {HTMLInputElement | null} */
let q = null;
/** @type {HTMLElement | null} */
let found = null;
let timer = 0;
let asked = "";
let wished = false;

/** @param {{people: {id: string, name: string, position?: string | null, unit?: string | null}[]}} answer */
function show({ people }) {
  if (!found) return;
  found.replaceChildren(
    ...people.map(({ id, name, position, unit }) =>
      el("button", { class: "person", name: "attendee", value: id },
        el("b", {}, name), el("span", {}, [position, unit].filter(Boolean).join(" · ")))),
  );
  if (people.length === 0 && (wished || FULL_NAME.test(asked))) tell(found.dataset.none ?? "");
}

/** @param {string} text */
function tell(text) {
  found?.replaceChildren(el("p", { class: "fault" }, text));
}

async function ask() {
  const text = q?.value.trim() ?? "";
  if (text === asked) return;
  asked = text;
  if (text.length < LETTERS_MIN) {
    found?.replaceChildren();
    return;
  }
  const visit = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=visit]"))?.value ?? "";
  try {
    const answer = await call("POST", "/api/v1/phone/search", { body: { visit, q: text } });
    if (text === asked) show(answer);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    if (text === asked) tell(error.message || (found?.dataset.offline ?? ""));
    if (!error.message) asked = "";
  }
}

/** Take up the page that stands there now. */
function arm() {
  q = /** @type {HTMLInputElement | null} */ (document.getElementById("q"));
  found = document.getElementById("found");
  asked = "";
  q?.addEventListener("input", () => {
    window.clearTimeout(timer);
    wished = false;
    timer = window.setTimeout(ask, WAIT_MS);
  });
  q?.form?.addEventListener("submit", (event) => {
    event.preventDefault();
    window.clearTimeout(timer);
    wished = true;
    asked = "";
    ask();
  });
}

arm();

// One tap sends one form; a page that comes back from the browser's memory can send again.
document.addEventListener("submit", (event) => {
  const { submitter, target } = /** @type {SubmitEvent} */ (event);
  if (!event.defaultPrevented && target instanceof HTMLFormElement && new URL(target.action).pathname === "/c/check-in") {
    event.preventDefault();
    if (target.dataset.offered) return;
    target.dataset.offered = "true";
    offer(target, submitter, arm);
    return;
  }
  if (!event.defaultPrevented && submitter instanceof HTMLButtonElement) setTimeout(() => { submitter.disabled = true; });
});
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button:disabled")) /** @type {HTMLButtonElement} */ (button).disabled = false;
});
