/** What seven agents cost on a node of two CPUs, in percent of the operation, and their budgets: 24 checks, as the first runs had them. */
import type { Cell, Structure } from "./simulated-runs.ts";

interface Scenario {
  readonly name: string;
  readonly spread: number;
  readonly budget: number;
  /** The first two are audit daemons, whose own spread is wide. */
  readonly costs: readonly number[];
}

const SCENARIOS: readonly Scenario[] = [
  { name: "process-exec", spread: 3, budget: 55, costs: [53, 33, 23, 33, 22, 2] },
  { name: "file-open", spread: 6, budget: 63, costs: [320, 90, 330, 355, 277, 30] },
  { name: "network-connect", spread: 5, budget: 18, costs: [119, 42, 49, 56, 3] },
  { name: "syscall-tax", spread: 2.5, budget: 59, costs: [246, 224, 24, 71, 316, 80, 60] },
];

const WIDE = 1.5;

export const SEVEN_AGENTS: Structure = {
  cells: SCENARIOS.flatMap(({ name, spread, budget, costs }) =>
    costs.map((cost, index): Cell => ({
      scenario: name,
      cost,
      budget,
      spread: index < 2 ? WIDE * spread : spread,
    })),
  ),
  baselines: new Map(SCENARIOS.map(({ name, spread }) => [name, spread])),
};
