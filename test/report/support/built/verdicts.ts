/** Verdicts on the built costs and losses. */
import type { Reason, VerdictKind } from "../../../../src/domain/reason.ts";
import type { Estimate, LedgerRow, Verdict } from "../../../../src/domain/verdict.ts";

export const verdictsOf = (
  estimates: readonly Estimate[],
  ledger: readonly LedgerRow[],
  emulated: boolean,
): readonly Verdict[] => {
  const cost = estimates
    .filter((estimate) => estimate.metric === "workload-cpu")
    .map((estimate): Verdict => {
      const upper = estimate.bounds?.ratioUpper95 ?? null;
      const lower = lowerOf(estimate);
      const kind = emulated
        ? "invalid"
        : upper === null || lower === null
          ? "inconclusive"
          : upper < 1.05
            ? "within"
            : lower > 1.05
              ? "over"
              : "inconclusive";
      return {
        agent: estimate.agent,
        scenario: estimate.scenario,
        operation: estimate.operation,
        load: estimate.load,
        placement: estimate.placement,
        metric: "workload-cpu",
        budget: { kind: "percent", percent: 5 },
        kind,
        reason: costReason(estimate, kind),
        blocksNeeded: kind === "inconclusive" ? 40 : null,
      };
    });
  const loss = ledger.map((row): Verdict => ({
    agent: row.agent,
    scenario: row.scenario,
    operation: "*",
    load: row.load,
    placement: row.placement,
    metric: "loss",
    budget: { kind: "percent", percent: 0.1 },
    kind: row.lossRate.high < 0.001 ? "within" : "over",
    reason: lossReason(row),
    blocksNeeded: null,
  }));
  return [...cost, ...loss];
};

/** As a family would have it: further down than the interval's end. */
const lowerOf = ({ ratio }: Estimate): number | null =>
  ratio === null || ratio.low === null ? null : ratio.value - 1.5 * (ratio.value - ratio.low);

const costReason = (estimate: Estimate, kind: VerdictKind): Reason => {
  const { absolute, ratio, blocks, bounds } = estimate;
  const cost = { absolute, ratio, blocks };
  const lower = lowerOf(estimate);
  const upper = bounds?.ratioUpper95 ?? null;
  if (kind === "invalid") return { kind: "emulated" };
  if (lower === null || upper === null) return { kind: "exploratory", cost, blocksNeeded: 40 };
  if (kind === "within") return { kind: "upper-bound-within", cost, upper };
  return kind === "over"
    ? { kind: "lower-bound-over", cost, lower, comparisons: 40 }
    : { kind: "bounds-straddle", cost, lower, upper, blocksNeeded: 40 };
};

const lossReason = (row: LedgerRow): Reason => {
  const loss = {
    lost: row.operations - row.delivered,
    operations: row.operations,
    trials: row.trials,
    blocks: row.blocks,
    limit: 0.001,
  };
  const { low, high } = row.lossRate;
  return high < 0.001
    ? { kind: "loss-within", loss, upper: high }
    : { kind: "loss-over", loss, lower: low, rows: 15 };
};
