// The figures of a van: ring, range, odometer and so on; each says how old it is and turns grey with age.

import { isStale, number } from "./condition.js";
import { one } from "./page.js";

/** @import { Formatter } from "./format.js" */
/** @import { LiveVan, Reading } from "./types.d.ts" */

const AROUND = 2 * Math.PI * 52;

/** @typedef {{ signals: string[], words: (value: any, format: Formatter) => string }} Fact */

/** @type {Record<string, Fact>} */
const FACTS = {
  odometer: { signals: ["odometer"], words: (metres, format) => format.km(metres) },
  service: {
    signals: ["service_distance"],
    words: (km, format) => format.text(km < 0 ? "service_over" : "service_in", { km: `${format.whole(Math.abs(Math.round(km)))}\u00a0km` }),
  },
  outside: { signals: ["outside_temperature"], words: (celsius, format) => format.degrees(celsius) },
  voltage: { signals: ["low_voltage"], words: (volts, format) => format.volts(volts) },
  charging: { signals: ["charge_state"], words: (state, format) => format.text(`charge_state_${state}`) },
  climate: { signals: ["climate_on"], words: (on, format) => format.text(on ? "climate_on" : "climate_off") },
  speed: { signals: ["speed"], words: (speed, format) => format.kmh(Math.max(0, speed)) },
  card: { signals: ["driver_id"], words: (card) => String(card) || "–" },
};

/** @param {HTMLElement} page @param {LiveVan} van @param {number} now @param {Formatter} format */
export function showFacts(page, van, now, format) {
  for (const element of page.querySelectorAll("[data-fact]")) {
    const fact = FACTS[element.getAttribute("data-fact") ?? ""];
    const reading = fact.signals.map((name) => van.signals[name]).find(Boolean);
    fill(/** @type {HTMLElement} */ (element), reading, reading ? fact.words(reading[0], format) : "", now, format);
  }
  ring(one(page, "#ring"), van, now, format);
}

/** @param {HTMLElement} element @param {Reading | undefined} reading @param {string} words @param {number} now @param {Formatter} format */
function fill(element, reading, words, now, format) {
  const value = one(element, "[data-value]");
  const known = Boolean(reading);
  value.textContent = known ? words : format.text("unknown");
  value.classList.toggle("is-unknown", !known);
  value.classList.toggle("k-stale", known && isStale(reading, now));
  one(element, "[data-value-age]").textContent = reading ? format.span(now - reading[1]) : "";
}

/** @param {HTMLElement} host @param {LiveVan} van @param {number} now @param {Formatter} format */
function ring(host, van, now, format) {
  const electric = van.drive === "electric" || van.drive === "hybrid";
  const reading = electric ? van.signals.soc : van.signals.fuel_level;
  const metres = number(van.signals, "range") ?? number(van.signals, electric ? "battery_range" : "fuel_range");
  const level = van.level;
  const arc = /** @type {SVGCircleElement} */ (/** @type {unknown} */ (host.querySelector("[data-arc]")));
  arc.setAttribute("stroke-dasharray", `${(AROUND * (level ?? 0)) / 100} ${AROUND}`);
  host.classList.toggle("is-unknown", level === null);
  host.classList.toggle("is-low", level !== null && level < 20);
  host.classList.toggle("is-mid", level !== null && level >= 20 && level < 40);
  host.classList.toggle("is-stale", level !== null && isStale(reading, now));
  one(host, "[data-ring-level]").textContent = level === null ? "–" : format.percent(level);
  one(host, "[data-ring-range]").textContent = metres === null ? "" : format.km(metres);
  one(host, "[data-ring-label]").textContent = format.text(electric ? "charge" : "fuel");
  one(host, "[data-ring-age]").textContent = reading ? format.text("age", { age: format.span(now - reading[1]) }) : format.text("unknown");
}
