import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { sha256Matcher } from "./sha256.js";

const hash = (text) => createHash("sha256").update(text).digest("hex");

for (const length of [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 200]) {
  test(`a text of ${length} characters has the hash that everybody computes`, () => {
    const text = "k".repeat(length);
    assert.equal(sha256Matcher(hash(text))(text), true);
    assert.equal(sha256Matcher(hash(text))(`${text}.`), false);
  });
}

test("one matcher serves many texts", () => {
  const fits = sha256Matcher(hash("salt&4711"));
  const found = Array.from({ length: 6000 }, (_, number) => number).filter((number) => fits(`salt&${number}`));
  assert.deepEqual(found, [4711]);
});
