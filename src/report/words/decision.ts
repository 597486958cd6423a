/** Why an agent may, may not or may not yet be rolled out, and what would tell. */
import { ALL_OPERATIONS } from "../../domain/condition.ts";
import type { NamedCheck, Why } from "../../domain/decision.ts";
import type { Reason, Unproven } from "../../domain/reason.ts";
import { DECIDING_METRIC, METRICS } from "../../domain/units.ts";
import { causeText } from "./reasons.ts";
import { counted } from "./figures.ts";
import { namesShort } from "./lists.ts";
import { unmeasuredText } from "./failures.ts";
import { checkFailureText } from "./self-checks.ts";

/** "exec, open (open@500/s), loss on exec and 2 more". */
const named = (checks: readonly NamedCheck[]): string => namesShort([...new Set(checks.map(nameOf))]);

const nameOf = ({ scenario, operation, load, metric }: NamedCheck): string => {
  const what = operation === ALL_OPERATIONS ? scenario : operation;
  const under = load === "closed" || load === "*" ? what : `${what} (${load})`;
  if (metric === "loss") return `loss on ${under}`;
  return metric === DECIDING_METRIC ? under : `${METRICS[metric].title} of ${under}`;
};

const causesOf = (agent: string, checks: readonly NamedCheck[]): string => {
  const causes = new Set(
    checks.map(({ metric, budget, reason }) => causeText({ agent, metric, budget, reason })),
  );
  return [...causes].join("; ");
};

const crashText = ({ turns, ofTurns, first }: Extract<Why, { readonly kind: "crashed" }>): string => {
  const how = first?.kind === "failed" ? `: ${first.exit ?? first.message}` : "";
  return `crashed in ${turns} of ${counted(ofTurns, "turn")}${how}`;
};

export const whyText = (agent: string, why: Why): string => {
  switch (why.kind) {
    case "within":
      return `all ${counted(why.of, "check")}`;
    case "over":
      return `over on ${named(why.checks)}`;
    case "sheds":
      return "sheds events, so its costs are not those of the work";
    case "emulated":
      return "the CPU was emulated: neither its costs nor its losses are a real node's";
    case "instrument-failed":
      return `the instrument failed its own check: ${why.failures.map(checkFailureText).join("; ")}`;
    case "crashed":
      return crashText(why);
    case "unmeasured":
      return why.first === null
        ? "no workload of this run is about what it observes, or the run ended before its turn"
        : unmeasuredText(why.first, "");
    case "no-budget":
      return "no budget was declared";
    case "undecided":
      return `${why.checks.length} of ${counted(why.of, "check")} undecided: ${named(why.checks)}`;
    case "unjudged":
      return `${named(why.checks)} cannot be judged: ${causesOf(agent, why.checks)}`;
  }
};

/** What would tell; nothing where it is told already. */
export const tellTexts = (why: Why, blocks: number): readonly string[] => {
  switch (why.kind) {
    case "within":
    case "over":
    case "sheds":
      return [];
    case "emulated":
      return ["a run on a real CPU"];
    case "instrument-failed":
      return ["a run whose self-checks pass"];
    case "crashed":
      return ["a run that it survives"];
    case "unmeasured":
      return ["a run in which it is measured"];
    case "no-budget":
      return ["a budget: --budget FILE"];
    case "undecided":
      return [
        ...(why.blocks === null ? [] : [blocksText(why.blocks, blocks)]),
        ...tellsOf(why.checks, why.blocks === null),
      ];
    case "unjudged":
      return tellsOf(why.checks, true);
  }
};

/** Of this run's size: a longer one is no advice. Its blocks then differ by far more than what separates it from its budget. */
const MAX_LONGER = 20;

const blocksText = (needed: number, blocks: number): string => {
  const size = `about ${counted(needed, "block")} in all (this run has ${blocks})`;
  return needed > MAX_LONGER * blocks ? `a quieter node rather than more blocks: ${size}` : size;
};

const tellsOf = (checks: readonly NamedCheck[], isStuck: boolean): readonly string[] => [
  ...new Set(checks.flatMap(({ reason }) => tellOf(reason, isStuck) ?? [])),
];

/** Beside more blocks; null where nothing else would tell. `isStuck`: no number of blocks decides any of the checks. */
const tellOf = (reason: Reason, isStuck: boolean): string | null => {
  switch (reason.kind) {
    case "emulated":
    case "instrument-failed":
    case "lower-bound-over":
    case "loss-over":
    case "equivalent":
    case "upper-bound-within":
    case "loss-within":
    case "sheds":
    case "crashed":
      return null;
    case "contended":
    case "hangs-on-noise":
      return "a quieter node";
    case "uneven-failures":
    case "uncounted-failures":
    case "none-measured":
      return "a run without failed trials";
    case "never-run":
    case "unmeasured":
      return "a run that measures it";
    case "not-read":
      return "a node on which it can be read";
    case "no-complete-block":
    case "one-block":
    case "no-bounds":
      return "more blocks";
    case "no-baseline":
    case "no-ratio":
      return "an absolute budget";
    case "cut":
      return "more room on the disk, or an agent that writes less";
    case "unbalanced":
    case "uncounted":
      return "a ledger that balances";
    case "impossible":
      return "another run: nothing costs less than nothing";
    case "exploratory":
    case "loss-few-blocks":
      return null;
    case "bounds-straddle":
    case "loss-straddles":
      return isStuck ? "no number of blocks: it lies on the budget" : null;
    case "unproven-resolution":
      return unprovenTell(reason.by);
  }
};

const unprovenTell = (by: Unproven): string => {
  switch (by.kind) {
    case "known-cost":
      return "a known cost recovered more precisely (tare calibrate)";
    case "aa":
      return "baselines that are shown to be equal (A/A, more blocks)";
    case "carry-over":
      return `a node that is shown to be the same after ${by.after} (carry-over, more blocks)`;
  }
};
