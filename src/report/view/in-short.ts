/** What a run says in a few sentences, and what verdicts and budgets are called: the same in every format. */
import { EMULATED } from "../../domain/emulation.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { Verdict, VerdictKind } from "../../domain/verdict.ts";
import { METRICS } from "../../domain/units.ts";
import { list } from "../words/lists.ts";
import { checkFailureText } from "../words/self-checks.ts";
import { formatCount, formatNumberOf, formatValue } from "../format.ts";
import { extentOf, testedAgents } from "../select.ts";
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

const isAre = (count: number): string => (count === 1 ? "is" : "are");

const countVerdicts = (verdicts: readonly Verdict[]): readonly (readonly [VerdictKind, number])[] =>
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

export const measuredSentence = (view: RunView): string => {
  const ended = view.run.complete ? "" : ", and the run was interrupted before its end";
  return `${comparedText(view)}${ended}.`;
};

/** Whether the figures may be believed: a verdict that is quoted without this is half of what the run said. */
export const checkSentence = (view: RunView): string => {
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

export const tallySentence = (view: RunView): string => {
  if (view.host.emulated)
    return "The CPU was emulated, so the figures are functional only and no verdict on performance is given.";
  const { verdicts } = view;
  if (verdicts.length === 0) return "No budget was declared, so nothing is judged.";
  const tally = countVerdicts(verdicts).map(([kind, count]) =>
    kind === "no-detectable-cost"
      ? `${count} ${count === 1 ? "shows" : "show"} ${verdictTitle(kind)}`
      : `${count} ${isAre(count)} ${verdictTitle(kind)}`,
  );
  return `Of ${formatNumberOf(verdicts.length, "budget check")} against ${view.run.budgetSource}, ${list(tally)}.`;
};
