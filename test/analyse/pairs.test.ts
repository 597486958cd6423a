import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { AgentPair } from "../../src/domain/agent-pair.ts";
import { DECIDING_METRIC, value } from "../../src/domain/units.ts";
import { CLOSED, OPEN, buildRecord, seededNoise } from "./support/record-builder.ts";
import type { RunSpec } from "./support/record-builder.ts";

const COSTS: Readonly<Record<string, number>> = { falco: 300, auditd: 305, laurel: 900 };

const pairsOf = (spec: Partial<RunSpec> = {}): readonly AgentPair[] => {
  const next = seededNoise(11);
  return analyse(
    buildRecord({
      blocks: 6,
      agents: ["falco", "auditd", "laurel"],
      cpuNs: ({ agent }) => 1000 + (COSTS[agent] ?? 0) + 15 * next(),
      ...spec,
    }),
  ).pairs;
};

const between = (pairs: readonly AgentPair[], one: string, other: string): AgentPair | undefined =>
  pairs.find(({ cheaper, dearer }) => [cheaper, dearer].sort().join() === [one, other].sort().join());

test("every two sensors are compared once, by the cost that decides", () => {
  const pairs = pairsOf();
  expect(pairs.map(({ cheaper, dearer }) => [cheaper, dearer].sort().join()).sort()).toEqual([
    "auditd,falco",
    "auditd,laurel",
    "falco,laurel",
  ]);
  for (const { metric, comparisons, blocks } of pairs) {
    expect({ metric, comparisons, blocks }).toEqual({ metric: DECIDING_METRIC, comparisons: 3, blocks: 6 });
  }
});

test("a large difference is known, a small one is not, and the interval says by how much", () => {
  const pairs = pairsOf();
  const large = between(pairs, "falco", "laurel");
  // The agent's own CPU of the builder comes on top of the workload's.
  expect(large).toMatchObject({ cheaper: "falco", dearer: "laurel", known: true });
  expect(large?.difference.low).toBeLessThan(600);
  expect(large?.difference.high).toBeGreaterThan(600);
  const small = between(pairs, "falco", "auditd");
  expect(small?.known).toBe(false);
  expect(small?.difference.value).toBeGreaterThanOrEqual(0);
});

test("agents that cost the same are told apart in at most one of twenty runs", () => {
  const next = seededNoise(5);
  const runs = 300;
  let known = 0;
  for (let run = 0; run < runs; run++) {
    const lines = buildRecord({ blocks: 5, agents: ["a", "b", "c"], cpuNs: () => 1000 + 30 * next() });
    if (analyse(lines).pairs.some((pair) => pair.known === true)) known++;
  }
  expect(known / runs).toBeLessThan(0.05 + 3.29 * Math.sqrt((0.05 * 0.95) / runs));
});

test("under four blocks nothing is known and there is no interval", () => {
  for (const pair of pairsOf({ blocks: 3 })) {
    expect(pair).toMatchObject({ known: null, difference: { low: null, high: null }, comparisons: 0 });
  }
});

test("closed loads come first, and calibration agents are left out", () => {
  const pairs = pairsOf({ loads: [OPEN, CLOSED], agents: ["falco", "auditd", "calibration-nothing"] });
  expect(pairs.map(({ load }) => load)).toEqual(["closed", "open@500/s"]);
});

describe("an agent that sheds", () => {
  const delivering = (share: number) =>
    pairsOf({
      outcome: (slot, usual) =>
        slot.agent === "falco" && usual.ledger.kind === "counted"
          ? {
              ...usual,
              ledger: {
                ...usual.ledger,
                delivered: Math.round(share * usual.ledger.operations),
                declaredLost: value(0),
              },
            }
          : usual,
    });

  test("is compared by what a delivered event takes", () => {
    expect(between(delivering(1), "falco", "laurel")?.cheaper).toBe("falco");
    expect(between(delivering(0.25), "falco", "laurel")).toMatchObject({ cheaper: "laurel", known: true });
  });

  test("is in no pair where it delivered nothing", () => {
    expect(delivering(0).map(({ cheaper, dearer }) => [cheaper, dearer].sort().join())).toEqual([
      "auditd,laurel",
    ]);
  });
});
