/** While a file with vans is worked off, the page is fetched anew, so that the bar moves. Without script there is a
 * link. */

const EVERY_MS = 1500;

/** @param {Element} place */
async function look(place) {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("[data-import]");
  if (!fresh) return;
  const bar = place.querySelector("progress");
  const now = fresh.querySelector("progress");
  if (bar && now) {
    bar.value = now.value;
    const words = bar.nextElementSibling;
    if (words) words.textContent = now.nextElementSibling?.textContent ?? "";
  } else {
    place.replaceWith(fresh);
  }
}

async function follow() {
  for (;;) {
    const place = document.querySelector("[data-import='running']");
    if (!place) return;
    await new Promise((done) => setTimeout(done, EVERY_MS));
    if (document.hidden) continue;
    try {
      await look(place);
    } catch {
      // The network is away for a moment: the next round asks again.
    }
  }
}

void follow();

export {};
