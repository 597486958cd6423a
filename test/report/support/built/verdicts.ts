/** Verdicts on the built costs and losses. */
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
      const lower = estimate.bounds?.ratioLowerFamilyWise ?? null;
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
        metric: "workload-cpu",
        budget: { kind: "percent", percent: 5 },
        kind,
        why: emulated
          ? "emulated: functional, no performance verdict"
          : `ratio ${(estimate.ratio?.value ?? 0).toFixed(3)} against a budget of 1.05, ${estimate.blocks} blocks${kind === "inconclusive" ? "; about 40 blocks would decide it" : ""}`,
        blocksNeeded: kind === "inconclusive" ? 40 : null,
      };
    });
  const loss = ledger.map((row): Verdict => ({
    agent: row.agent,
    scenario: row.scenario,
    operation: "*",
    load: row.load,
    metric: "loss",
    budget: { kind: "percent", percent: 0.1 },
    kind: row.lossRate.high < 0.001 ? "within" : "over",
    why: `lost ${row.operations - row.delivered} of ${row.operations} events, at most ${(row.lossRate.high * 100).toFixed(3)} %`,
    blocksNeeded: null,
  }));
  return [...cost, ...loss];
};
