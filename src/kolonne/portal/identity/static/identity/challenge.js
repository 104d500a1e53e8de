// Proof that no robot asks: finds the number whose hash with the salt is the one that the page was given.
// The hash is our own, because browsers offer theirs only over HTTPS, and calling it for every number would be slower.
import { sha256Matcher } from "./sha256.js";

const SLICE_MS = 12;

/** Lets the page breathe. Unlike a timer, this is not slowed down in a tab that nobody looks at. */
function pause() {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve(undefined);
    };
    channel.port2.postMessage(0);
  });
}

/**
 * @param {string} salt
 * @param {string} wanted SHA-256 of salt and number, in hex
 * @param {number} max
 * @returns {Promise<number>} -1 when no number fits
 */
export async function solve(salt, wanted, max) {
  const fits = sha256Matcher(wanted);
  let until = performance.now() + SLICE_MS;
  for (let number = 0; number <= max; number++) {
    if (fits(salt + number)) return number;
    if (number % 64 === 0 && performance.now() > until) {
      await pause();
      until = performance.now() + SLICE_MS;
    }
  }
  return -1;
}

/** @param {HTMLElement} box */
async function run(box) {
  const { challenge = "", salt = "", signature = "", max = "0", field = "" } = box.dataset;
  const input = box.querySelector("input");
  const state = box.querySelector("[role=status]");
  const form = box.closest("form");
  if (!input || !state || !form) return;
  /** @type {HTMLElement | null | undefined} */
  let submitter;
  let isWaiting = false;
  /** @param {SubmitEvent} event */
  const hold = (event) => {
    event.preventDefault();
    submitter = event.submitter;
    isWaiting = true;
    state.textContent = box.dataset.waiting ?? "";
  };
  form.addEventListener("submit", hold);
  state.textContent = box.dataset.checking ?? "";
  const number = await solve(salt, challenge, Number(max));
  input.name = field;
  input.value = btoa(JSON.stringify({ algorithm: "SHA-256", challenge, number, salt, signature }));
  state.textContent = box.dataset.done ?? "";
  box.dataset.state = "done";
  form.removeEventListener("submit", hold);
  if (isWaiting) form.requestSubmit(submitter);
}

for (const box of document.querySelectorAll("[data-challenge]")) if (box instanceof HTMLElement) void run(box);
