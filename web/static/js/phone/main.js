// The phone's check-in page: names offered while one types. Everything works without it, by plain forms.
// @ts-check

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
    ...people.map((person) => {
      const button = document.createElement("button");
      button.className = "person";
      button.name = "attendee";
      button.value = String(person.id);
      const name = document.createElement("b");
      name.textContent = person.name;
      const rest = document.createElement("span");
      rest.textContent = [person.position, person.unit].filter(Boolean).join(" · ");
      button.append(name, rest);
      return button;
    }),
  );
  if (people.length === 0 && (wished || FULL_NAME.test(asked))) tell(found.dataset.none ?? "");
}

/** @param {string} text */
function tell(text) {
  const line = document.createElement("p");
  line.className = "fault";
  line.textContent = text;
  found?.replaceChildren(line);
}

async function ask() {
  const text = q?.value.trim() ?? "";
  if (text === asked) return;
  asked = text;
  if (text.length < LETTERS_MIN) {
    found?.replaceChildren();
    return;
  }
  const visit = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name=visit]"))?.value;
  const token = document.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "";
  try {
    const answer = await fetch("/api/v1/phone/search", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": token },
      body: JSON.stringify({ visit, q: text }),
    });
    const body = await answer.json();
    if (text !== asked) return;
    if (answer.ok) show(body);
    else tell([body.error?.message, body.error?.remedy].filter(Boolean).join(" "));
  } catch {
    if (text === asked) tell(found?.dataset.offline ?? "");
    asked = "";
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
