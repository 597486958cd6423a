/** The largest burst that is held, and which one is tried next. */
import { describe, expect, test } from "vitest";
import { burstOf, nextBurst } from "../../../src/analyse/load/burst.ts";
import type { Probe } from "../../../src/domain/under-load.ts";
import { histogramOf } from "../support/record-builder.ts";
import { FASTEST, probeOf } from "./simulated-agent.ts";

const burst = (operations: number, lost: number, latencyNs = 1000): Probe =>
  probeOf(
    "burst",
    { kind: "closed", batches: 1, batchOperations: operations, warmupOperations: 12 },
    { lost, late: 0, worksOff: FASTEST },
    { latency: histogramOf([latencyNs, operations]) },
  );

describe("the largest burst without loss", () => {
  test("lies between the largest that was held and the smallest that was not", () => {
    const probes = [burst(500, 0), burst(2000, 0), burst(8000, 1200), burst(4000, 0)];
    expect(burstOf(probes, "loss")).toMatchObject({ held: 4000, overflowed: 8000 });
  });

  test("is not one that fitted by luck", () => {
    expect(burstOf([burst(500, 0), burst(2000, 3), burst(8000, 0)], "loss")).toMatchObject({
      held: 500,
      overflowed: 2000,
    });
  });

  test("is at least what was tried where nothing overflowed, and none where all did", () => {
    expect(burstOf([burst(500, 0)], "loss")).toMatchObject({ held: 500, overflowed: null });
    expect(burstOf([burst(500, 7)], "loss")).toMatchObject({ held: 0, overflowed: 500 });
    expect(burstOf([], "loss")).toBeUndefined();
  });

  test("of an agent that makes operations wait is one in which they take no longer", () => {
    const probes = [burst(500, 0), burst(2000, 0, 1500), burst(8000, 0, 9000)];
    expect(burstOf(probes, "response")).toMatchObject({ held: 2000, overflowed: 8000 });
  });
});

/** The sizes that are tried on an agent that holds so many. */
const triedOn = (holds: number, most: number): readonly number[] => {
  const probes: Probe[] = [];
  for (;;) {
    const next = nextBurst(probes, "loss", most);
    if (next === undefined) return probes.map(({ operations }) => operations);
    probes.push(burst(next, Math.max(0, next - holds)));
  }
};

test("bursts grow until one overflows, and are then halved until the two are near each other", () => {
  expect(triedOn(3000, 100_000)).toEqual([500, 2000, 8000, 4000, 2828]);
  expect(triedOn(1e9, 20_000)).toEqual([500, 2000, 8000, 20_000]);
  expect(triedOn(100, 20_000)).toEqual([500]);
  expect(triedOn(1e9, 300)).toEqual([300]);
});
