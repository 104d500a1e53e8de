// The map's own style: land, water, borders and roads without any tile server, in light and dark.

/** @import { StyleSpecification, LayerSpecification, ExpressionSpecification } from "maplibre-gl" */

/** @typedef {"light" | "dark"} Theme */

export const PALETTE = {
  light: { land: "#e9eef0", water: "#cfe3ea", border: "#b8c6cd", road: "#ffffff", casing: "#d5dee2", minor: "#f6f9fa", text: "#51626d", halo: "#f2f5f6" },
  dark: { land: "#14232b", water: "#0e2a36", border: "#3a515c", road: "#2d434e", casing: "#0f1b21", minor: "#22353f", text: "#9fb2bc", halo: "#0f1b21" },
};

export const FONT = ["medium", "Inter Variable"];
export const FONT_STRONG = ["semibold", "Inter Variable"];

/** Classes of roads from broad to narrow: width in pixels at zoom 10, 14 and 18, and from which zoom they show. */
const ROADS = /** @type {const} */ ([
  { name: "path", classes: ["service", "track", "pedestrian", "footway", "cycleway", "path", "steps"], widths: [0, 1, 6], from: 13 },
  { name: "street", classes: ["residential", "living_street", "unclassified", "road"], widths: [0.4, 2.8, 15], from: 11 },
  { name: "tertiary", classes: ["tertiary", "tertiary_link"], widths: [0.8, 4, 19], from: 9 },
  { name: "secondary", classes: ["secondary", "secondary_link"], widths: [1.1, 5, 22], from: 8 },
  { name: "primary", classes: ["primary", "primary_link"], widths: [1.4, 5.2, 24], from: 7 },
  { name: "trunk", classes: ["motorway", "trunk", "motorway_link", "trunk_link"], widths: [1.8, 6, 26], from: 5 },
]);

/** @param {readonly [number, number, number]} widths @param {number} extra @returns {ExpressionSpecification} */
const width = ([far, near, close], extra) => [
  "interpolate", ["exponential", 1.5], ["zoom"], 10, far + extra / 2, 14, near + extra, 18, close + extra * 1.5,
];

/** @param {Theme} theme @returns {LayerSpecification[]} */
function roadLayers(theme) {
  const colour = PALETTE[theme];
  /** @param {typeof ROADS[number]} road @param {boolean} casing @returns {LayerSpecification} */
  const line = (road, casing) => ({
    id: `road-${road.name}${casing ? "-casing" : ""}`,
    type: "line",
    source: "roads",
    minzoom: road.from,
    filter: ["in", ["get", "class"], ["literal", [...road.classes]]],
    layout: { "line-cap": "round", "line-join": "round" },
    paint: {
      "line-color": casing ? colour.casing : road.name === "path" ? colour.minor : colour.road,
      "line-width": width(road.widths, casing ? 1.4 : 0),
      "line-opacity": ["case", ["==", ["get", "tunnel"], true], 0.45, 1],
    },
  });
  const broad = ROADS.filter((road) => road.name !== "path");
  return [...broad.map((road) => line(road, true)), ...ROADS.map((road) => line(road, false))];
}

/** Names run along their roads; broad roads first, and small ones only when there is room. @param {Theme} theme @returns {LayerSpecification[]} */
function nameLayers(theme) {
  return [...ROADS].reverse().filter((road) => road.name !== "path").map((road) => ({
    id: `name-${road.name}`,
    type: "symbol",
    source: "roads",
    minzoom: Math.max(12, road.from + (road.name === "street" ? 3.5 : 1)),
    filter: ["all", ["has", "name"], ["in", ["get", "class"], ["literal", [...road.classes]]]],
    layout: {
      "symbol-placement": "line",
      "symbol-spacing": 420,
      "text-field": ["get", "name"],
      "text-font": FONT,
      "text-size": ["interpolate", ["linear"], ["zoom"], 12, 10.5, 16, 12.5],
      "text-letter-spacing": 0.01,
      "text-max-angle": 32,
      "text-padding": 12,
    },
    paint: { "text-color": PALETTE[theme].text, "text-halo-color": PALETTE[theme].halo, "text-halo-width": 1.4 },
  }));
}

/**
 * The offline style. Country outlines are coarse, so they fade where a town fills the screen and roads take over.
 * @param {Theme} theme @param {GeoJSON.GeoJSON} roads @param {GeoJSON.GeoJSON} countries @returns {StyleSpecification}
 */
export function offlineStyle(theme, roads, countries) {
  const colour = PALETTE[theme];
  return {
    version: 8,
    sources: {
      countries: { type: "geojson", data: countries, attribution: "Natural Earth" },
      roads: { type: "geojson", data: roads, tolerance: 0.3 },
    },
    layers: [
      { id: "water", type: "background", paint: { "background-color": ["interpolate", ["linear"], ["zoom"], 7, colour.water, 9, colour.land] } },
      { id: "land", type: "fill", source: "countries", maxzoom: 9.5, paint: { "fill-color": colour.land, "fill-antialias": true } },
      { id: "borders", type: "line", source: "countries", maxzoom: 9, paint: { "line-color": colour.border, "line-width": 0.8, "line-opacity": ["interpolate", ["linear"], ["zoom"], 7, 1, 9, 0] } },
      ...roadLayers(theme),
      ...nameLayers(theme),
    ],
  };
}
