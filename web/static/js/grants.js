// Lines of roles in the form of an account: add and remove.

for (const box of document.querySelectorAll("[data-grants]")) {
  const template = box.querySelector("template");
  const add = box.querySelector("[data-grant-add]");
  add?.addEventListener("click", () => {
    const line = template?.content.firstElementChild?.cloneNode(true);
    if (!(line instanceof HTMLElement)) return;
    box.insertBefore(line, template);
    line.querySelector("select")?.focus();
  });
  box.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-grant-remove]") : null;
    button?.closest("[data-grant]")?.remove();
  });
}
