/** What a verdict says of a cost. */
import type { JudgedCost } from "../domain/reason.ts";
import type { Verdict } from "../domain/verdict.ts";

export const isAllowed = ({ kind }: Pick<Verdict, "kind">): boolean =>
  kind === "within" || kind === "no-detectable-cost";

/** Undefined where the verdict is not about a cost that was told. */
export const costIn = ({ reason }: Pick<Verdict, "reason">): JudgedCost | undefined =>
  "cost" in reason ? reason.cost : undefined;
