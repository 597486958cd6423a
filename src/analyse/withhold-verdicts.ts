/** Takes back what the rules decided where the instrument cannot be trusted with it. A verdict that is invalid already keeps its reason. */
import type { SelfChecks } from "../domain/self-checks.ts";
import { isWallClock } from "../domain/units.ts";
import { type Ruling, type Verdict, invalid } from "../domain/verdict.ts";
import type { Sensitivity } from "./sensitivity.ts";

export const withholdVerdicts = (
  verdicts: readonly Verdict[],
  checks: SelfChecks,
  sensitivity: Sensitivity,
): readonly Verdict[] =>
  verdicts.map((verdict) => {
    if (verdict.kind === "invalid") return verdict;
    const ruling = rulingFor(verdict, checks, sensitivity);
    return ruling === undefined ? verdict : { ...verdict, ...ruling };
  });

const rulingFor = (
  verdict: Verdict,
  { failures, noise }: SelfChecks,
  sensitivity: Sensitivity,
): Ruling | undefined => {
  const { metric, reason } = verdict;
  if (metric !== "loss" && failures.length > 0) return invalid({ kind: "instrument-failed", failures });
  if (metric !== "loss" && noise.contended && isWallClock(metric)) return invalid({ kind: "contended" });
  const otherwise = sensitivity.get(verdict);
  return otherwise === undefined
    ? undefined
    : {
        kind: "inconclusive",
        reason: { kind: "hangs-on-noise", reason, otherwise },
        blocksNeeded: null,
      };
};
