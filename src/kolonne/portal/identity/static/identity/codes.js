// Recovery codes are shown once: this saves them as a file, copies or prints them.

const codes = [...document.querySelectorAll(".k-codes li")].map((item) => item.textContent?.trim() ?? "");
const says = document.querySelector("[data-codes-says]");

/** @param {HTMLElement} button */
async function keep(button) {
  const text = `${button.dataset.title ?? "Kolonne"}\n\n${codes.join("\n")}\n`;
  if (button.dataset.codes === "print") window.print();
  if (button.dataset.codes === "copy") await navigator.clipboard.writeText(text);
  if (button.dataset.codes === "save") {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = "kolonne-recovery-codes.txt";
    link.click();
    URL.revokeObjectURL(link.href);
  }
  if (says) says.textContent = button.dataset.done ?? "";
}

for (const button of document.querySelectorAll("[data-codes]")) {
  if (!(button instanceof HTMLElement)) continue;
  button.hidden = button.dataset.codes === "copy" && !navigator.clipboard;
  button.addEventListener("click", () => void keep(button));
}
