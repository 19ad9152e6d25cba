// Reads the room's QR code with the phone's camera, where somebody came by the address and not by the code.

import { reader } from "../checkin/qr.js";

const LOOK_EVERY_MS = 150;
const TOKEN = /\/c\/([0-9A-Za-z-]{3,60})$/;

const box = document.getElementById("camera");
const button = /** @type {HTMLButtonElement | null} */ (document.getElementById("camera-open"));
const video = /** @type {HTMLVideoElement | null} */ (document.getElementById("camera-video"));
const told = document.getElementById("camera-told");

/** @param {string} text */
function say(text) {
  if (told) told.textContent = text;
}

async function open() {
  if (!button || !video || !box) return;
  button.disabled = true;
  say("");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  } catch (error) {
    button.disabled = false;
    return say((/** @type {Error} */ (error).name === "NotAllowedError" ? box.dataset.denied : box.dataset.missing) ?? "");
  }
  video.srcObject = stream;
  video.hidden = false;
  button.hidden = true;
  await video.play().catch(() => {});
  const read = await reader();
  const look = async () => {
    const text = await read(video).catch(() => null);
    const found = text ? TOKEN.exec(text) : null;
    if (found) {
      for (const track of stream.getTracks()) track.stop();
      location.assign(`/c/${found[1]}`); // of this hub, whatever address the code was made with
      return;
    }
    if (text) say(box.dataset.other ?? "");
    setTimeout(look, LOOK_EVERY_MS);
  };
  look();
}

if (box && "mediaDevices" in navigator) {
  box.hidden = false;
  button?.addEventListener("click", open);
}
