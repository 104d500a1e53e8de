// The live map page: list and map side by side over one fleet.

import { number } from "./condition.js";
import { chosen, Fleet, STATES } from "./fleet.js";
import { formatter, pageData } from "./format.js";
import { levelBar, VanList } from "./list.js";
import { connect } from "./live.js";
import { makeMap } from "./map.js";
import { roads } from "./map-data.js";
import { streetFinder } from "./places.js";
import { byId, one } from "./page.js";
import { VanCard } from "./van-card.js";

/** @import { StateName, Text } from "./types.d.ts" */
/** @import { VanMap } from "./map.js" */

/** @typedef {{ topic: string, snapshot: string, stream: string, van: string }} Addresses */

const format = formatter(document.documentElement.lang, /** @type {Record<string, Text>} */ (pageData("texts")), document.documentElement.dataset.timeZone);
const addresses = /** @type {Addresses} */ (pageData("addresses"));
const fleet = new Fleet();
const page = byId("fleet");
const search = /** @type {HTMLInputElement} */ (one(document, ".k-search input"));
const list = new VanList(byId("van-list"), /** @type {HTMLTemplateElement} */ (byId("van-row")), format, () => fleet.now());
/** @type {StateName | ""} */
let filter = "";
/** @type {VanMap | null} */
let map = null;
/** @type {VanCard | null} */
let card = null;
let fitted = false;
let mapShownAt = 0;
/** So many vans at once are drawn less often, so that moving the map stays smooth. */
const MANY = 2000;
const MANY_MS = 3000;
/** @type {(lon: number, lat: number) => string} */
let street = () => "";

function refresh() {
  for (const van of fleet.vans.values()) {
    const [lon, lat] = [number(van.signals, "lon"), number(van.signals, "lat")];
    if (lon !== null && lat !== null && (van.id === list.chosen || fleet.vans.size <= 500)) van.place = street(lon, lat);
  }
  const shown = chosen(fleet, filter, search.value);
  list.show(shown);
  if (shown.length < MANY || performance.now() - mapShownAt > MANY_MS) {
    map?.show(shown);
    mapShownAt = performance.now();
  }
  count();
  byId("none-found").hidden = shown.length > 0 || fleet.vans.size === 0;
  if (map && !fitted && fleet.vans.size > 0) {
    fitted = true;
    map.fit(false);
  }
}

function count() {
  const counts = fleet.counts();
  for (const state of STATES) {
    const chip = one(page, `[data-state="${state}"]`);
    one(chip, "b").textContent = format.whole(counts[state]);
    one(chip, "span").textContent = format.text(`chip_${state}`, { n: counts[state] });
  }
  one(page, '[data-state=""] b').textContent = format.whole(fleet.vans.size);
}

/** @param {number | null} id @param {boolean} [fromMap] */
function choose(id, fromMap = false) {
  list.choose(id);
  map?.choose(id);
  if (id !== null && !fromMap) map?.reveal();
  if (id !== null && fromMap) page.dataset.view = "map";
  card?.show(id === null ? null : (fleet.vans.get(id) ?? null));
}

/** @param {number} id */
function open(id) {
  location.href = addresses.van.replace("/0/", `/${id}/`);
}

/** @param {Event} event */
function onChip(event) {
  const chip = event.target instanceof Element ? event.target.closest("[data-state]") : null;
  if (!chip) return;
  filter = /** @type {StateName | ""} */ (chip.getAttribute("data-state"));
  for (const other of page.querySelectorAll("[data-state]")) other.setAttribute("aria-pressed", String(other === chip));
  byId("van-list").scrollTop = 0;
  refresh();
}

async function startMap() {
  try {
    const made = await makeMap(byId("map"));
    map = made.vanMap;
    street = streetFinder(roads());
    card = new VanCard({ map, library: made.library, format, now: () => fleet.now(), address: addresses.van, level: levelBar });
    map.addEventListener("choose", (event) => choose(/** @type {CustomEvent<number | null>} */ (event).detail, true));
    card.addEventListener("close", () => choose(null));
    byId("zoom-in").onclick = () => map?.map.zoomIn();
    byId("zoom-out").onclick = () => map?.map.zoomOut();
    byId("fit").onclick = () => map?.fit();
    refresh();
  } catch (error) {
    byId("map-failed").hidden = false;
    throw error;
  }
}

list.addEventListener("choose", (event) => choose(/** @type {CustomEvent<number>} */ (event).detail));
list.addEventListener("open", (event) => open(/** @type {CustomEvent<number>} */ (event).detail));
byId("chips").addEventListener("click", onChip);
search.addEventListener("input", refresh);
search.form?.addEventListener("submit", (event) => {
  event.preventDefault();
  byId("van-list").focus();
  const [first] = chosen(fleet, filter, search.value);
  if (first) choose(first.id);
});
search.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  search.value = "";
  refresh();
  byId("van-list").focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && list.chosen !== null) choose(null);
});
byId("swap").addEventListener("click", () => {
  page.dataset.view = page.dataset.view === "map" ? "list" : "map";
  map?.map.resize();
});
fleet.addEventListener("change", () => {
  byId("loading").hidden = true;
  byId("no-vans").hidden = fleet.vans.size > 0;
  refresh();
  if (list.chosen !== null) card?.show(fleet.vans.get(list.chosen) ?? null);
});
fleet.addEventListener("tick", () => {
  list.draw();
  count();
});
setInterval(() => fleet.tick(), 1000);
connect(
  { snapshotUrl: addresses.snapshot, streamUrl: addresses.stream, topic: addresses.topic },
  {
    snapshot: (snapshot) => fleet.replace(snapshot),
    vans: (vans) => fleet.update(vans),
    command: () => {},
    status: (status) => (byId("stale").hidden = status !== "lost"),
  },
);
void startMap();
