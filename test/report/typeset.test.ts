import { expect, test } from "vitest";
import { typeset } from "../../src/report/page/typeset.ts";

test.each([
  ["-4.1 us/op [-6.0, 1.2]", "\u22124.1\u00a0\u00b5s/op [\u22126.0, 1.2]"],
  ["x1.12 [1.10, 1.14]", "\u00d71.12 [1.10, 1.14]"],
  ["recovered x1.05, at most x2", "recovered \u00d71.05, at most \u00d72"],
  ["on x86_64: build-4, 0x1f", "on x86_64: build-4, 0x1f"],
  ["12 % of 3 rows", "12\u00a0% of 3\u00a0rows"],
])("%j is set as %j", (text, set) => {
  expect(typeset(text)).toBe(set);
});
