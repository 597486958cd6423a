import type { VerdictKind } from "../../domain/verdict.ts";
import type { Explanation } from "./explanation.ts";

export const VERDICTS: Readonly<Record<VerdictKind, Explanation>> = {
  within: {
    title: "within budget",
    meaning:
      "Even the upper end of what the cost may truly be lies inside the budget (one-sided, 95 %), and nothing else speaks against it: no crash, no loss beyond the budget, no failed self-check. For loss: the upper bound over at least two blocks does.",
    next: "Nothing. Look whether the self-checks of the report has failures before you roll out.",
  },
  over: {
    title: "over budget",
    meaning:
      "Even the lower end of what the cost may truly be lies above the budget, with all comparisons of the run taken into account: it is not luck.",
    next: "Change the agent's rules, or the budget, or the agent; then run again.",
  },
  "no-detectable-cost": {
    title: "no detectable cost",
    meaning:
      "The whole 90 % interval lies so close to zero (a third of the budget) that the cost does not matter. This is shown, not assumed from a lack of evidence.",
    next: "Nothing.",
  },
  inconclusive: {
    title: "inconclusive",
    meaning:
      "The budget lies inside the interval, or there are fewer than four blocks: this run cannot tell. It is an honest result, not a fault of the agent.",
    next: "Run the number of blocks that the verdict asks for (`tare run --blocks N`), or a quieter node. Do not repeat a run until it pleases.",
  },
  invalid: {
    title: "invalid",
    meaning:
      "The figure must not be used: a self-check of the instrument failed, the agent crashed or sheds events, the cost is less than nothing, events do not add up, the CPU is emulated, or it was not measured.",
    next: "Read the reason behind the verdict and the self-checks, remove the cause, run again.",
  },
};
