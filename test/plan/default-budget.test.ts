/** The default budget is one share of one stated node: what its parts add up to, and that doses of known costs follow it. */
import { expect, test } from "vitest";
import calibrationCost from "../../src/agents/calibration-cost.ts";
import { BUSY_NODE, BUSY_NODE_CORES, FAMILY_LIMIT_NS } from "../../src/domain/default-budget.ts";
import { DEFAULT_BUDGETS, parseBudgets } from "../../src/plan/budget-file.ts";
import { loadFolder } from "../../src/host/load-folder.ts";
import type { Scenario } from "../../src/domain/scenario.ts";
import { PLAIN_FAMILIES } from "../../src/domain/units.ts";
import { ROOT } from "../support/agent-session.ts";

const scenarios = await loadFolder<Scenario>(`${ROOT}/scenarios`);

test("the limits at the rates of the busy node add up to its share", () => {
  const cores = Object.values(BUSY_NODE).reduce(
    (sum, { perSecond, limitNs }) => sum + (perSecond * limitNs) / 1e9,
    0,
  );
  expect(cores).toBeCloseTo(BUSY_NODE_CORES, 10);
});

test("each is on the CPU time of the node, for a scenario that exists, and a budget file can say the same", () => {
  const costs = DEFAULT_BUDGETS.budgets.filter(({ metric }) => metric !== "loss");
  expect(costs.map(({ scenario }) => scenario)).toEqual(Object.keys(BUSY_NODE));
  expect(costs.filter(({ scenario, metric }) => metric !== "system-cpu" || !scenarios.has(scenario))).toEqual(
    [],
  );
  const text = DEFAULT_BUDGETS.budgets
    .map(({ scenario, metric, limit }) => {
      const atMost = limit.kind === "percent" ? `${limit.percent} %` : `${limit.value} ns`;
      return `  - { scenario: "${scenario}", metric: ${metric}, at-most: ${atMost} }`;
    })
    .join("\n");
  expect(parseBudgets(`budgets:\n${text}`, "b.yaml", [...scenarios.keys()])).toEqual(DEFAULT_BUDGETS.budgets);
});

test("a family's limit is that of the scenario that represents it", () => {
  for (const family of PLAIN_FAMILIES) {
    const one = [...scenarios.values()].find(
      ({ emits, represents }) => represents === true && emits?.family === family,
    );
    expect(BUSY_NODE[one?.id as keyof typeof BUSY_NODE].limitNs).toBe(FAMILY_LIMIT_NS[family]);
  }
});

test("known costs are 0, half of it, all of it and twice as much, operation by operation", () => {
  const doses = calibrationCost.variants.map(({ id, injects }) => [
    id,
    injects?.kind === "cost" ? injects.doseNs : null,
  ]);
  const scaled = (factor: number) =>
    Object.fromEntries(PLAIN_FAMILIES.map((family) => [family, factor * FAMILY_LIMIT_NS[family]]));
  expect(doses).toEqual([
    ["calibration-cost@0", scaled(0)],
    ["calibration-cost@half", scaled(0.5)],
    ["calibration-cost@budget", scaled(1)],
    ["calibration-cost@double", scaled(2)],
  ]);
});
