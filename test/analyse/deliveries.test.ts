/** What the trials of a ledger tell beyond its counts, and the run over time. */
import { expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { missing, value } from "../../src/domain/units.ts";
import { CLOSED, OPEN, buildRecord } from "./support/record-builder.ts";

test("rates that were offered and raised, lag, and shares, in the order of the ledger", () => {
  const view = analyse(
    buildRecord({
      blocks: 3,
      agents: ["probe"],
      loads: [OPEN, CLOSED],
      cpuNs: () => 1000,
      outcome: ({ load, block }, usual) =>
        usual.ledger.kind !== "counted"
          ? usual
          : {
              ...usual,
              ledger: {
                ...usual.ledger,
                delivered: usual.ledger.operations - (load.kind === "open" ? 3 : 0),
                declaredLost: load.kind === "open" ? value(1) : missing("it has no counter"),
                drainMs: block === 0 ? 1500 : 20,
              },
            },
    }),
  );
  expect(view.deliveries.map(({ load }) => load)).toEqual(view.ledger.map(({ load }) => load));
  const lagMs = { median: 20, longest: 1500 };
  // 300 operations in a window of twice their CPU time of 1 us each.
  const raisedPerSecond: unknown = expect.closeTo(500_000, 6);
  expect(view.deliveries).toMatchObject([
    {
      agent: "probe",
      load: "closed",
      placement: "pinned",
      offeredPerSecond: null,
      raisedPerSecond,
      lagMs,
      shares: { delivered: 100, declared: null, silent: 0 },
    },
    { load: "open@500/s", placement: "free", offeredPerSecond: 500, raisedPerSecond, lagMs },
  ]);
  const open = view.deliveries[1]?.shares;
  expect(open?.delivered).toBeCloseTo(99, 9);
  expect(open?.declared).toBeCloseTo(1 / 3, 9);
  expect(open?.silent).toBeCloseTo(2 / 3, 9);
});

test("of an agent that declares more than is missing it cannot be told which of these it means", () => {
  const { deliveries } = analyse(
    buildRecord({
      blocks: 1,
      agents: ["probe"],
      outcome: (_, usual) =>
        usual.ledger.kind === "counted"
          ? { ...usual, ledger: { ...usual.ledger, delivered: 270, declaredLost: value(400) } }
          : usual,
    }),
  );
  expect(deliveries[0]?.shares).toEqual({ delivered: 90, declared: 0, unattributed: 10, silent: 0 });
});

test("each measured trial has its readings, and what could not be read is null", () => {
  const { trials } = analyse(
    buildRecord({
      blocks: 1,
      agents: ["probe"],
      cpuNs: () => 1000,
      outcome: ({ agent, baseline }, usual) =>
        baseline === 2
          ? { kind: "failed", stage: "window", message: "it ended", lastLines: [] }
          : agent === "probe"
            ? { ...usual, noise: { ...usual.noise, stealPercent: missing("no /proc/stat") } }
            : usual,
    }),
  );
  const startedAt = "2026-01-01T00:00:01.000Z";
  expect(trials).toMatchObject([
    {
      agent: "baseline",
      baseline: 1,
      block: 0,
      startedAt,
      systemCores: 0.5,
      agentCores: null,
      memoryMiB: null,
    },
    { agent: "probe", baseline: null, agentCores: 0.05, memoryMiB: 8, stealPercent: null },
  ]);
});
