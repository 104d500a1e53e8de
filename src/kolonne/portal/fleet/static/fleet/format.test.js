import assert from "node:assert/strict";
import { test } from "node:test";

import { formatter } from "./format.js";

const texts = { days: { one: "{n} day", other: "{n} days" }, open: "Rear door open for {for}", tyre: "{bar} bar", since: "since {since}" };
const NOW = Date.parse("2026-03-10T12:00:00Z");
const german = formatter("de", texts, "Europe/Berlin");
const english = formatter("en", texts, "Europe/Oslo");
const plain = (text) => text.replaceAll("\u00a0", " ");

test("a span has one unit", () => {
  const spans = [0, 59_999, 60_000, 14 * 60_000, 3_600_000, 47 * 3_600_000, 49 * 3_600_000].map((span) => plain(german.span(span)));
  assert.deepEqual(spans, ["0 s", "59 s", "1 min", "14 min", "1 h", "47 h", "2 days"]);
});

test("a clock that runs ahead gives no negative age", () => assert.equal(plain(german.span(-5000)), "0 s"));

test("numbers follow the language", () => {
  assert.equal(plain(german.km(48_213_400)), "48.213 km");
  assert.equal(plain(english.km(48_213_400)), "48,213 km");
  assert.equal(plain(formatter("nb", texts).km(48_213_400)), "48 213 km");
  assert.equal(plain(german.bar(304)), "3,0 bar");
});

test("a moment of today is a clock, an earlier one has its day", () => {
  assert.equal(german.moment(NOW, NOW), "13:00");
  assert.match(english.moment(NOW - 2 * 86_400_000, NOW), /Sun.*8.*Mar.*13:00/);
});

test("sentences are filled in", () => {
  assert.equal(plain(german.say({ key: "open", params: { for: 14 * 60_000 } }, NOW)), "Rear door open for 14 min");
  assert.equal(german.say({ key: "tyre", params: { bar: 3 } }, NOW), "3,0 bar");
  assert.equal(german.say({ key: "since", params: { since: NOW } }, NOW), "since 13:00");
  assert.equal(german.text("days", { n: 1 }), "1 day");
});
