/**
 * The budget of a run whose user declares none, so that a first run has something to be judged by.
 * In absolute terms: a percentage of a 1 us operation says little about a node. Every output names it as tare's default.
 */
import type { Plan } from "../domain/plan.ts";

export type Budgets = Pick<Plan, "budgets" | "budgetSource" | "budgetDeclared">;

const SOURCE = "tare's default (declare your own with --budget FILE)";

export const DEFAULT_BUDGETS: Budgets = {
  budgetDeclared: false,
  budgetSource: SOURCE,
  budgets: [
    { scenario: "process-exec", metric: "workload-cpu", limit: { kind: "absolute", value: 50_000 } },
    { scenario: "file-open", metric: "workload-cpu", limit: { kind: "absolute", value: 2_000 } },
    { scenario: "network-connect", metric: "workload-cpu", limit: { kind: "absolute", value: 5_000 } },
    { scenario: "syscall-tax", metric: "workload-cpu", limit: { kind: "absolute", value: 100 } },
    { scenario: "*", metric: "loss", limit: { kind: "percent", percent: 0.1 } },
  ],
};

/** Whether the user declared the budgets. Older records hold only where the budgets come from. */
export const isBudgetDeclared = ({ budgetDeclared, budgetSource }: Plan): boolean =>
  budgetDeclared ?? budgetSource !== SOURCE;
