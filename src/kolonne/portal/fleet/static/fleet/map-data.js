// Everything a map is made of: the library, roads and outlines; fetched once per page.

import { offlineStyle } from "./style.js";

/** @import { LngLatBoundsLike, StyleSpecification } from "maplibre-gl" */
/** @import { Theme } from "./style.js" */

/** @typedef {{ bbox: [number, number, number, number], attribution: string }} Bounds */

/** @type {GeoJSON.FeatureCollection} */
const NOTHING = { type: "FeatureCollection", features: [] };
const loaded = { roads: NOTHING, countries: NOTHING, tiles: "" };

/** @returns {Theme} */
export const theme = () => (document.documentElement.dataset.bsTheme === "dark" ? "dark" : "light");

/** The style as of now: an operator's address, else our own for the theme. @returns {string | StyleSpecification} */
export const styleFor = () => loaded.tiles || offlineStyle(theme(), loaded.roads, loaded.countries);

export const roads = () => loaded.roads;

/** @template T @param {string | undefined} url @returns {Promise<T | null>} null if there is none */
async function fetched(url) {
  if (!url) return null;
  try {
    const answer = await fetch(url);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** @param {DOMStringMap} where @returns {Promise<GeoJSON.FeatureCollection>} */
async function outlines(where) {
  const [atlas] = await Promise.all([fetched(where.atlas), import(where.topojson ?? "")]);
  if (!atlas) return NOTHING;
  const { topojson } = /** @type {{ topojson: typeof import("topojson-client") }} */ (/** @type {unknown} */ (globalThis));
  return /** @type {GeoJSON.FeatureCollection} */ (/** @type {unknown} */ (topojson.feature(atlas, atlas.objects.countries)));
}

/**
 * @param {DOMStringMap} where data attributes: maplibre, topojson, atlas, roads, bounds, tiles
 * @returns {Promise<{ library: typeof import("maplibre-gl"), bounds: LngLatBoundsLike | null, attribution: string }>}
 */
export async function loadMapData(where) {
  loaded.tiles = where.tiles ?? "";
  const own = !loaded.tiles;
  const [library, countries, roadLines, bounds] = await Promise.all([
    import(where.maplibre ?? ""),
    own ? outlines(where) : NOTHING,
    /** @type {Promise<GeoJSON.FeatureCollection | null>} */ (fetched(where.roads)),
    /** @type {Promise<Bounds | null>} */ (fetched(where.bounds)),
  ]);
  loaded.roads = roadLines ?? NOTHING;
  loaded.countries = countries;
  const box = bounds?.bbox;
  return {
    library,
    bounds: box ? [[box[0], box[1]], [box[2], box[3]]] : null,
    attribution: own ? (bounds?.attribution ?? "") : "",
  };
}
