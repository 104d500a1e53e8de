// The live map: own offline style or an operator's, vans as symbols that glide, one of them chosen or followed.

import { number } from "./condition.js";
import { glideTo, poseAt } from "./glide.js";
import { loadMapData, styleFor, theme } from "./map-data.js";
import { picture } from "./van-symbol.js";
import { vanLayers } from "./van-layers.js";

/** @import { GeoJSONSource, LngLatBoundsLike, Map as MapLibre } from "maplibre-gl" */
/** @import { Glide } from "./glide.js" */
/** @import { LiveVan, StateName } from "./types.d.ts" */

const FRAME_MS = 50;
/** More vans than this on screen step once a second instead of gliding. */
const GLIDING_MOST = 300;
/** @type {Record<StateName, number>} */
const RANK = { lost: 0, standing: 1, charging: 2, moving: 3, alert: 4 };

export class VanMap extends EventTarget {
  /** @type {MapLibre} */
  map;
  /** @type {Map<number, Glide>} */
  #glides = new Map();
  /** @type {LiveVan[]} */
  #vans = [];
  /** @type {number | null} */
  chosen = null;
  following = false;
  #drawnAt = 0;
  #busy = false;
  #still = window.matchMedia("(prefers-reduced-motion: reduce)");

  /** @param {MapLibre} map */
  constructor(map) {
    super();
    this.map = map;
    map.on("style.load", () => this.#addVans());
    map.setMissingStyleImageResolver((id) => {
      const drawn = picture(id);
      if (drawn && !map.hasImage(id)) map.addImage(id, drawn.data, drawn.options);
    });
    map.on("dragstart", () => this.follow(false));
    map.on("click", (event) => this.#click(event.point));
    for (const layer of ["van-body", "van-plate", "van-dot"]) {
      map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
      map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
    }
    map.on("render", () => {
      // For tests and pictures: roads and vans are on the screen.
      if (this.#vans.length > 0 && this.#isDrawn("vans") && this.#isDrawn("roads")) map.getContainer().dataset.drawn = "";
    });
    document.documentElement.addEventListener("kolonne:theme", () => map.setStyle(styleFor(), { diff: false }));
  }

  /** @param {LiveVan[]} vans those to show */
  show(vans) {
    const now = performance.now();
    const still = this.#still.matches || document.hidden;
    const before = this.#glides;
    this.#glides = new Map();
    this.#vans = vans.filter((van) => number(van.signals, "lat") !== null && number(van.signals, "lon") !== null);
    for (const van of this.#vans) {
      const to = { lon: number(van.signals, "lon") ?? 0, lat: number(van.signals, "lat") ?? 0, heading: number(van.signals, "heading") ?? 0 };
      this.#glides.set(van.id, glideTo(before.get(van.id), to, now, still));
    }
    this.#draw();
    this.#animate();
    if (this.following) this.#keepUp();
  }

  /** @param {number | null} id */
  choose(id) {
    this.chosen = id;
    if (id === null) this.follow(false);
    this.#draw();
  }

  /** Brings the chosen van into view, unless it is in plain sight already. @param {boolean} [close] */
  reveal(close = false) {
    const at = this.chosenPlace();
    if (!at) return;
    const size = this.map.getContainer().getBoundingClientRect();
    const point = this.map.project(at);
    const visible = point.x > 60 && point.y > 120 && point.x < size.width - 60 && point.y < size.height - 60;
    const zoom = Math.max(this.map.getZoom(), 13.5);
    if (!visible || close || this.map.getZoom() < 10) this.map.easeTo({ center: at, zoom, duration: this.#still.matches ? 0 : 600 });
  }

  /** @returns {[number, number] | null} */
  chosenPlace() {
    const glide = this.chosen === null ? undefined : this.#glides.get(this.chosen);
    if (!glide) return null;
    const pose = poseAt(glide, performance.now());
    return [pose.lon, pose.lat];
  }

  /** @param {boolean} on */
  follow(on) {
    if (this.following === on) return;
    this.following = on;
    this.dispatchEvent(new Event("follow"));
    if (on) this.reveal(true);
  }

  /** @param {boolean} [slowly] */
  fit(slowly = true) {
    const bounds = boundsOf([...this.#glides.values()].map((glide) => glide.to));
    if (bounds) this.map.fitBounds(bounds, { padding: 72, maxZoom: 14.2, duration: slowly && !this.#still.matches ? 700 : 0 });
  }

  /** An operator's own style has no source of roads. @param {string} source */
  #isDrawn(source) {
    return !this.map.getSource(source) || this.map.isSourceLoaded(source);
  }

  #addVans() {
    if (this.map.getSource("vans")) return;
    this.map.addSource("vans", { type: "geojson", data: this.#features(performance.now()), maxzoom: 16 });
    for (const layer of vanLayers(theme(), "vans")) this.map.addLayer(layer);
  }

  /** @param {number} now @returns {GeoJSON.FeatureCollection} */
  #features(now) {
    return {
      type: "FeatureCollection",
      features: this.#vans.map((van) => {
        const pose = poseAt(/** @type {Glide} */ (this.#glides.get(van.id)), now);
        const chosen = van.id === this.chosen;
        const { state } = van.condition;
        return {
          type: "Feature",
          geometry: { type: "Point", coordinates: [pose.lon, pose.lat] },
          properties: { id: van.id, label: van.plate || van.name, state, heading: pose.heading, chosen, rank: chosen ? 9 : RANK[state] },
        };
      }),
    };
  }

  #draw() {
    this.#drawnAt = performance.now();
    const source = /** @type {GeoJSONSource | undefined} */ (this.map.getSource("vans"));
    source?.setData(this.#features(this.#drawnAt));
    this.dispatchEvent(new Event("draw"));
  }

  #animate() {
    if (this.#busy || this.#still.matches) return;
    this.#busy = true;
    const frame = (/** @type {number} */ now) => {
      const gliding = this.#gliding(now);
      // A slow machine draws fewer frames instead of falling behind.
      if (gliding && now - this.#drawnAt >= FRAME_MS && this.#isDrawn("vans")) this.#draw();
      if (gliding) requestAnimationFrame(frame);
      else this.#busy = false;
    };
    requestAnimationFrame(frame);
  }

  /** @param {number} now */
  #gliding(now) {
    if (this.map.getZoom() < 9) return false;
    const view = this.map.getBounds();
    let count = 0;
    for (const glide of this.#glides.values()) {
      if (glide.end > now && view.contains([glide.to.lon, glide.to.lat])) count += 1;
      if (count > GLIDING_MOST) return false;
    }
    return count > 0;
  }

  #keepUp() {
    const glide = this.chosen === null ? undefined : this.#glides.get(this.chosen);
    if (!glide) return;
    const duration = this.#still.matches ? 0 : Math.max(0, glide.end - performance.now());
    this.map.easeTo({ center: [glide.to.lon, glide.to.lat], duration, easing: (share) => share });
  }

  /** @param {{ x: number, y: number }} point */
  #click(point) {
    const reach = 6;
    const layers = ["van-body", "van-plate", "van-dot"].filter((layer) => this.map.getLayer(layer));
    const found = this.map.queryRenderedFeatures([[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]], { layers });
    this.dispatchEvent(new CustomEvent("choose", { detail: found.length > 0 ? Number(found[0].properties.id) : null }));
  }
}

/** @param {{ lon: number, lat: number }[]} places @returns {LngLatBoundsLike | null} */
function boundsOf(places) {
  if (places.length === 0) return null;
  const [lons, lats] = [places.map((place) => place.lon), places.map((place) => place.lat)];
  return [[lons.reduce((a, b) => Math.min(a, b)), lats.reduce((a, b) => Math.min(a, b))], [lons.reduce((a, b) => Math.max(a, b)), lats.reduce((a, b) => Math.max(a, b))]];
}

/** Makes the map in that element; the element's data attributes say where everything is. @param {HTMLElement} host */
export async function makeMap(host) {
  const { library, bounds, attribution } = await loadMapData(host.dataset);
  const map = new library.Map({
    container: host,
    style: styleFor(),
    bounds: bounds ?? [[-10, 47], [31, 66]],
    fitBoundsOptions: { padding: 24 },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxZoom: 19,
    fadeDuration: 0,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new library.AttributionControl({ compact: false, customAttribution: attribution }), "bottom-right");
  map.getCanvas().setAttribute("aria-label", host.dataset.label ?? "");
  return { vanMap: new VanMap(map), library };
}
