import type { Explanation } from "./explanation.ts";

/** Terms of the method that a report uses; docs/method.md explains them at length. */
export const TERMS: Readonly<Record<string, Explanation>> = {
  verdict: {
    title: "verdict",
    meaning:
      "What came of comparing a figure with a budget that was declared before the run: within, over, no-detectable-cost, inconclusive or invalid. The bound of the interval decides, not the figure itself.",
    next: "`tare explain inconclusive` explains one of them; docs/budgets.md says how to declare a budget.",
  },
  baseline: {
    title: "baseline",
    meaning:
      "The same workload with no agent at all. It runs twice in every block, so a run also compares the node with itself.",
    next: "",
  },
  block: {
    title: "block",
    meaning:
      "Every agent once and the baseline twice, in random order. A cost is a difference inside a block; the number of blocks is the n of every figure.",
    next: "",
  },
  interval: {
    title: "interval",
    meaning:
      "Values of the true cost that fit what was seen, with the confidence that the caption gives (normally 95 %). Shown from ten blocks on.",
    next: "A wide one wants more blocks or a quieter node.",
  },
  "detectable-from": {
    title: "detectable from",
    meaning:
      "The smallest cost that this many blocks would find four times out of five (80 % power). Smaller costs may be there unseen.",
    next: "",
  },
  declared: {
    title: "declared loss",
    meaning: "Events that the agent's own counters admit to have lost.",
    next: "Watch the same counters in production.",
  },
  silent: {
    title: "silent loss",
    meaning:
      "Events that the workload did, that are not in the agent's output, and that no counter of the agent admits.",
    next: "An agent with silent loss cannot be monitored for loss: test it at the rates that you expect.",
  },
  coverage: {
    title: "coverage",
    meaning:
      "What an agent can see by design as it was configured. A gap in coverage is no loss and is never counted as one.",
    next: "",
  },
  "a-a": {
    title: "A/A check",
    meaning:
      "The node compared with itself: the two baselines of each block, and an agent that starts nothing. One in twenty such intervals leaves out zero by chance.",
    next: "More than chance explains makes every verdict on a cost invalid: look for what disturbs the node.",
  },
  calibration: {
    title: "calibration",
    meaning:
      "CPU time, losses and memory of known size, injected on purpose and then measured like an agent. What comes back must be what went in.",
    next: "`tare calibrate` runs it alone.",
  },
  "carry-over": {
    title: "carry-over",
    meaning:
      "A difference between baselines after one agent and baselines elsewhere: something that the agent left in the node.",
    next: "An agent that leaves something behind slows the node even after it is removed.",
  },
  steal: {
    title: "steal",
    meaning:
      "CPU time that the hypervisor gave to other guests. It is noise and never an agent's cost; trials with much of it are done again.",
    next: "Measure on a dedicated host if it stays high.",
  },
  emulated: {
    title: "emulated",
    meaning:
      "The CPU is simulated by a program. Events, losses and memory can be counted, but speed says nothing about real hardware, so there is no verdict on cost.",
    next: "Run on hardware of that architecture, or in a guest with hardware virtualisation.",
  },
  redone: {
    title: "done again",
    meaning:
      "A trial that noise disturbed, judged by readings that cannot see the agent's effect, is done again, at most twice. Both attempts stay in the record.",
    next: "",
  },
};
