/** What a run says in a few sentences, and what verdicts and budgets are called: the same in every format. */
import { EMULATED } from "../../domain/emulation.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { LedgerRow, Verdict, VerdictKind } from "../../domain/verdict.ts";
import { METRICS } from "../../domain/units.ts";
import { checkFailureText } from "../words/self-checks.ts";
import { formatCount, formatLoss, formatNumberOf, formatValue, formatRange } from "../format.ts";
import { extentOf, operationTitle, skippedAgents, testedAgents } from "../select.ts";
import { EMULATION_CHECK, checksOf, type CheckState } from "./checks.ts";

/** Said at the top where the CPU is emulated, or where it cannot be told; null on real hardware. */
export const emulationBanner = ({ host }: Pick<RunView, "host">): string | null => {
  if (host.emulated) return EMULATED;
  return host.emulation?.kind === "unknown"
    ? "it could not be told whether the CPU is emulated: if it is, no figure of time holds"
    : null;
};

/** "no: the CPU names its hypervisor KVMKVMKVM"; null where an old record does not say on what it rests. */
export const emulationText = ({ emulated, emulation }: RunView["host"]): string | null => {
  if (emulation === undefined) return emulated ? "yes" : null;
  const answer = { emulated: "yes", hardware: "no", unknown: "cannot tell" }[emulation.kind];
  return `${answer}: ${emulation.evidence.join("; ")}`;
};

/** In the order in which a reader must know of them. */
export const VERDICT_ORDER: readonly VerdictKind[] = [
  "over",
  "invalid",
  "inconclusive",
  "within",
  "no-detectable-cost",
];

export const verdictTitle = (kind: VerdictKind): string => {
  switch (kind) {
    case "within":
      return "within budget";
    case "over":
      return "over budget";
    case "no-detectable-cost":
      return "no detectable cost";
    case "inconclusive":
      return "inconclusive";
    case "invalid":
      return "invalid";
  }
};

export const metricTitle = (metric: Verdict["metric"]): string =>
  metric === "loss" ? "Event loss" : METRICS[metric].title;

/** "at most +5 %", "at most 64.0 MiB". */
export const budgetText = (verdict: Pick<Verdict, "budget" | "metric">): string => {
  const { budget, metric } = verdict;
  switch (budget.kind) {
    case "percent":
      return metric === "loss" ? `at most ${budget.percent} %` : `at most +${budget.percent} %`;
    case "absolute":
      return metric === "loss"
        ? `at most ${formatCount(budget.value)} events`
        : `at most ${METRICS[metric].kind === "paired" ? "+" : ""}${formatValue(budget.value, METRICS[metric].unit)}`;
  }
};

export const list = (items: readonly string[]): string =>
  items.length <= 1 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1) ?? ""}`;

const NAMED = 3;

const listShort = (items: readonly string[]): string =>
  items.length <= NAMED + 1
    ? list(items)
    : `${items.slice(0, NAMED).join(", ")} and ${items.length - NAMED} more`;

const isAre = (count: number): string => (count === 1 ? "is" : "are");

export const countVerdicts = (verdicts: readonly Verdict[]): readonly (readonly [VerdictKind, number])[] =>
  VERDICT_ORDER.map(
    (kind) => [kind, verdicts.filter((verdict) => verdict.kind === kind).length] as const,
  ).filter(([, count]) => count > 0);

/** What was done, as far as it came to anything. */
const comparedText = (view: RunView): string => {
  const agents = testedAgents(view).length;
  const { hostname } = view.host;
  const blocks = formatNumberOf(view.run.blocks, "block");
  switch (extentOf(view)) {
    case "nothing":
      return `No trial of an agent gave a figure on ${hostname}, so there is nothing to compare (the warnings say why)`;
    case "no baseline":
      return `${formatNumberOf(agents, "agent")} ran in ${blocks} on ${hostname}, but could not be compared with the same node without one, so no cost is known`;
    case "costs":
    case "no agent":
      return `${formatNumberOf(agents, "agent")} ${agents === 1 ? "was" : "were"} compared with the same node without one, in ${blocks} on ${hostname}`;
  }
};

const measuredSentence = (view: RunView): string => {
  const skipped = skippedAgents(view);
  const ended = view.run.complete ? "" : ", and the run was interrupted before its end";
  const without =
    skipped.length === 0 ? "" : `; ${list(skipped.map((agent) => agent.id))} could not be measured`;
  return `${comparedText(view)}${without}${ended}.`;
};

/** Whether the figures may be believed: a verdict that is quoted without this is half of what the run said. */
const checkSentence = (view: RunView): string => {
  const { failures } = view.selfChecks;
  if (failures.length > 0)
    return `No cost of this run is valid: ${failures.map(checkFailureText).join("; ")}.`;
  const checks = checksOf(view).filter(({ title }) => title !== EMULATION_CHECK);
  const titles = (state: CheckState): readonly string[] => [
    ...new Set(checks.filter((check) => check.state === state).map(({ title }) => title)),
  ];
  const [failed, open] = [titles("failed"), titles("open")];
  const parts = [
    ...(failed.length === 0 ? [] : [`${list(failed)} failed`]),
    ...(open.length === 0 ? [] : [`${list(open)} could not be confirmed in this run`]),
  ];
  return parts.length === 0
    ? "The instrument's own checks passed."
    : `Of the instrument's own checks, ${parts.join("; ")}.`;
};

