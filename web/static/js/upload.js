// The import's upload: a progress bar while the file travels; without this script the form works all the same.
import { toast } from "./common/toast.js";
import { t } from "./common/words.js";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !("upload" in form.dataset)) return;
  event.preventDefault();
  const box = form.querySelector("[data-upload-progress]");
  const bar = form.querySelector("progress");
  const words = form.querySelector("[data-upload-words]");
  if (!(box instanceof HTMLElement) || !bar || !words) { form.submit(); return; }
  box.hidden = false;
  words.textContent = t("uploading");
  const call = new XMLHttpRequest();
  call.open("POST", form.action);
  call.responseType = "document";
  call.upload.addEventListener("progress", (progress) => {
    if (progress.lengthComputable) bar.value = (100 * progress.loaded) / progress.total;
  });
  call.upload.addEventListener("load", () => {
    bar.removeAttribute("value");
    words.textContent = t("checking_file");
  });
  call.addEventListener("load", () => {
    const answer = call.responseXML?.querySelector("#import") ?? call.responseXML?.querySelector("main > *");
    const here = document.getElementById("import");
    if (!answer || !here) { form.submit(); return; }
    here.replaceWith(document.importNode(answer, true));
    document.title = call.responseXML?.title ?? document.title;
    document.getElementById("main")?.focus();
    window.scrollTo(0, 0);
  });
  call.addEventListener("error", () => {
    box.hidden = true;
    for (const button of form.querySelectorAll("button")) button.disabled = false;
    toast(t("no_answer"), "danger");
  });
  call.send(new FormData(form));
});
