// A check-in goes on being offered until the hub has answered: a busy hub says when to come back, a hub that is away
// says nothing. The tap's own moment goes along, so that nobody comes later for having had to wait.

import { el } from "../common/dom.js";

const FIRST_S = 2;
const SLOWEST_S = 15;

/**
 * Send a form until it is answered, and show the answer.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} submitter
 * @param {() => void} armed is called when another page stands there
 */
export async function offer(form, submitter, armed) {
  const tapped = performance.now();
  const wishes = [...new FormData(form)].map(([name, value]) => [name, String(value)]);
  if (submitter instanceof HTMLButtonElement && submitter.name) wishes.push([submitter.name, submitter.value]);
  for (let waitS = FIRST_S; ; waitS = Math.min(2 * waitS, SLOWEST_S)) {
    const body = new URLSearchParams(wishes);
    body.set("waited_ms", String(Math.round(performance.now() - tapped)));
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } }).catch(() => null);
    const text = answer && answer.status !== 503 ? await answer.text().catch(() => null) : null;
    if (text !== null) return show(text, armed);
    waiting(form);
    const wished = Number(answer?.headers.get("Retry-After")) || waitS;
    await new Promise((done) => { setTimeout(done, wished * 1000 * (1 + Math.random() / 2)); });
  }
}

/** @param {string} text @param {() => void} armed */
async function show(text, armed) {
  const page = new DOMParser().parseFromString(text, "text/html");
  document.title = page.title;
  document.body.replaceWith(page.body);
  window.scrollTo(0, 0);
  for (const script of page.querySelectorAll("head script[type=module][src]")) await import(script.getAttribute("src") ?? "");
  armed();
}

/** Say that it is kept. @param {HTMLFormElement} form */
function waiting(form) {
  if (form.querySelector("[data-offering]")) return;
  form.append(el("p", { class: "fault", role: "status", "data-offering": "true" }, document.body.dataset.offering ?? ""));
}
