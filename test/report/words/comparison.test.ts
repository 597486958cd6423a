import { expect, test } from "vitest";
import { apartText, obstacleText, openText } from "../../../src/report/words/comparison.ts";
import { AA_FAILURE } from "../../support/check-failure.ts";

test("why a change is open", () => {
  expect(openText({ kind: "too-few-blocks", old: 3, new: 12 })).toBe(
    "too few blocks for an interval (3 and 12)",
  );
  expect(openText({ kind: "undecided" })).toBe(
    "the interval holds both no change and more than the tolerance",
  );
  const obstacle = { kind: "emulated", record: "new" } as const;
  expect(openText({ kind: "obstacle", obstacle })).toBe(obstacleText(obstacle));
});

test("what keeps costs from being judged at all", () => {
  expect(obstacleText({ kind: "emulated", record: "new" })).toBe(
    "the new record is emulated: functional, no performance verdict",
  );
  const failure = AA_FAILURE;
  expect(obstacleText({ kind: "methods", old: "tare-2026.1", new: "tare-2026.2" })).toBe(
    "the records were made by different methods, tare-2026.1 and tare-2026.2: their figures are not figures of the same thing",
  );
  expect(obstacleText({ kind: "instrument-failed", record: "old", failure })).toMatch(
    /^the instrument failed in the old record: A\/A: the second baseline differs/,
  );
});

test("what is kept apart", () => {
  expect(apartText({ kind: "load", scenario: "process-exec", load: "closed" })).toBe("process-exec, closed");
});
