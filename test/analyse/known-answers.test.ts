import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { Budget } from "../../src/domain/plan.ts";
import type { LedgerReading } from "../../src/domain/trial-outcome.ts";
import { missing, value } from "../../src/domain/units.ts";
import { nothingInjected } from "./support/calibrated.ts";
import { buildRecord } from "./support/record-builder.ts";
import type { RunSpec, Slot } from "./support/record-builder.ts";

const ledgerOf = (operations: number, lost: number, declared: number): LedgerReading => ({
  kind: "counted",
  operations,
  delivered: operations - lost,
  duplicates: 0,
  declaredLost: value(declared),
  drainMs: 3,
  drained: true,
});

const losing = (agent: string, lostIn: (slot: Slot) => number, declares = false): RunSpec => ({
  blocks: 3,
  agents: [agent],
  outcome: (slot, usual) =>
    slot.agent === "baseline"
      ? usual
      : {
          ...usual,
          ledger: ledgerOf(300, lostIn(slot), declares ? lostIn(slot) + 1 : 0),
          injected: value({ ...nothingInjected, discarded: lostIn(slot) + 1 }),
        },
});

describe("known loss", () => {
  test("is exact when one event in m is missing in every window", () => {
    const { knownLoss } = analyse(buildRecord(losing("calibration-loss@silent-10", () => 30))).selfChecks;
    expect(knownLoss).toEqual([
      {
        agent: "calibration-loss@silent-10",
        scenario: "process-exec",
        load: "closed",
        operations: 900,
        missing: 90,
        discarded: 93,
        declared: { low: 0, high: 0 },
        exact: true,
      },
    ]);
  });

  test("may be off by the one event that falls over the window's edge, and not by two", () => {
    const exact = (lost: number): boolean | undefined =>
      analyse(buildRecord(losing("calibration-loss@open-100", () => lost, true))).selfChecks.knownLoss[0]
        ?.exact;
    expect([1, 2, 3, 4, 5].map(exact)).toEqual([false, true, true, true, false]);
  });

  test("too much in one trial is not made good by too little in another", () => {
    const { selfChecks, warnings } = analyse(
      buildRecord(losing("calibration-loss@silent-10", ({ block }) => [25, 30, 35][block] ?? 30)),
    );
    expect(selfChecks.knownLoss[0]).toMatchObject({ missing: 90, exact: false });
    expect(warnings).toContainEqual({ kind: "known-loss", ...selfChecks.knownLoss[0] });
  });

  test("an agent that did not tell what it discarded proves nothing", () => {
    const spec = losing("calibration-loss@silent-10", () => 30);
    const mute: RunSpec = {
      ...spec,
      outcome: (_, usual) => ({ ...usual, injected: missing("it did not answer") }),
    };
    expect(analyse(buildRecord(mute)).selfChecks.knownLoss).toEqual([]);
  });
});

test("known CPU time and memory stand beside what was read of them, in the same unit", () => {
  const { knownLevels } = analyse(
    buildRecord({
      blocks: 12,
      agents: ["calibration-cpu", "calibration-memory"],
      outcome: (slot, usual) => {
        switch (slot.agent) {
          case "calibration-cpu":
            return { ...usual, injected: value({ ...nothingInjected, operations: 310, agentNs: 310 * 107 }) };
          case "calibration-memory":
            return { ...usual, injected: value({ ...nothingInjected, mapBytes: 2 ** 19 }) };
          default:
            return usual;
        }
      },
    }),
  ).selfChecks;
  // The builder's agents take a tenth of 1,000 ns in the window and 5 ns after it, and hold half a MiB of maps.
  expect(knownLevels).toEqual([
    expect.objectContaining({ agent: "calibration-cpu", metric: "agent-cpu", unit: "ns/op", injected: 107 }),
    expect.objectContaining({
      agent: "calibration-memory",
      metric: "bpf-map-memory",
      unit: "MiB",
      injected: 0.5,
    }),
  ]);
  expect(knownLevels.map(({ recovered }) => recovered.value)).toEqual([105, 0.5]);
});

test("calibration agents are estimated and never judged, and do not widen the bounds of the sensors", () => {
  const budgets: readonly Budget[] = [
    { scenario: "*", metric: "workload-cpu", limit: { kind: "percent", percent: 5 } },
    { scenario: "*", metric: "loss", limit: { kind: "percent", percent: 1 } },
  ];
  const cpuNs = ({ block, agent, baseline }: Slot): number =>
    1000 + ((block * 7 + (baseline ?? 0) * 3 + agent.length) % 11);
  const spec = { blocks: 12, budgets, cpuNs };
  const extra = [
    "calibration-nothing",
    "calibration-cost@0",
    "calibration-loss@silent-10",
    "calibration-cpu",
  ];
  const alone = analyse(buildRecord({ ...spec, agents: ["falco", "tracee"] }));
  const among = analyse(buildRecord({ ...spec, agents: ["falco", "tracee", ...extra] }));
  expect(among.verdicts).toEqual(alone.verdicts);
  expect(new Set(among.estimates.map(({ agent }) => agent))).toEqual(new Set(["falco", "tracee", ...extra]));
  const ofSensors = among.estimates.filter(({ agent }) => !agent.startsWith("calibration-"));
  expect(ofSensors).toEqual(alone.estimates);
});
