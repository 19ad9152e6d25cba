// A file of certificates on its way: asks how far it is, and reloads the page once it is made.
// @ts-check

import { byId } from "../sessions/dom.js";
import { call, HubError } from "../sessions/hub.js";

const EVERY_MS = 1000;

const box = byId("making");
const bar = /** @type {HTMLProgressElement} */ (box.querySelector("progress"));
const count = byId("making-count");
const numbers = new Intl.NumberFormat(document.documentElement.lang);

async function look() {
  try {
    const state = await call("GET", box.dataset.path ?? "");
    bar.max = state.total;
    bar.value = state.done;
    count.textContent = `${numbers.format(state.done)} / ${numbers.format(state.total)}`;
    if (state.state === "done" || state.state === "failed") {
      location.reload();
      return;
    }
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    if (error.status === 404) {
      location.reload();
      return;
    }
  }
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
