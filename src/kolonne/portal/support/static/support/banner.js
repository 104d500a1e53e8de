// Who works in whose name: the minutes that a helper has left, and the banner of the person he helps.

const EVERY_MS = 5000;

/** @param {HTMLElement} left */
function countDown(left) {
  const seconds = (Date.parse(left.dataset.actingUntil ?? "") - Date.now()) / 1000;
  if (seconds <= 0) {
    location.assign(left.dataset.over ?? "/");
    return;
  }
  left.textContent = (left.dataset.left ?? "").replace("{minutes}", String(Math.ceil(seconds / 60)));
  setTimeout(() => countDown(left), Math.min(seconds * 1000, 10_000) + 50);
}

/** What the server says of one helper. @typedef {{ id: number, text: string, url: string }} Helper */

/** @param {HTMLElement} place @param {Helper[]} helpers */
function show(place, helpers) {
  const wanted = new Map(helpers.map((helper) => [String(helper.id), helper]));
  for (const shown of place.querySelectorAll("[data-session]")) {
    const number = shown.getAttribute("data-session") ?? "";
    if (!wanted.delete(number)) shown.remove();
  }
  const pattern = document.getElementById("watch-one");
  if (!(pattern instanceof HTMLTemplateElement)) return;
  for (const helper of wanted.values()) {
    const copy = /** @type {DocumentFragment} */ (pattern.content.cloneNode(true));
    copy.querySelector("[data-session]")?.setAttribute("data-session", String(helper.id));
    copy.querySelector("form")?.setAttribute("action", helper.url);
    const words = copy.querySelector("b");
    if (words) words.textContent = helper.text;
    place.append(copy);
  }
}

/**
 * Asks while the page is in sight, and never else. The live stream of the map is not used for this: it exists for people
 * who see vans only, and browsers open six connections to a server at most, which a stream in every tab would use up.
 * An answer costs three small look-ups, and it does not count as the person's activity.
 * @param {HTMLElement} place
 */
async function watch(place) {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(place.dataset.watch ?? "", { headers: { Accept: "application/json" } });
      if (answer.status === 401) return; // Signed out: there is nothing to watch any more.
      if (answer.ok) show(place, /** @type {{ helpers: Helper[] }} */ (await answer.json()).helpers);
    } catch {
      // Without a network: the next time.
    }
  }
  setTimeout(() => watch(place), EVERY_MS);
}

const left = document.querySelector("[data-acting-until]");
if (left instanceof HTMLElement) countDown(left);
const place = document.getElementById("watch");
if (place?.dataset.watch) watch(place);

export {};
