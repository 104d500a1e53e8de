// Where the van was lately: a line on the map and the same as a table.

/** @import { GeoJSONSource, Map as MapLibre } from "maplibre-gl" */
/** @import { Formatter } from "./format.js" */

/** Time in milliseconds, longitude, latitude, km/h or null. @typedef {[at: number, lon: number, lat: number, speed: number | null]} Point */

const SHOWN_ROWS = 8;
const KEPT_POINTS = 2000;
/** A row of the table stands for at least this long, else eight rows would cover eight seconds. */
const ROW_MS = 60_000;

export class Track {
  /** @type {Point[]} oldest first */
  #points;
  /** @type {MapLibre | null} */
  #map = null;
  /** @type {(lon: number, lat: number) => string} */
  #street = () => "";

  /** @param {HTMLElement} table body of the table @param {Point[]} points oldest first @param {Formatter} format @param {() => number} now */
  constructor(table, points, format, now) {
    this.table = table;
    this.format = format;
    this.now = now;
    this.#points = points;
    this.#rows();
  }

  /** @param {Point} point */
  add(point) {
    const last = this.#points.at(-1);
    if (last && last[0] >= point[0]) return;
    this.#points.push(point);
    if (this.#points.length > KEPT_POINTS) this.#points.shift();
    this.#rows();
    this.#line();
  }

  /** @param {(lon: number, lat: number) => string} street */
  name(street) {
    this.#street = street;
    this.#rows();
  }

  /** @param {MapLibre} map */
  draw(map) {
    this.#map = map;
    const add = () => {
      if (map.getSource("track")) return;
      map.addSource("track", { type: "geojson", data: this.#geometry() });
      const below = map.getLayer("van-halo") ? "van-halo" : undefined;
      map.addLayer({ id: "track-case", type: "line", source: "track", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#ffffff", "line-width": 7, "line-opacity": 0.6 } }, below);
      map.addLayer({ id: "track", type: "line", source: "track", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": "#0e7285", "line-width": 4 } }, below);
    };
    map.on("style.load", add);
    if (map.isStyleLoaded()) add();
  }

  /** @returns {GeoJSON.Feature} */
  #geometry() {
    return { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: this.#points.map((point) => [point[1], point[2]]) } };
  }

  #line() {
    /** @type {GeoJSONSource | undefined} */ (this.#map?.getSource("track"))?.setData(this.#geometry());
  }

  #rows() {
    /** @type {Point[]} */
    const shown = [];
    for (const point of [...this.#points].reverse()) {
      if (shown.length < SHOWN_ROWS && (shown.length === 0 || (shown.at(-1)?.[0] ?? 0) - point[0] >= ROW_MS)) shown.push(point);
    }
    this.table.replaceChildren(...shown.map((point) => this.#row(point)));
  }

  /** @param {Point} point */
  #row([at, lon, lat, speed]) {
    const row = document.createElement("tr");
    const place = this.#street(lon, lat) || `${lat.toFixed(4)}, ${lon.toFixed(4)}`;
    const cells = [this.format.moment(at, this.now()), place, speed === null ? "–" : this.format.kmh(Math.max(0, speed))];
    row.append(...cells.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
    row.lastElementChild?.classList.add("k-right");
    return row;
  }
}
