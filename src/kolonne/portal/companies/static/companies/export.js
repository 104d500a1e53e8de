/** While an export is being made, its panel is fetched anew, so that the bar moves. Without script there is a link. */

const EVERY_MS = 2000;

/** @param {Element} panel */
async function look(panel) {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("[data-export]");
  if (fresh) panel.replaceWith(fresh);
}

async function follow() {
  for (;;) {
    const panel = document.querySelector("[data-export='waiting']");
    if (!panel) return;
    await new Promise((done) => setTimeout(done, EVERY_MS));
    if (document.hidden) continue;
    try {
      await look(panel);
    } catch {
      // The network is away for a moment: the next round asks again.
    }
  }
}

void follow();
