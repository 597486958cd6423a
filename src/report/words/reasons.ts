/** Why a verdict is what it is: one sentence with figure, interval and n. */
import { EMULATED } from "../../domain/emulation.ts";
import type { FailedTrials, JudgedCost, JudgedLoss, Reason } from "../../domain/reason.ts";
import { METRICS } from "../../domain/units.ts";
import type { Verdict } from "../../domain/verdict.ts";
import { amount, cost, count, counted, figure, percent, percentCost } from "./figures.ts";
import { CONTENDED, ledgerNoteText } from "./notes.ts";
import { checkFailureText, unprovenText } from "./self-checks.ts";

export type Judged = Pick<Verdict, "agent" | "metric" | "budget" | "reason">;

export const reasonText = (verdict: Judged): string => {
  const figures = figuresText(verdict);
  const cause = causeText(verdict);
  return figures === null ? cause : `${figures}: ${cause}`;
};

export const causeText = (verdict: Judged): string => {
  const { reason, agent, metric } = verdict;
  const say = sayBound(verdict);
  switch (reason.kind) {
    case "emulated":
      return metric === "loss"
        ? `${EMULATED}; how fast events come, and so how many are lost, is not a real node's`
        : EMULATED;
    case "instrument-failed":
      return `the instrument failed its own check, so no cost is judged: ${reason.failures.map(checkFailureText).join("; ")}`;
    case "contended":
      return CONTENDED;
    case "uneven-failures":
      return `trials were lost unevenly: ${failedText(reason)} of ${agent} failed${againstBaseline(reason.baseline)}; the rest may not stand for all`;
    case "uncounted-failures":
      return `${failedText(reason)} failed, and their events are in no ledger: loss is known to at most ${percent(1 - reason.failed / reason.trials)} of the trials`;
    case "never-run":
      return "no trial was run: the run ended before";
    case "none-measured":
      return `none of ${counted(reason.trials, "trial")} was measured (${firstText(reason.first)})`;
    case "not-read":
      return `${titleOf(metric)} could not be read: ${reason.reasons.join("; ")}`;
    case "no-complete-block":
      return `${titleOf(metric)}: no complete block holds what is to be compared`;
    case "no-baseline":
      return `${titleOf(metric)} has no baseline that ${budgetFigure(verdict)} % could be of`;
    case "no-ratio":
      return "a value is not positive, so there is no ratio to judge in percent";
    case "one-block":
      return "one block cannot tell a cost from chance";
    case "no-bounds":
      return "the estimate has no bounds";
    case "unbalanced":
      return `the ledger does not balance: ${reason.notes.map(ledgerNoteText).join("; ")}`;
    case "uncounted":
      return "no trial was measured, so no event could be counted";
    case "cut":
      return `in ${reason.cut} of ${counted(reason.trials, "trial")} tare cut off what the agent had written, and the events in it are lost by tare, not by the agent`;
    case "unmeasured":
      return unmeasuredText(reason);
    case "impossible":
      return `the upper 95 % bound is ${say(reason.upper)}: an agent cannot save the node so much work, so what was compared was not the same`;
    case "loss-few-blocks":
      return `losses come in bursts, and one block says nothing of the next; ${neededText(reason.blocksNeeded)}`;
    case "crashed":
      return `${causeText({ ...verdict, reason: reason.reason })}; but it crashed in ${reason.turns} of ${counted(reason.ofTurns, "turn")}${firstIn(reason.first)}, and the others do not stand for it`;
    case "sheds":
      return `sheds ${percent(reason.lost)} of ${counted(reason.operations, "event")}, more than the ${percent(reason.limit)} that it may lose: its cost is not that of the work`;
    case "unproven-resolution":
      return `${causeText({ ...verdict, reason: reason.reason })}; but ${unprovenText(reason.by)}, so that it may be ${betweenText(verdict, reason.low, reason.high)} and the budget lies inside`;
    case "exploratory":
      return `exploratory, a verdict needs ${reason.blocksNeeded} blocks`;
    case "bounds-straddle":
      return `the bounds ${say(reason.lower)} and ${say(reason.upper)} lie on both sides of the budget; ${neededText(reason.blocksNeeded)}`;
    case "loss-straddles":
      return `between ${percent(reason.lower)} and ${percent(reason.upper)}; ${neededText(reason.blocksNeeded)}`;
    case "hangs-on-noise":
      return `${causeText({ ...verdict, reason: reason.reason })}; but it would be "${reason.otherwise}" with the trials that were done again because of noise, so it hangs on the noise`;
    case "lower-bound-over":
      return `the lower 95 % bound over all ${counted(reason.comparisons, "comparison")} is ${say(reason.lower)}`;
    case "loss-over":
      return `at least ${percent(reason.lower)} with 95 % confidence over all ${counted(reason.rows, "row")} of the ledger`;
    case "equivalent":
      return `the 90 % interval [${say(reason.low)}, ${say(reason.high)}] holds zero and lies inside a third of the budget`;
    case "upper-bound-within":
      return `the upper 95 % bound is ${say(reason.upper)}`;
    case "loss-within":
      return `at most ${percent(reason.upper)} with 95 % confidence`;
  }
};

