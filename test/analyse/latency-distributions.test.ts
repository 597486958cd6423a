/** All operations of an agent's trials as one distribution. */
import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { Histogram } from "../../src/domain/driver.ts";
import type { LatencyDistribution } from "../../src/domain/run-view.ts";
import { CLOSED, OPEN, buildRecord, histogramOf, measuredOf, operationOf } from "./support/record-builder.ts";
import type { RunSpec } from "./support/record-builder.ts";

/** 300 latencies, each 10 ns above the one before. */
const spread = (from: number): Histogram =>
  histogramOf(...Array.from({ length: 300 }, (_, index) => [from + 10 * index, 1] as const));

const distributionsOf = (spec: Partial<RunSpec> = {}): readonly LatencyDistribution[] =>
  analyse(
    buildRecord({
      blocks: 2,
      agents: ["auditd"],
      outcome: (slot) =>
        measuredOf(slot, [
          operationOf("open", 1000, slot.load, {
            service: spread(slot.agent === "auditd" ? 2000 : 1000),
            response: slot.load.kind === "open" ? spread(1_000_000) : null,
          }),
        ]),
      ...spec,
    }),
  ).distributions;

const shareOf = (one: LatencyDistribution | undefined, share: number): number | undefined =>
  one?.percentiles.find((percentile) => percentile.share === share)?.ns;

describe("distributions", () => {
  test("pool all trials of an agent: the baseline has two turns a block", () => {
    expect(distributionsOf().map(({ agent, trials, operations }) => [agent, trials, operations])).toEqual([
      ["baseline", 4, 1200],
      ["auditd", 2, 600],
    ]);
  });

  test("rise with the percentile, and lie higher under an agent that costs time", () => {
    const [baseline, auditd] = distributionsOf();
    const values = baseline?.percentiles.map(({ ns }) => ns) ?? [];
    expect(values.length).toBeGreaterThan(10);
    expect(values).toEqual([...values].sort((left, right) => left - right));
    expect(shareOf(auditd, 0.5)).toBe((shareOf(baseline, 0.5) ?? Number.NaN) + 1000);
  });

  test("match a percentile that is counted one by one", () => {
    // The 75 % of 300 latencies is the 225th of them.
    expect(shareOf(distributionsOf()[0], 0.75)).toBe(1000 + 10 * 224);
  });

  test("end where fewer than 100 operations lie beyond", () => {
    const furthest = (blocks: number): number | undefined =>
      distributionsOf({ blocks })
        .find(({ agent }) => agent === "auditd")
        ?.percentiles.at(-1)?.share;
    expect(furthest(4)).toBeCloseTo(0.91, 9);
    expect(furthest(34)).toBeCloseTo(0.99, 9);
    // 300 operations have 100 beyond the 65 %.
    expect(furthest(1)).toBeCloseTo(0.65, 9);
  });

  test("of an open load are two: from when an operation was due, and from its start", () => {
    const found = distributionsOf({ loads: [CLOSED, OPEN] }).filter(({ agent }) => agent === "auditd");
    expect(found.map(({ load, placement, timed }) => [load, placement, timed])).toEqual([
      ["closed", "pinned", "service"],
      ["open@500/s", "free", "service"],
      ["open@500/s", "free", "response"],
    ]);
    expect(shareOf(found[2], 0.5)).toBe((shareOf(found[1], 0.5) ?? Number.NaN) - 2000 + 1_000_000);
  });

  test("are absent for operations that were timed in groups: their curve would be that of means", () => {
    expect(
      distributionsOf({
        outcome: (slot) =>
          measuredOf(slot, [operationOf("open", 1000, slot.load, { service: histogramOf([1000, 30]) })]),
      }),
    ).toEqual([]);
  });
});
