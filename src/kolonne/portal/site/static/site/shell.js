// What every page does: menus that close, the theme choice, `/` for search, toasts.

const root = document.documentElement;

/** @param {string} choice */
function chooseTheme(choice) {
  try {
    localStorage.setItem("kolonne-theme", choice);
  } catch {
    // Storage is blocked: the choice holds until the next page.
  }
  root.dispatchEvent(new CustomEvent("kolonne:choose-theme"));
  markTheme();
}

function markTheme() {
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    if (button === root) continue;
    const on = button.getAttribute("data-theme-choice") === root.dataset.themeChoice;
    button.setAttribute("aria-pressed", String(on));
  }
}

/** @param {EventTarget | null} target */
function closeMenus(target) {
  for (const menu of document.querySelectorAll("details.k-menu[open]")) {
    if (!(target instanceof Node && menu.contains(target))) menu.removeAttribute("open");
  }
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const typing = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "Escape") {
    const open = document.querySelector("details.k-menu[open]");
    closeMenus(null);
    open?.querySelector("summary")?.focus();
  }
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector(".k-search input");
    if (search instanceof HTMLInputElement) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
}

document.addEventListener("click", (event) => {
  closeMenus(event.target);
  const button = event.target instanceof Element ? event.target.closest("[data-theme-choice]") : null;
  if (button && button !== root) chooseTheme(button.getAttribute("data-theme-choice") ?? "auto");
});
document.addEventListener("keydown", onKey);
markTheme();

for (const toast of document.querySelectorAll(".k-toast")) setTimeout(() => toast.remove(), 8000);

// On a phone not all tabs fit: the open one comes into sight.
document.querySelector(".um-nav [aria-current], .k-account-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
