// A file on its way: asks how far it is, and loads the page again once it is made.

import { byId } from "./dom.js";
import { HubError, request } from "./http.js";
import { number } from "./numbers.js";

const EVERY_MS = 700;
const OVER = ["done", "failed"];
const GONE = [404, 410];

/** Follow the file of the page's `#making`, which carries where to ask as `data-path`. */
export function followMaking() {
  const box = byId("making");
  const bar = /** @type {HTMLProgressElement} */ (box.querySelector("progress"));
  const look = async () => {
    try {
      const { state, done, total } = await request("GET", box.dataset.path ?? "");
      if (OVER.includes(state)) return location.reload();
      if (total) {
        bar.max = total;
        bar.value = done;
        byId("making-count").textContent = `${number(done)} / ${number(total)}`;
      }
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (GONE.includes(error.status)) return location.reload();
    }
    setTimeout(look, EVERY_MS);
  };
  setTimeout(look, EVERY_MS);
}
