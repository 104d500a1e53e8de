/** Explains the VIN while it is typed, and fills make and model year where they are empty. */

const PAUSE_MS = 250;

/** @typedef {{facts: [string, string][], problems: string[], hint: string, make: string, modelYear: number | null}} Answer */

const panel = /** @type {HTMLElement | null} */ (document.querySelector("[data-vin]"));
const field = /** @type {HTMLInputElement | null} */ (document.querySelector("input[name='vin']"));
/** What we filled in by ourselves, by field: only that is changed again. */
const filled = new Map();
let shown = "";
let asked = 0;

/** @param {string} name @param {string} value */
function fill(name, value) {
  const input = /** @type {HTMLInputElement | null} */ (document.querySelector(`input[name='${name}']`));
  if (!input || (input.value && input.value !== filled.get(name))) return;
  input.value = value;
  filled.set(name, value);
}

/** @param {string} tag @param {string} text @param {string} [name] */
function element(tag, text, name = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  return made;
}

/** @param {HTMLElement} place @param {Answer} answer */
function show(place, answer) {
  const now = JSON.stringify(answer);
  if (now === shown) return;
  shown = now;
  const list = document.createElement("dl");
  for (const [label, value] of answer.facts) {
    const pair = document.createElement("div");
    pair.append(element("dt", label), element("dd", value));
    list.append(pair);
  }
  const lines = answer.problems.map((text) => element("p", text, "k-error"));
  if (answer.hint) lines.push(element("p", answer.hint, "k-help k-num"));
  place.replaceChildren(...(answer.facts.length ? [list] : []), ...lines);
}

/** @param {HTMLElement} place @param {HTMLInputElement} input */
async function explain(place, input) {
  const mine = ++asked;
  const response = await fetch(`${place.dataset.vin}?vin=${encodeURIComponent(input.value)}`);
  if (!response.ok || response.redirected || mine !== asked) return;
  /** @type {Answer} */
  const answer = await response.json();
  show(place, answer);
  fill("make", answer.make);
  fill("model_year", answer.modelYear ? String(answer.modelYear) : "");
}

/** What the server refused is about the VIN as it was sent. @param {HTMLInputElement} input */
function forgetRefusal(input) {
  const refusal = document.getElementById(`${input.id}_error`);
  if (!refusal) return;
  refusal.remove();
  input.closest(".k-field")?.classList.remove("is-wrong");
  input.removeAttribute("aria-invalid");
  input.setAttribute("aria-describedby", `${input.id}_helptext`);
}

if (panel && field) {
  let pause = 0;
  field.addEventListener("input", () => {
    clearTimeout(pause);
    forgetRefusal(field);
    // Without network the page works on: the VIN is looked at when the form is sent.
    pause = setTimeout(() => void explain(panel, field).catch(() => undefined), PAUSE_MS);
  });
}

export {};
