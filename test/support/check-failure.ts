import type { CheckFailure } from "../../src/domain/reason.ts";

/** A self-check that failed: the baselines of this run differ by 900 ns. */
export const AA_FAILURE: CheckFailure = {
  kind: "aa",
  of: "baseline",
  at: { scenario: "process-exec", operation: "exec", load: "closed", placement: "pinned" },
  metric: "workload-cpu",
  difference: { value: 900, low: 700, high: 1100 },
  margin: 500,
};