const verdictSentence = (view: RunView): string => {
  if (view.host.emulated)
    return "The CPU was emulated, so the figures are functional only and no verdict on performance is given.";
  const { verdicts } = view;
  if (verdicts.length === 0) return "No budget was declared, so nothing is judged.";
  const tally = countVerdicts(verdicts).map(([kind, count]) =>
    kind === "no-detectable-cost"
      ? `${count} ${count === 1 ? "shows" : "show"} ${verdictTitle(kind)}`
      : `${count} ${isAre(count)} ${verdictTitle(kind)}`,
  );
  const over = verdicts.filter((verdict) => verdict.kind === "over" && verdict.metric !== "loss");
  const names = [...new Set(over.map((verdict) => `${verdict.agent} on ${operationTitle(verdict)}`))];
  const which = names.length === 0 ? "" : ` Over budget on cost: ${listShort(names)}.`;
  return `Of ${formatNumberOf(verdicts.length, "budget check")} against ${view.run.budgetSource}, ${list(tally)}.${which}`;
};

/** How many of the missing events no counter admits to; "none" only where that is known. */
const silentClause = ({ silentLost }: LedgerRow): string => {
  if (silentLost === null) return "; how many of them silently is unknown, for want of a counter";
  if (silentLost.high === 0) return ", all of them declared";
  if (silentLost.low === 0) return `; up to ${formatCount(silentLost.high)} of them silently`;
  return `, ${formatRange(silentLost)} of them silently`;
};

const eventSentence = (view: RunView): string => {
  if (view.ledger.length === 0) return "No events were counted.";
  const lossy = view.ledger.filter((row) => row.delivered < row.operations);
  const agents = new Set(view.ledger.map((row) => row.agent));
  if (lossy.length === 0)
    return `No agent that was counted lost an event (${formatNumberOf(agents.size, "agent")}).`;
  const worst = lossy.reduce((most, row) => (row.lossRate.value > most.lossRate.value ? row : most));
  const whole = [...agents].filter((agent) => lossy.every((row) => row.agent !== agent));
  const rest = whole.length === 0 ? "" : ` ${listShort(whole)} lost none.`;
  const losers = new Set(lossy.map((row) => row.agent));
  return `${formatNumberOf(losers.size, "agent")} missed events: most of all ${worst.agent} on ${worst.scenario} (${worst.load}), ${formatLoss(worst.lossRate)} of ${formatCount(worst.operations)}${silentClause(worst)}.${rest}`;
};

/** Three statements for a reader in a hurry: what was done, how the budgets stand and whether that may be believed, what was missed. */
export const inWords = (view: RunView): readonly [string, string, string] => [
  measuredSentence(view),
  `${verdictSentence(view)} ${checkSentence(view)}`,
  eventSentence(view),
];
