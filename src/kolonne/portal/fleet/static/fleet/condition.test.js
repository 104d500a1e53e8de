import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { condition, isStale, level } from "./condition.js";

const NOW = 1_790_000_000_000;
const cases = JSON.parse(readFileSync(new URL("../../tests/conditions.json", import.meta.url), "utf8"));

/** Times in the file are relative to now, in milliseconds. */
const TIMES = new Set(["seen", "since", "ready"]);
const absolute = (params = {}) => Object.fromEntries(Object.entries(params).map(([name, value]) => [name, TIMES.has(name) ? NOW + value : value]));

for (const { says, signals, state, key, params } of cases) {
  test(says, () => {
    const shifted = Object.fromEntries(Object.entries(signals).map(([name, [value, at, since]]) => [name, [value, NOW + at, NOW + since]]));
    const found = condition(shifted, NOW);
    assert.equal(found.state, state);
    assert.deepEqual(found.sentence, { key, params: absolute(params) });
  });
}

test("an electric van's level is its charge, a diesel's its fuel", () => {
  const signals = { soc: [70, NOW, NOW], fuel_level: [40, NOW, NOW] };
  assert.equal(level(signals, "electric"), 70);
  assert.equal(level(signals, "hybrid"), 70);
  assert.equal(level(signals, "diesel"), 40);
  assert.equal(level({}, "diesel"), null);
});

test("a value older than ten minutes is stale, and so is none", () => {
  assert.equal(isStale([1, NOW - 599_000, NOW], NOW), false);
  assert.equal(isStale([1, NOW - 601_000, NOW], NOW), true);
  assert.equal(isStale(undefined, NOW), true);
});
