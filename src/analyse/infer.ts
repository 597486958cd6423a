/** Trials -> what they say about the agents. Done for the trials that count, and once more for the first attempts. */
import type { MetricId } from "../domain/units.ts";
import type { LedgerRow, Verdict } from "../domain/verdict.ts";
import type { TrialLine } from "../domain/record.ts";
import { cellsOf } from "./cells.ts";
import { type AllCollected, collect } from "./collect.ts";
import { type EffectiveRecord, isObserved } from "./effective-record.ts";
import { type Assessment, estimateAll } from "./estimate.ts";
import { judge } from "./judge.ts";
import { ledgerRows } from "./ledger.ts";
import { byPlan } from "./order.ts";
import { unmeasuredVerdicts } from "./unmeasured.ts";
import type { Resampler } from "./resample.ts";

export interface Inference {
  readonly collected: AllCollected;
  readonly assessments: readonly Assessment[];
  readonly ledger: readonly LedgerRow[];
  readonly verdicts: readonly Verdict[];
}

export const infer = (
  { header, blocks }: Pick<EffectiveRecord, "header" | "blocks">,
  trials: readonly TrialLine[],
  resampler: Resampler,
  metrics?: readonly MetricId[],
): Inference => {
  const { plan } = header;
  const inOrder = byPlan(plan);
  const observed = trials.filter(isObserved);
  const collected = new Map(
    [...collect(observed, header.agents)].sort(([, a], [, b]) => inOrder(a.key, b.key)),
  );
  const assessments = estimateAll(collected, header.agents, blocks, resampler, metrics).toSorted((a, b) =>
    inOrder(a.estimate, b.estimate),
  );
  const ledger = ledgerRows(observed, header.agents).toSorted(inOrder);
  const verdicts = judge({
    emulated: header.host.emulated,
    agents: header.agents,
    budgets: plan.budgets,
    cells: new Map([...cellsOf(plan, trials)].sort(([, a], [, b]) => inOrder(a, b))),
    collected,
    assessments,
    ledger,
  });
  return {
    collected,
    assessments,
    ledger,
    verdicts: [...verdicts, ...unmeasuredVerdicts(header, verdicts)],
  };
};
