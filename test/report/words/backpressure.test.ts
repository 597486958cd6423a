/** A forced overflow in words. */
import { expect, test } from "vitest";
import type { BackpressureRow, ForcedOverflow } from "../../../src/domain/backpressure.ts";
import type { Contradiction } from "../../../src/domain/reason.ts";
import { backpressureText, contradictionText } from "../../../src/report/words/backpressure.ts";

const NONE = { low: 0, high: 0 } as const;

const FORCED: ForcedOverflow = {
  behaviour: "drops",
  operations: 1000,
  delivered: 400,
  declaredLost: { low: 600, high: 600 },
  silentLost: NONE,
  stoppedMs: 2080,
  longestStallMs: 2100,
  stalledShare: 0.99,
  continued: "window-over",
  grownBytes: null,
};
const WHOLE = { delivered: 1000, declaredLost: NONE, silentLost: NONE } as const;

const textOf = (forced: Partial<ForcedOverflow>, change: Partial<BackpressureRow> = {}): string =>
  backpressureText({
    agent: "sensor",
    scenario: "process-exec",
    outside: null,
    forced: { ...FORCED, ...forced },
    notForced: null,
    underLoad: null,
    promised: null,
    contradiction: null,
    notes: [],
    ...change,
  });

test.each<[Partial<ForcedOverflow>, string]>([
  [{}, "drops: lost 600 of 1,000 events and declared them all"],
  [
    { declaredLost: { low: 10, high: 10 }, silentLost: { low: 590, high: 590 } },
    "drops: lost 600 of 1,000 events, declared 10 and was silent about 590",
  ],
  [
    { declaredLost: null, silentLost: null },
    "drops: lost 600 of 1,000 events and has no counter that could be read",
  ],
  [
    { declaredLost: { low: 140, high: 600 }, silentLost: { low: 0, high: 460 } },
    "drops: lost 600 of 1,000 events and declared 140 to 600: it may be silent about up to 460",
  ],
  [
    { declaredLost: { low: 10, high: 10 }, silentLost: null },
    "drops: lost 600 of 1,000 events and declared 10",
  ],
  [
    { behaviour: "blocks", ...WHOLE, continued: "no-progress" },
    "blocks: the workload stood still for 2,100 ms in one operation and for 99 % of its time (until its readers were continued after 2,080 ms), and none of 1,000 events was lost",
  ],
  [
    { behaviour: "blocks-and-drops" },
    "blocks and drops: the workload stood still for 2,100 ms in one operation and for 99 % of its time, and yet it lost 600 of 1,000 events and declared them all",
  ],
  [
    { behaviour: "keeps-up", ...WHOLE },
    "kept all of 1,000 events: its buffers did not overflow, so nothing is known of what happens when they do",
  ],
])("%j", (forced, text) => {
  expect(textOf(forced)).toBe(text);
});

test("what a reader must know of it stands behind it", () => {
  expect(textOf({}, { notes: [{ kind: "partly-blind", text: "it samples" }, { kind: "undrained" }] })).toBe(
    "drops: lost 600 of 1,000 events and declared them all; what is missing may be what it does not see by design: it samples; its output still grew when the wait ended",
  );
});

test("where it could not be forced, the reason", () => {
  expect(textOf({}, { forced: null, notForced: { kind: "skipped", reason: "no process" } })).toBe(
    "not forced: no process",
  );
  const failed = { kind: "failed", stage: "overflow", message: "it died" } as const;
  expect(textOf({}, { forced: null, notForced: failed })).toBe("not forced: failed at overflow: it died");
});

test.each<[Contradiction["promised"], Contradiction["behaviour"], RegExp]>([
  ["drops", "blocks", /stood still/],
  ["blocks", "drops", /events were lost and nothing waited/],
  ["blocks", "blocks-and-drops", /events were lost all the same/],
  ["none", "drops", /cannot be overloaded, but it lost events/],
  ["none", "blocks", /made the workload wait/],
])("a data sheet that says %s of an agent that %s", (promised, behaviour, text) => {
  expect(contradictionText({ promised, behaviour })).toMatch(text);
});

test("what stood still outside of the agent is said first, and how far its memory grew", () => {
  expect(textOf({ grownBytes: 24 * 2 ** 20 }, { outside: "reader-stopped" })).toBe(
    "with nobody reading what it prints, drops: lost 600 of 1,000 events and declared them all; its memory grew by 24 MiB",
  );
  expect(textOf({ grownBytes: 4096 }, { outside: "disk-full" })).toBe(
    "with its disk full, drops: lost 600 of 1,000 events and declared them all",
  );
});
