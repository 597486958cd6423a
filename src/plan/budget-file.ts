/**
 * Reads a budget file: what a sensor may cost, declared before it is measured. Pure: text in, budgets out.
 *
 *     budgets:
 *       - scenario: process-exec     # or "*" for every scenario
 *         metric: workload-cpu       # or "loss"
 *         at-most: 10 %              # or an amount in the metric's unit: 50 us, 64 MiB, 0.05 cores, 300 bytes
 */
import * as z from "zod";
import { BUSY_NODE, LOSS_PERCENT } from "../domain/default-budget.ts";
import { type Budget, BudgetMetric, type Plan } from "../domain/plan.ts";
import { own } from "../domain/own.ts";
import { suggest } from "../domain/suggest.ts";
import { METRICS, type Unit } from "../domain/units.ts";
import { readYaml } from "../domain/yaml-file.ts";

const HINT = "see docs/budgets.md for the format and an example";

const AMOUNT = /^\s*(\d+(?:\.\d+)?)\s*(%|[A-Za-z]+)\s*$/;
const amountDue = ({ input }: { readonly input?: unknown }): string | undefined =>
  input === undefined
    ? undefined
    : `must be an amount with a unit, such as "10 %" or "2 us", found ${JSON.stringify(input)}`;

export const BudgetFile = z.strictObject({
  budgets: z
    .array(
      z.strictObject({
        scenario: z.string().describe('a scenario\'s id, or "*" for every scenario'),
        metric: BudgetMetric,
        "at-most": z
          .string({ error: amountDue })
          .regex(AMOUNT, { error: amountDue })
          .describe(
            "percent above the baseline, or an amount in the metric's unit; for loss, percent of the operations",
          ),
      }),
    )
    .min(1),
});

const SUFFIXES: Readonly<Record<string, { readonly factor: number; readonly units: readonly Unit[] }>> = {
  ns: { factor: 1, units: ["ns", "ns/op"] },
  us: { factor: 1e3, units: ["ns", "ns/op"] },
  ms: { factor: 1e6, units: ["ns", "ns/op"] },
  MiB: { factor: 1, units: ["MiB"] },
  GiB: { factor: 1024, units: ["MiB"] },
  cores: { factor: 1, units: ["cores"] },
  bytes: { factor: 1, units: ["bytes/op"] },
};

/** @throws TareError `usage` with file, line, what was found and what was expected */
export const parseBudgets = (text: string, file: string, scenarios: readonly string[]): readonly Budget[] => {
  const { content, refuse } = readYaml(BudgetFile, text, file, HINT);
  return content.budgets.map(({ scenario, metric, "at-most": atMost }, index): Budget => {
    const at = ["budgets", index];
    if (scenario !== "*" && !scenarios.includes(scenario)) {
      const near = suggest(scenario, scenarios);
      const expected =
        near === undefined ? `expected one of ${scenarios.join(", ")}` : `did you mean "${near}"?`;
      refuse([...at, "scenario"], `unknown scenario "${scenario}"; ${expected}`);
    }
    const limit = parseLimit(atMost, metric);
    return typeof limit === "string" ? refuse([...at, "at-most"], limit) : { scenario, metric, limit };
  });
};

const parseLimit = (text: string, metric: BudgetMetric): Budget["limit"] | string => {
  const [, amount, suffix = ""] = AMOUNT.exec(text) ?? [];
  if (suffix === "%") {
    if (metric !== "loss" && METRICS[metric].kind === "level") {
      return `"${metric}" has no baseline to be a percentage of; expected an amount in ${METRICS[metric].unit}`;
    }
    return { kind: "percent", percent: Number(amount) };
  }
  if (metric === "loss") return `"loss" is declared in percent of the operations, found "${text}"`;
  const known = own(SUFFIXES, suffix);
  const unit = METRICS[metric].unit;
  if (known === undefined || !known.units.includes(unit))
    return `"${suffix}" is no unit of "${metric}", which is in ${unit}`;
  return { kind: "absolute", value: Number(amount) * known.factor };
};

export type Budgets = Pick<Plan, "budgets" | "budgetSource" | "budgetDeclared">;

const SOURCE = "tare's default (declare your own with --budget FILE)";

export const DEFAULT_BUDGETS: Budgets = {
  budgetDeclared: false,
  budgetSource: SOURCE,
  budgets: [
    ...Object.entries(BUSY_NODE).map(([scenario, { limitNs }]): Budget => ({
      scenario,
      metric: "system-cpu",
      limit: { kind: "absolute", value: limitNs },
    })),
    { scenario: "*", metric: "loss", limit: { kind: "percent", percent: LOSS_PERCENT } },
  ],
};

/** Whether the user declared the budgets. Older records hold only where the budgets come from. */
export const isBudgetDeclared = ({ budgetDeclared, budgetSource }: Plan): boolean =>
  budgetDeclared ?? budgetSource !== SOURCE;
