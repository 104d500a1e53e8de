/* Sets light or dark before the first paint; loaded in the head, not deferred, so that nothing flashes. */
(function () {
  "use strict";
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");

  function wanted() {
    try {
      return localStorage.getItem("kolonne-theme") || "auto";
    } catch {
      return "auto";
    }
  }

  function apply() {
    var choice = wanted();
    var theme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    var changed = root.dataset.bsTheme !== theme;
    root.dataset.bsTheme = theme;
    root.dataset.themeChoice = choice;
    if (changed) root.dispatchEvent(new CustomEvent("kolonne:theme", { detail: theme }));
  }

  dark.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  root.addEventListener("kolonne:choose-theme", apply);
  apply();
})();
