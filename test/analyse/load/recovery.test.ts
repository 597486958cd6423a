/** How long an agent takes to get over an overload, from what had come by each look at its output. */
import { describe, expect, test } from "vitest";
import { recoveryOf } from "../../../src/analyse/load/recovery.ts";
import type { Probe, Recovery } from "../../../src/domain/under-load.ts";
import { openProbe } from "./simulated-agent.ts";

const RATE = 1000;
const SECONDS = 10;
const NONE = { lost: 0, late: 0, worksOff: 1e6 };

type Points = NonNullable<Probe["arrivals"]>;

/** Every 100 ms. */
const looks = (amountAt: (ms: number) => number): Points =>
  Array.from({ length: SECONDS * 10 }, (_, index) => [100 * (index + 1), amountAt(100 * (index + 1))]);

const flood: Probe = {
  ...openProbe("flood", 4 * RATE, 5, { ...NONE, lost: 9000 }),
  memory: [
    [0, 1000],
    [5000, 9000],
  ],
};

const after = (
  lost: number,
  deliveredAt: (ms: number) => number,
  memoryAt: (ms: number) => number = () => 1000,
): Recovery =>
  recoveryOf(flood, {
    ...openProbe("recovery", RATE, SECONDS, { ...NONE, lost }),
    lagMs: 20,
    arrivals: looks(deliveredAt),
    memory: looks(memoryAt),
  });

describe("an agent has recovered", () => {
  test("at once where all comes on time", () => {
    expect(after(0, (ms) => ms).steadyMs).toBe(100);
  });

  test("when what had piled up is worked off", () => {
    // Nothing comes for two seconds, then three times as much as is due.
    expect(after(0, (ms) => Math.min(ms, Math.max(0, 3 * (ms - 2000)))).steadyMs).toBe(3000);
  });

  test("when the last event is lost, although the others come on time", () => {
    // Half of them are lost for four seconds.
    expect(after(2000, (ms) => (ms < 4000 ? ms / 2 : ms - 2000)).steadyMs).toBe(3800);
  });

  test("never, where it falls behind all the time", () => {
    const recovery = after(0, (ms) => ms / 2);
    expect(recovery.steadyMs).toBeNull();
    expect(recovery.watchedMs).toBe(10_000);
  });

  test("and the overload says what it was", () => {
    expect(after(0, (ms) => ms)).toMatchObject({ rate: 4 * RATE, seconds: 5, lost: 0.45 });
  });
});

describe("its memory is back", () => {
  test("when it is within 5 % of what it was before the overload, for good", () => {
    const recovery = after(
      0,
      (ms) => ms,
      (ms) => (ms < 3000 ? 5000 : ms === 3500 ? 1200 : 1040),
    );
    expect(recovery).toMatchObject({
      memoryMs: 3600,
      memoryBytes: { before: 1000, most: 9000, after: 1040 },
    });
  });

  test("never, where it keeps it", () => {
    expect(
      after(
        0,
        (ms) => ms,
        () => 9000,
      ).memoryMs,
    ).toBeNull();
  });

  test("or is not known where it could not be read", () => {
    const blind = openProbe("recovery", RATE, SECONDS, NONE);
    expect(recoveryOf(flood, { ...blind, arrivals: [] })).toMatchObject({
      memoryMs: null,
      memoryBytes: null,
    });
  });
});
