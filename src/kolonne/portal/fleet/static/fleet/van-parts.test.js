import assert from "node:assert/strict";
import { test } from "node:test";

import { formatter } from "./format.js";
import { partOf, partsOf } from "./van-parts.js";

const NOW = 1_790_000_000_000;
const format = formatter("en", { tailgate: "Rear door", part_open: "open", part_locked: "locked", part_unlocked: "not locked", part_unknown: "unknown", part_line: "{part}: {state}, {age}", part_line_unknown: "{part}: unknown", tyre_ok: "{bar}", tyre_is_low: "{bar}, low" });
const part = (signals, name) => partOf(signals, name, NOW, format);
const now = (value) => [value, NOW, NOW];

test("what was never reported is unknown, never good", () => {
  const found = part({}, "tailgate");
  assert.deepEqual([found.state, found.label], ["unknown", "Rear door: unknown"]);
});

test("a closed door is green only when it is locked too", () => {
  assert.equal(part({ tailgate: now(false), lock_tailgate: now(true) }, "tailgate").state, "locked");
  assert.equal(part({ tailgate: now(false), lock_tailgate: now(false) }, "tailgate").state, "closed");
  assert.equal(part({ tailgate: now(false) }, "tailgate").state, "closed");
  assert.equal(part({ tailgate: now(false), locked: now(true) }, "tailgate").state, "locked");
});

test("an open door is open whatever its lock says", () => assert.equal(part({ tailgate: now(true), lock_tailgate: now(true) }, "tailgate").state, "open"));

test("an old value is stale", () => assert.equal(part({ tailgate: [false, NOW - 11 * 60_000, NOW] }, "tailgate").stale, true));

test("a tyre tells its pressure and whether that is too low", () => {
  const found = part({ tyre_front_left: now(300), tyre_low_front_left: now(true) }, "tyre_front_left");
  assert.deepEqual([found.state, found.words], ["low", "3.0\u00a0bar, low"]);
});

test("every van has front doors; the rest as reported; only electric ones a plug", () => {
  assert.ok(partsOf({}, false).includes("door_front_driver"));
  assert.ok(!partsOf({}, false).includes("plugged"));
  assert.ok(!partsOf({}, true).includes("door_rear_driver"));
  assert.ok(partsOf({ door_rear_driver: now(true) }, true).includes("door_rear_driver"));
});
