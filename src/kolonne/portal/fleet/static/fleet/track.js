// Where the van was lately: a line on the map and the same as a table.

import { distance } from "./glide.js";

/** @import { GeoJSONSource, Map as MapLibre } from "maplibre-gl" */
/** @import { Formatter } from "./format.js" */

/** Time in milliseconds, longitude, latitude, km/h or null. @typedef {[at: number, lon: number, lat: number, speed: number | null]} Point */

const SHOWN_ROWS = 8;
const KEPT_POINTS = 2000;
/** A row of the table stands for at least this long, else eight rows would cover eight seconds. */
const ROW_MS = 60_000;
/** Points as near as this are one place: a parked van gets one row. */
const SAME_PLACE_M = 40;
/** Farther or longer apart, nobody knows which way the van went: no line is drawn. */
const GAP_M = 1500;
const GAP_MS = 10 * 60_000;

/** @param {Point} a @param {Point} b metres */
const apart = (a, b) => distance({ lon: a[1], lat: a[2], heading: 0 }, { lon: b[1], lat: b[2], heading: 0 });

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
    /** @type {GeoJSON.Position[][]} */
    const lines = [[]];
    this.#points.forEach((point, index) => {
      const before = this.#points[index - 1];
      if (before && (apart(before, point) > GAP_M || (point[0] - before[0] > GAP_MS && apart(before, point) > SAME_PLACE_M))) lines.push([]);
      lines.at(-1)?.push([point[1], point[2]]);
    });
    return { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines.filter((line) => line.length > 1) } };
  }

  #line() {
    /** @type {GeoJSONSource | undefined} */ (this.#map?.getSource("track"))?.setData(this.#geometry());
  }

  #rows() {
    /** @type {{ last: Point, first: Point }[]} newest first */
    const stays = [];
    for (const point of this.#points.toReversed()) {
      const stay = stays.at(-1);
      if (stay && apart(stay.first, point) < SAME_PLACE_M) stay.first = point;
      else if (stays.length === SHOWN_ROWS) break;
      else if (!stay || stay.first[0] - point[0] >= ROW_MS) stays.push({ last: point, first: point });
    }
    this.table.replaceChildren(...stays.map((stay) => this.#row(stay.last, stay.first[0])));
    /** @type {HTMLElement} */ (this.table.parentElement).hidden = stays.length === 0;
  }

  /** @param {Point} point @param {number} since */
  #row([at, lon, lat, speed], since) {
    const row = document.createElement("tr");
    const place = this.#street(lon, lat) || `${lat.toFixed(4)}, ${lon.toFixed(4)}`;
    const time = this.format.moment(at, this.now());
    const span = at - since >= ROW_MS ? `${this.format.moment(since, this.now())} – ${time}` : time;
    const cells = [span, place, speed === null ? "–" : this.format.kmh(Math.max(0, speed))];
    row.append(...cells.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
    row.lastElementChild?.classList.add("k-right");
    return row;
  }
}
