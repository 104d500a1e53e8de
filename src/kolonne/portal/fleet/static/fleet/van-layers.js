// The vans' layers on the map: a dot from afar, a van and its plate from near, a halo under the chosen one.

import { COLOURS } from "./van-symbol.js";
import { FONT_STRONG } from "./style.js";

/** @import { ExpressionSpecification, LayerSpecification } from "maplibre-gl" */
/** @import { Theme } from "./style.js" */

const NEAR = 10.5;

/** @type {ExpressionSpecification} */
const byState = ["match", ["get", "state"], "moving", COLOURS.moving, "charging", COLOURS.charging, "alert", COLOURS.alert, "lost", COLOURS.lost, COLOURS.standing];

/** @param {Theme} theme @param {string} kind @returns {ExpressionSpecification} */
const image = (theme, kind) => ["concat", `${kind}-`, ["get", "state"], `-${theme}`];

/** @param {Theme} theme @param {string} source @returns {LayerSpecification[]} */
export function vanLayers(theme, source) {
  const edge = theme === "dark" ? "#0c171d" : "#ffffff";
  return [
    {
      id: "van-halo", type: "circle", source, filter: ["==", ["get", "chosen"], true],
      paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 5, 16, 14, 42], "circle-color": byState, "circle-opacity": 0.16, "circle-stroke-width": 1, "circle-stroke-color": byState, "circle-stroke-opacity": 0.25 },
    },
    {
      id: "van-dot", type: "circle", source, maxzoom: NEAR,
      layout: { "circle-sort-key": ["get", "rank"] },
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 3, 3.5, 10, 7],
        "circle-color": ["case", ["==", ["get", "state"], "lost"], edge, byState],
        "circle-stroke-width": 2,
        "circle-stroke-color": ["case", ["==", ["get", "state"], "lost"], byState, edge],
      },
    },
    {
      id: "van-body", type: "symbol", source, minzoom: NEAR,
      layout: {
        "icon-image": image(theme, "van"),
        "icon-size": ["interpolate", ["linear"], ["zoom"], 10.5, 0.55, 14, 0.95, 17, 1.25],
        "icon-rotate": ["get", "heading"],
        "icon-rotation-alignment": "map",
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "symbol-sort-key": ["get", "rank"],
      },
    },
    {
      id: "van-plate", type: "symbol", source, minzoom: 11,
      layout: {
        "icon-image": image(theme, "pill"),
        "icon-text-fit": "both",
        "icon-text-fit-padding": [0, 0, 0, 0],
        "text-field": ["get", "label"],
        "text-font": FONT_STRONG,
        "text-size": 11,
        "text-letter-spacing": 0.02,
        "text-anchor": "top",
        "text-offset": ["interpolate", ["linear"], ["zoom"], 11.5, ["literal", [0, 1.45]], 14, ["literal", [0, 2.15]], 17, ["literal", [0, 2.7]]],
        "symbol-sort-key": ["-", 0, ["get", "rank"]],
        "text-padding": 1,
        "icon-padding": 1,
      },
      paint: { "text-color": ["case", ["==", ["get", "state"], "lost"], theme === "dark" ? "#c3d0d6" : "#465762", "#ffffff"] },
    },
  ];
}
