/** Why an agent may, may not or may not yet be rolled out, and what would tell. */
import { ALL_OPERATIONS } from "../../domain/condition.ts";
import type { NamedCheck, Why } from "../../domain/decision.ts";
import type { Unmeasured } from "../../domain/failure.ts";
import { DECIDING_METRIC, METRICS } from "../../domain/units.ts";
import { causeText } from "./reasons.ts";
import { counted } from "./figures.ts";
import { unmeasuredText } from "./failures.ts";
import { checkFailureText } from "./self-checks.ts";

const NAMED = 3;

/** "exec, open (open@500/s) and 2 more". */
const named = (checks: readonly NamedCheck[]): string => {
  const names = [...new Set(checks.map(nameOf))];
  return names.length <= NAMED + 1
    ? names.join(", ")
    : `${names.slice(0, NAMED).join(", ")} and ${names.length - NAMED} more`;
};

const nameOf = ({ scenario, operation, load, metric }: NamedCheck): string => {
  const what = operation === ALL_OPERATIONS ? scenario : operation;
  const under = load === "closed" ? what : `${what} (${load})`;
  if (metric === "loss") return `loss on ${under}`;
  return metric === DECIDING_METRIC ? under : `${METRICS[metric].title} of ${under}`;
};

const causesOf = (agent: string, checks: readonly NamedCheck[]): string => {
  const causes = new Set(
    checks.map(({ metric, budget, reason }) => causeText({ agent, metric, budget, reason })),
  );
  return [...causes].join("; ");
};

const crashText = (first: Unmeasured): string => {
  switch (first.kind) {
    case "skipped":
      return first.reason;
    case "failed":
      return first.cause === "crashed"
        ? `crashed: ${first.exit ?? first.message}`
        : `failed in at least one turn (${first.stage}): ${first.message}`;
  }
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
      return crashText(why.first);
    case "unmeasured":
      return why.first === null ? "the run ended before its turn" : unmeasuredText(why.first, "");
    case "no-budget":
      return "no budget was declared";
    case "undecided":
      return `${why.checks.length} of ${counted(why.of, "check")} undecided: ${named(why.checks)}`;
    case "unjudged":
      return `${named(why.checks)} cannot be judged: ${causesOf(agent, why.checks)}`;
  }
};

/** What would tell; null where it is told already, or where nothing would. */
export const tellText = (why: Why, blocks: number): string | null => {
  switch (why.kind) {
    case "within":
    case "over":
    case "sheds":
    case "unjudged":
      return null;
    case "emulated":
      return "a run on a real CPU";
    case "instrument-failed":
      return "a run whose self-checks pass";
    case "crashed":
      return "a run that it survives";
    case "unmeasured":
      return "a run in which it is measured";
    case "no-budget":
      return "a budget: --budget FILE";
    case "undecided":
      return why.blocks === null
        ? "no number of blocks: its cost lies on the budget, or hangs on the noise"
        : `about ${counted(why.blocks, "block")} (this run has ${blocks})`;
  }
};
