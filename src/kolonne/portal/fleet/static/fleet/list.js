// The list of vans: only the rows in view exist, so that ten thousand vans scroll as lightly as ten.

import { isStale } from "./condition.js";

/** @import { Formatter } from "./format.js" */
/** @import { LiveVan } from "./types.d.ts" */

export const ROW_HEIGHT = 70;
const SPARE_ROWS = 6;

export class VanList extends EventTarget {
  /** @type {LiveVan[]} */
  #vans = [];
  /** @type {Map<number, HTMLElement>} */
  #rows = new Map();
  /** @type {number | null} */
  chosen = null;

  /**
   * @param {HTMLElement} host the scrolling list box
   * @param {HTMLTemplateElement} template one row
   * @param {Formatter} format
   * @param {() => number} now
   */
  constructor(host, template, format, now) {
    super();
    this.host = host;
    this.template = template;
    this.format = format;
    this.now = now;
    this.space = document.createElement("div");
    this.space.className = "f-space";
    this.space.setAttribute("role", "presentation");
    host.append(this.space);
    host.addEventListener("scroll", () => this.draw(), { passive: true });
    host.addEventListener("click", (event) => this.#click(event));
    host.addEventListener("dblclick", () => this.#open());
    host.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.draw()).observe(host);
  }

  /** @param {LiveVan[]} vans */
  show(vans) {
    this.#vans = vans;
    this.space.style.height = `${vans.length * ROW_HEIGHT}px`;
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.host.scrollTop / ROW_HEIGHT) - SPARE_ROWS);
    const last = Math.min(this.#vans.length, Math.ceil((this.host.scrollTop + this.host.clientHeight) / ROW_HEIGHT) + SPARE_ROWS);
    const visible = this.#vans.slice(first, last);
    const wanted = new Set(visible.map((van) => van.id));
    for (const [id, row] of this.#rows) {
      if (wanted.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    visible.forEach((van, index) => this.#fill(van, first + index));
  }

  /** @param {number | null} id */
  choose(id) {
    this.chosen = id;
    const index = this.#vans.findIndex((van) => van.id === id);
    if (index >= 0) this.#scrollTo(index);
    this.draw();
    if (id === null || index < 0) this.host.removeAttribute("aria-activedescendant");
    else this.host.setAttribute("aria-activedescendant", `van-${id}`);
  }

  /** @param {number} index */
  #scrollTo(index) {
    const top = index * ROW_HEIGHT;
    if (top < this.host.scrollTop) this.host.scrollTop = top;
    else if (top + ROW_HEIGHT > this.host.scrollTop + this.host.clientHeight) this.host.scrollTop = top + ROW_HEIGHT - this.host.clientHeight;
  }

  /** @param {LiveVan} van @param {number} index */
  #fill(van, index) {
    let row = this.#rows.get(van.id);
    if (!row) {
      row = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (this.template.content.cloneNode(true)).firstElementChild);
      row.id = `van-${van.id}`;
      row.dataset.id = String(van.id);
      this.space.append(row);
      this.#rows.set(van.id, row);
    }
    row.style.transform = `translateY(${index * ROW_HEIGHT}px)`;
    row.setAttribute("aria-posinset", String(index + 1));
    row.setAttribute("aria-setsize", String(this.#vans.length));
    row.setAttribute("aria-selected", String(van.id === this.chosen));
    this.#words(row, van);
  }

  /** @param {HTMLElement} row @param {LiveVan} van */
  #words(row, van) {
    const { format } = this;
    const now = this.now();
    const sentence = format.say(van.condition.sentence, now);
    const placed = van.condition.state === "moving" || van.condition.state === "standing";
    set(row, ".k-plate", van.plate || van.vin.slice(-6));
    set(row, ".f-name", [van.name || [van.make, van.model].join(" ").trim(), van.driver].filter(Boolean).join(" · "));
    set(row, ".f-age", van.seen ? format.span(now - van.seen) : "–");
    set(row, ".f-sentence", placed && van.place ? `${sentence} · ${van.place}` : sentence);
    set(row, ".f-level", van.level === null ? "–" : format.percent(van.level));
    row.querySelector(".k-mark")?.setAttribute("class", `k-mark k-mark-${van.condition.state}`);
    const bar = row.querySelector(".k-bar");
    const reading = van.drive === "diesel" || van.drive === "petrol" ? van.signals.fuel_level : van.signals.soc;
    levelBar(/** @type {HTMLElement} */ (bar), van.level, isStale(reading, now));
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const row = event.target instanceof Element ? event.target.closest("[data-id]") : null;
    if (row instanceof HTMLElement) this.#tell(Number(row.dataset.id));
  }

  #open() {
    if (this.chosen !== null) this.dispatchEvent(new CustomEvent("open", { detail: this.chosen }));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const at = this.#vans.findIndex((van) => van.id === this.chosen);
    const page = Math.max(1, Math.floor(this.host.clientHeight / ROW_HEIGHT) - 1);
    /** @type {Record<string, number>} */
    const moves = { ArrowDown: at + 1, ArrowUp: at < 0 ? 0 : at - 1, Home: 0, End: this.#vans.length - 1, PageDown: at + page, PageUp: at - page };
    if (event.key === "Enter") this.#open();
    else if (event.key in moves && this.#vans.length > 0) {
      const to = Math.min(this.#vans.length - 1, Math.max(0, moves[event.key]));
      this.#tell(this.#vans[to].id);
    } else return;
    event.preventDefault();
  }

  /** @param {number} id */
  #tell(id) {
    this.dispatchEvent(new CustomEvent("choose", { detail: id }));
  }
}

/** @param {Element} row @param {string} selector @param {string} text */
function set(row, selector, text) {
  const element = row.querySelector(selector);
  if (element && element.textContent !== text) element.textContent = text;
}

/** @param {HTMLElement} bar @param {number | null} level percent @param {boolean} stale */
export function levelBar(bar, level, stale) {
  bar.classList.toggle("is-unknown", level === null);
  bar.classList.toggle("is-low", level !== null && level < 20);
  bar.classList.toggle("is-mid", level !== null && level >= 20 && level < 40);
  bar.classList.toggle("is-stale", stale);
  bar.style.setProperty("--level", String(level ?? 0));
}