const figuresText = (verdict: Judged): string | null => {
  const reason = innermost(verdict.reason);
  if ("cost" in reason) return costText(verdict, reason.cost);
  return "loss" in reason ? lossText(reason.loss) : null;
};

type TakenBack = Extract<Reason, { readonly reason: Reason }>;

const innermost = (reason: Reason): Exclude<Reason, TakenBack> =>
  "reason" in reason ? innermost(reason.reason) : reason;

const betweenText = ({ metric }: Judged, low: number | null, high: number | null): string => {
  const say = sayAbsolute(metric);
  if (low === null) return high === null ? "anything" : `anything up to ${say(high)}`;
  return high === null ? `${say(low)} or more` : `${say(low)} to ${say(high)}`;
};

const unmeasuredText = ({ what, why }: Extract<Reason, { readonly kind: "unmeasured" }>): string => {
  switch (what) {
    case "agent":
      return `not measured, though it was asked for${firstIn(why)}`;
    case "scenario":
      return "not measured: the budget's scenario was not run";
    case "metric":
      return "not measured: no scenario of this run has the budget's metric";
  }
};

const firstIn = (first: Parameters<typeof firstText>[0]): string =>
  first === null ? "" : ` (${firstText(first)})`;

const titleOf = (metric: Verdict["metric"]): string => (metric === "loss" ? "loss" : METRICS[metric].title);

const failedText = ({ failed, trials }: FailedTrials): string => `${failed} of ${counted(trials, "trial")}`;

const againstBaseline = (baseline: FailedTrials | null): string =>
  baseline === null ? "" : `, and ${failedText(baseline)} of the baseline`;

const firstText = (first: Extract<Reason, { readonly kind: "none-measured" }>["first"]): string => {
  if (first === null) return "";
  switch (first.kind) {
    case "skipped":
      return first.reason;
    case "failed":
      return `${first.stage}: ${first.message}`;
  }
};

const neededText = (blocks: number | null): string =>
  blocks === null
    ? "no reasonable number of blocks would decide it"
    : `about ${counted(blocks, "block")} would decide it`;

/** In the metric's unit, with a sign where it is a difference from the baseline. */
const sayAbsolute =
  (metric: Verdict["metric"]) =>
  (one: number): string => {
    if (metric === "loss") return figure(one);
    const { kind, unit } = METRICS[metric];
    return kind === "paired" ? cost(one, unit) : amount(one, unit);
  };

const sayBound = ({ metric, budget }: Judged): ((one: number) => string) =>
  budget.kind === "percent" ? percentCost : sayAbsolute(metric);

const budgetFigure = ({ budget }: Judged): string =>
  String(budget.kind === "percent" ? budget.percent : budget.value);

const limitText = ({ metric, budget }: Judged): string => {
  switch (budget.kind) {
    case "absolute":
      return sayAbsolute(metric)(budget.value);
    case "percent":
      return `+${figure(budget.percent)} %`;
  }
};

/** "+4.1 us/op [3.6 us/op, 4.7 us/op] (+12 %), 30 blocks, against at most ...": a percentage never stands without its absolute figure. */
const costText = (verdict: Judged, judged: JudgedCost): string => {
  const say = sayAbsolute(verdict.metric);
  const { value, low, high } = judged.absolute;
  const range = low === null || high === null ? "" : ` [${say(low)}, ${say(high)}]`;
  return `${say(value)}${range}${ratioText(verdict, judged)}, ${counted(judged.blocks, "block")}, against at most ${limitText(verdict)}`;
};

const ratioText = ({ budget }: Judged, { ratio }: JudgedCost): string => {
  if (ratio === null) return "";
  const { value, low, high } = ratio;
  const range =
    budget.kind === "percent" && low !== null && high !== null
      ? ` [${percentCost(low)}, ${percentCost(high)}]`
      : "";
  return ` (${percentCost(value)}${range})`;
};

const lossText = ({ lost, operations, blocks, limit }: JudgedLoss): string =>
  `${count(lost)} of ${counted(operations, "event")} lost (${percent(lost / operations)}) in ${counted(blocks, "block")}, against at most ${percent(limit)}`;
