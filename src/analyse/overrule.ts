/** Takes back what the rules decided where the instrument cannot be trusted with it. A verdict that is invalid already keeps its reason. */
import type { Trust, Verdict } from "../domain/verdict.ts";
import { CONTENDED, isWallClock } from "./contention.ts";
import type { Ruling } from "./ruling.ts";
import { invalid } from "./ruling.ts";
import type { Sensitivity } from "./sensitivity.ts";

export const overrule = (
  verdicts: readonly Verdict[],
  trust: Pick<Trust, "failures"> & { readonly noise: Pick<Trust["noise"], "contended"> },
  sensitivity: Sensitivity,
): readonly Verdict[] =>
  verdicts.map((verdict) => {
    if (verdict.kind === "invalid") return verdict;
    const ruling = rulingFor(verdict, trust, sensitivity);
    return ruling === undefined ? verdict : { ...verdict, ...ruling };
  });

const rulingFor = (
  verdict: Verdict,
  { failures, noise }: Parameters<typeof overrule>[1],
  sensitivity: Sensitivity,
): Ruling | undefined => {
  const { metric } = verdict;
  if (metric !== "loss" && failures.length > 0) {
    return invalid(`the instrument failed its own check, so no cost is judged: ${failures.join("; ")}`);
  }
  if (metric !== "loss" && noise.contended && isWallClock(metric)) return invalid(CONTENDED);
  const other = sensitivity.get(verdict);
  if (other === undefined) return undefined;
  return {
    kind: "inconclusive",
    why: `${verdict.why}; but it would be "${other}" with the trials that were done again because of noise, so it hangs on the noise`,
    blocksNeeded: null,
  };
};
