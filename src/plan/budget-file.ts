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

const AMOUNT = /^\s*(\d+(?:\.\d+)?)\s*(%|[A-Za-zµμ]+(?:\/op)?)\s*$/;
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

const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, μs: 1e3, ms: 1e6, s: 1e9 };

/** What a unit may be called, with its amount in the unit that figures have. What is spent for each operation may say so. */
const SPELLINGS: Readonly<Record<Unit, Readonly<Record<string, number>>>> = {
  ns: NANOSECONDS,
  "ns/op": NANOSECONDS,
  MiB: { MiB: 1, GiB: 1024 },
  cores: { cores: 1, core: 1 },
  "bytes/op": { bytes: 1, byte: 1 },
  "instructions/op": { instructions: 1, instruction: 1 },
  instructions: { instructions: 1, instruction: 1 },
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

const PER_OPERATION = "/op";

const parseLimit = (text: string, metric: BudgetMetric): Budget["limit"] | string => {
  const [, amount, suffix = ""] = AMOUNT.exec(text) ?? [];
  const number = Number(amount);
  if (suffix === "%") {
    if (metric === "loss" && number > 100) return `a loss of ${text} is more than all operations`;
    if (metric !== "loss" && METRICS[metric].kind === "level") {
      return `"${metric}" has no baseline to be a percentage of; expected an amount in ${METRICS[metric].unit}`;
    }
    return { kind: "percent", percent: number };
  }
  if (metric === "loss") return `"loss" is declared in percent of the operations, found "${text}"`;
  const unit = METRICS[metric].unit;
  const spellings = SPELLINGS[unit];
  // Keyboards write the micro sign, and text the Greek letter.
  const named = suffix.normalize("NFKC");
  const spelled = unit.endsWith(PER_OPERATION) ? named.replace(PER_OPERATION, "") : named;
  const factor = own(spellings, spelled);
  if (factor === undefined)
    return `"${suffix}" is no unit of "${metric}", which is in ${unit}; expected one of ${Object.keys(spellings).join(", ")}`;
  return { kind: "absolute", value: number * factor };
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
