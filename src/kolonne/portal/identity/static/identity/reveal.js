// "Show" beside a password: what is typed blind on a phone is often mistyped. Without this script there is no button.

/** @param {HTMLElement} button */
function prepare(button) {
  const field = document.getElementById(button.dataset.reveal ?? "");
  if (!(field instanceof HTMLInputElement)) return;
  const show = button.textContent;
  button.hidden = false;
  button.addEventListener("click", () => {
    const reveal = field.type === "password";
    field.type = reveal ? "text" : "password";
    button.textContent = reveal ? (button.dataset.hide ?? "") : show;
    field.focus();
  });
  // A browser must not remember a password as ordinary text.
  field.form?.addEventListener("submit", () => {
    field.type = "password";
  });
}

for (const button of document.querySelectorAll("[data-reveal]")) {
  if (button instanceof HTMLElement) prepare(button);
}
