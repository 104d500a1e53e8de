// Passkeys: signs in with one, confirms with one, adds one. The server asks in JSON and the browser answers in JSON;
// the form carries the answer back like any other field.

/** @typedef {{ publicKey: PublicKeyCredentialRequestOptionsJSON }} Question */
/** @typedef {{ publicKey: PublicKeyCredentialCreationOptionsJSON }} Invitation */

/** @param {HTMLFormElement} form @returns {Promise<unknown>} what the server wants to know */
async function asked(form) {
  const source = form.dataset.question;
  if (source) return JSON.parse(document.getElementById(source)?.textContent ?? "null");
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
  return (await answer.json()).request_options;
}

/** @param {unknown} question */
async function prove(question) {
  const { publicKey } = /** @type {Question} */ (question);
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
}

/** @param {unknown} question */
async function create(question) {
  const { publicKey } = /** @type {Invitation} */ (question);
  // Kept in the device where it can be, so that it signs in without a user id; a key of older make works, too.
  publicKey.authenticatorSelection = {
    ...publicKey.authenticatorSelection,
    residentKey: "preferred",
    requireResidentKey: false,
    userVerification: "required",
  };
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) });
}

/** @param {HTMLFormElement} form @param {HTMLElement} words */
async function run(form, words) {
  const field = form.elements.namedItem("credential");
  if (!(field instanceof HTMLInputElement)) return;
  words.textContent = form.dataset.waiting ?? "";
  try {
    const credential = await (form.dataset.passkey === "add" ? create : prove)(await asked(form));
    if (!(credential instanceof PublicKeyCredential)) throw new Error("no passkey");
    field.value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    if (error instanceof DOMException && error.name === "SecurityError") {
      words.textContent = form.dataset.nameless ?? form.dataset.failed ?? "";
      return;
    }
    const known = error instanceof DOMException && error.name === "InvalidStateError";
    words.textContent = (known ? form.dataset.known : form.dataset.failed) ?? form.dataset.failed ?? "";
  }
}

/** @param {HTMLFormElement} form */
function prepare(form) {
  const words = form.querySelector("[data-passkey-says]");
  const start = document.querySelector(`[data-passkey-start="${form.id}"]`);
  if (!(words instanceof HTMLElement) || !(start instanceof HTMLButtonElement)) return;
  if (typeof PublicKeyCredential === "undefined" || !("parseRequestOptionsFromJSON" in PublicKeyCredential)) {
    words.textContent = form.dataset.unable ?? "";
    return;
  }
  start.hidden = false;
  for (const sibling of document.querySelectorAll(`[data-passkey-with="${form.id}"]`)) sibling.removeAttribute("hidden");
  start.addEventListener("click", () => void run(form, words));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void run(form, words);
  });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (form instanceof HTMLFormElement) prepare(form);
}
