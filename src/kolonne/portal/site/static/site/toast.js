// Short messages at the corner of the page.

/** @param {string} text @param {"alert" | "ok"} kind */
export function toast(text, kind) {
  const host = document.getElementById("toasts");
  if (!host) return;
  const note = document.createElement("div");
  const mark = document.createElement("i");
  const words = document.createElement("span");
  note.className = "k-toast";
  mark.className = `k-mark k-mark-${kind}`;
  words.textContent = text;
  note.append(mark, words);
  host.append(note);
  setTimeout(() => note.remove(), 8000);
}
