// The card of the chosen van: beside it on the map, or a sheet at the bottom of a phone.

import { number } from "./condition.js";
import { byId, one } from "./page.js";

/** @import { Popup } from "maplibre-gl" */
/** @import { Formatter } from "./format.js" */
/** @import { VanMap } from "./map.js" */
/** @import { LiveVan } from "./types.d.ts" */

/**
 * @typedef {object} Needs
 * @property {VanMap} map
 * @property {typeof import("maplibre-gl")} library
 * @property {Formatter} format
 * @property {() => number} now
 * @property {string} address of a van's page, with 0 for its id
 * @property {(bar: HTMLElement, level: number | null, stale: boolean) => void} level
 */

export class VanCard extends EventTarget {
  #phone = window.matchMedia("(max-width: 640px)");
  /** @type {Popup} */
  #popup;

  /** @param {Needs} needs */
  constructor(needs) {
    super();
    this.needs = needs;
    const template = /** @type {HTMLTemplateElement} */ (byId("van-card"));
    this.element = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
    this.#popup = new needs.library.Popup({ closeButton: false, closeOnClick: false, focusAfterOpen: false, maxWidth: "340px", offset: 34, className: "f-popup" });
    one(this.element, "[data-follow]").addEventListener("click", () => needs.map.follow(!needs.map.following));
    one(this.element, "[data-close]").addEventListener("click", () => this.dispatchEvent(new Event("close")));
    needs.map.addEventListener("follow", () => this.#following());
    needs.map.addEventListener("draw", () => this.#move());
  }

  /** @param {LiveVan | null} van */
  show(van) {
    if (!van) {
      this.element.remove();
      this.#popup.remove();
      return;
    }
    this.#fill(van);
    if (this.#phone.matches) {
      if (!this.element.isConnected || this.#popup.isOpen()) byId("sheet").append(this.element);
    } else if (!this.#popup.isOpen() && this.needs.map.chosenPlace()) {
      this.#popup.setDOMContent(this.element);
      this.#move();
      this.#popup.addTo(this.needs.map.map);
    }
  }

  #move() {
    const place = this.needs.map.chosenPlace();
    if (place && !this.#phone.matches) this.#popup.setLngLat(place);
  }

  #following() {
    const button = one(this.element, "[data-follow]");
    const on = this.needs.map.following;
    button.setAttribute("aria-pressed", String(on));
    button.textContent = this.needs.format.text(on ? "follow_stop" : "follow");
  }

  /** @param {LiveVan} van */
  #fill(van) {
    const { format } = this.needs;
    const now = this.needs.now();
    const electric = van.drive === "electric" || van.drive === "hybrid";
    const speed = number(van.signals, "speed");
    const range = number(van.signals, "range") ?? number(van.signals, electric ? "battery_range" : "fuel_range");
    one(this.element, ".k-plate").textContent = van.plate || van.vin;
    one(this.element, "[data-name]").textContent = van.name || `${van.make} ${van.model}`;
    one(this.element, "[data-driver]").textContent = van.driver || format.text("no_driver");
    one(this.element, ".k-mark").className = `k-mark k-mark-${van.condition.state}`;
    one(this.element, "[data-sentence]").textContent = [format.say(van.condition.sentence, now), van.place].filter(Boolean).join(" · ");
    one(this.element, "[data-level]").textContent = van.level === null ? "–" : format.percent(van.level);
    one(this.element, "[data-level-label]").textContent = format.text(electric ? "charge" : "fuel");
    one(this.element, "[data-range]").textContent = range === null ? "–" : format.km(range);
    one(this.element, "[data-speed]").textContent = speed === null ? "–" : format.whole(Math.max(0, Math.round(speed)));
    one(this.element, "[data-age]").textContent = van.seen ? format.text("age", { age: format.span(now - van.seen) }) : format.text("never_seen");
    const link = /** @type {HTMLAnchorElement} */ (one(this.element, "[data-open]"));
    link.href = this.needs.address.replace("/0/", `/${van.id}/`);
  }
}
