import assert from "node:assert/strict";
import { test } from "node:test";

import { streetFinder } from "./places.js";

const road = (name, coordinates) => ({ type: "Feature", properties: { class: "primary", ...(name && { name }) }, geometry: { type: "LineString", coordinates } });
const street = streetFinder({
  type: "FeatureCollection",
  features: [road("Ring 2", [[10.74, 59.92], [10.78, 59.92]]), road("Storgata", [[10.75, 59.91], [10.75, 59.93]]), road("", [[10.76, 59.915], [10.77, 59.915]])],
});

test("a van on a street is told by it", () => assert.equal(street(10.765, 59.9201), "Ring 2"));
test("the nearest of two streets counts", () => assert.equal(street(10.75001, 59.9252), "Storgata"));
test("far from any named street is no place", () => {
  assert.equal(street(10.765, 59.915), "");
  assert.equal(street(11, 60), "");
});
