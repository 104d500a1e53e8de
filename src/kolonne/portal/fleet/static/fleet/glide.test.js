import assert from "node:assert/strict";
import { test } from "node:test";

import { glideTo, poseAt } from "./glide.js";

const here = { lon: 10.75, lat: 59.91, heading: 350 };
const near = { lon: 10.751, lat: 59.91, heading: 10 };

test("a van glides to its next place and turns the short way", () => {
  const glide = glideTo(glideTo(undefined, here, 0, false), near, 1000, false);
  const half = poseAt(glide, 1250);
  assert.ok(half.lon > here.lon && half.lon < near.lon);
  assert.ok(half.heading > 350 || half.heading < 11);
  assert.deepEqual(poseAt(glide, 9000), near);
});

test("a far jump is not driven", () => {
  const glide = glideTo(glideTo(undefined, here, 0, false), { ...near, lat: 60.5 }, 1000, false);
  assert.equal(poseAt(glide, 1000).lat, 60.5);
});

test("who asks for less motion sees none", () => {
  const glide = glideTo(glideTo(undefined, here, 0, true), near, 1000, true);
  assert.deepEqual(poseAt(glide, 1000), near);
});

test("the same place again does not restart the way", () => {
  const first = glideTo(glideTo(undefined, here, 0, false), near, 1000, false);
  assert.equal(glideTo(first, { ...near }, 1100, false), first);
});
