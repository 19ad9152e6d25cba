// Short notes in the corner; read aloud through the live region in base.html.

const SHOWN_MS = 6000;

/**
 * Show a note.
 * @param {string} text
 * @param {"info" | "success" | "warning" | "danger"} [kind]
 */
export function toast(text, kind = "info") {
  const template = document.getElementById("toast-template");
  const place = document.getElementById("toasts");
  if (!(template instanceof HTMLTemplateElement) || !place) return;
  const made = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
  made.classList.add(kind);
  const words = made.querySelector("span");
  if (words) words.textContent = text;
  follow(place);
  place.append(made);
  fade(made);
}

/**
 * Notes stand in the topmost open dialog, or else in the page: a modal dialog covers all that is outside of it, and
 * screen readers do not hear it.
 * @param {HTMLElement} place
 */
function follow(place) {
  const dialog = [...document.querySelectorAll("dialog:modal")].at(-1);
  if (place.parentElement === (dialog ?? document.body)) return;
  (dialog ?? document.body).append(place);
  dialog?.addEventListener("close", () => follow(place), { once: true });
}

/** Let the notes that came with the page fade too, and take `done` out of the address. */
export function armToasts() {
  for (const one of document.querySelectorAll("[data-toast]")) fade(/** @type {HTMLElement} */ (one));
  const address = new URL(window.location.href);
  if (address.searchParams.has("done")) {
    address.searchParams.delete("done");
    window.history.replaceState(window.history.state, "", address);
  }
}

/** @param {HTMLElement} one */
function fade(one) {
  setTimeout(() => {
    one.classList.add("leaving");
    one.addEventListener("transitionend", () => one.remove(), { once: true });
    setTimeout(() => one.remove(), 600);
  }, SHOWN_MS);
}
