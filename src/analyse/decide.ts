/**
 * Verdicts, losses and gaps of a run -> one answer an agent:
 *
 *   over        a cost is above its budget, or more is lost than the loss budget allows
 *   not known   anything keeps a check from being decided: no figure, a crash, emulation, a failed instrument, too few blocks
 *   within      every check is within, and nothing of the above holds
 */
import { ALL_OPERATIONS, comparableOf, keyOf, trialConditionOf } from "../domain/condition.ts";
import {
  Answer,
  type AgentDifference,
  type Cheapest,
  type DecidingCost,
  type Decision,
  type Decisions,
  type NamedCheck,
  type Why,
} from "../domain/decision.ts";
import type { AgentView, RunView } from "../domain/run-view.ts";
import { handsOutNothing } from "../domain/sink.ts";
import { DECIDING_METRIC, METRICS, type MetricId } from "../domain/units.ts";
import type { Estimate, Interval, LedgerRow, Verdict } from "../domain/verdict.ts";
import { groupsBy } from "./groups.ts";

type Evidence = Omit<RunView, "decisions">;

export const decide = (view: Evidence): Decisions => {
  const columns = columnsOf(view);
  const agents = view.agents
    .filter(({ role }) => role === "sensor" || role === "attached")
    .filter((agent) => !isPart(view, agent) && !isForComparison(agent))
    .map((agent) => decisionOf(view, agent, columns))
    .toSorted(cheapestFirst);
  return { agents, cheapest: cheapestOf(view, agents) };
};

/** Nobody rolls out what hands out nothing, nor a reader that is slow on purpose. */
const isForComparison = ({ sink }: AgentView): boolean =>
  sink !== undefined && (handsOutNothing(sink) || sink === "slow-reader");

/** A rule of a policy that is measured as a whole as well: nobody rolls it out alone. */
const isPart = ({ agents }: Evidence, { policy }: AgentView): boolean =>
  policy !== undefined &&
  policy.part !== "all" &&
  agents.some(
    (other) => other.measuredTrials > 0 && other.policy?.of === policy.of && other.policy.part === "all",
  );

const cheapestFirst = (a: Decision, b: Decision): number =>
  Answer.options.indexOf(a.answer) - Answer.options.indexOf(b.answer) ||
  (a.budgetUsed ?? Infinity) - (b.budgetUsed ?? Infinity) ||
  0;

const decisionOf = (view: Evidence, agent: AgentView, columns: readonly CostColumn[]): Decision => {
  const { id } = agent;
  const why = whyOf(view, agent);
  const costs = columns.flatMap((column) => costOf(view, id, column));
  const used = costs.flatMap(({ share }) => share?.value ?? []);
  const blind = view.coverage.filter((gap) => gap.agent === id);
  return {
    agent: id,
    answer: answerOf(why),
    why,
    costs,
    budgetUsed: used.length === 0 ? null : Math.max(...used),
    lost: lostOf(view, id),
    memory: memoryOf(view, id),
    blind,
    sawEverything: blind.length === 0 && lostNothing(view, id),
  };
};

const answerOf = (why: readonly Why[]): Answer => {
  if (why.some(({ kind }) => kind === "over" || kind === "sheds")) return "over";
  return why.every(({ kind }) => kind === "within") ? "within" : "not-known";
};

const whyOf = (view: Evidence, agent: AgentView): readonly [Why, ...Why[]] => {
  const own = view.verdicts.filter((verdict) => verdict.agent === agent.id);
  const crash = crashOf(view, agent);
  const sheds = own.some(({ kind, metric }) => kind === "over" && metric === "loss");
  const { failures } = view.selfChecks;
  const over = own.filter(({ kind }) => kind === "over");
  const undecided = own.filter(({ kind }) => kind === "inconclusive");
  const needed = undecided.flatMap(({ blocksNeeded }) => blocksNeeded ?? []);
  const isUnmeasured = agent.measuredTrials === 0;
  const unjudged = own.filter(
    (verdict) => verdict.kind === "invalid" && !isUnmeasured && !isSaidOfAgent(verdict, sheds),
  );
  const isOver = over.length > 0;
  const named: readonly Why[] = [
    ...some(
      over.filter(({ metric }) => metric === "loss"),
      (checks): Why => ({ kind: "sheds", checks }),
    ),
    ...some(
      over.filter(({ metric }) => metric !== "loss"),
      (checks): Why => ({ kind: "over", checks }),
    ),
    ...(view.host.emulated ? [{ kind: "emulated" } as const] : []),
    ...crash,
    ...(isUnmeasured ? [{ kind: "unmeasured", first: firstReason(agent) } as const] : []),
    ...(failures.length === 0 ? [] : [{ kind: "instrument-failed", failures } as const]),
    ...(own.length === 0 && !isUnmeasured ? [{ kind: "no-budget" } as const] : []),
    ...some(isOver ? [] : undecided, (checks): Why => ({
      kind: "undecided",
      checks,
      of: own.length,
      blocks: needed.length === 0 ? null : Math.max(...needed),
    })),
    ...some(isOver ? [] : unjudged, (checks): Why => ({ kind: "unjudged", checks })),
  ];
  const [first, ...rest] = named;
  return first === undefined ? [{ kind: "within", of: own.length }] : [first, ...rest];
};

/** What a `why` about the whole agent or run says already. */
const isSaidOfAgent = ({ reason: { kind } }: Verdict, sheds: boolean): boolean =>
  kind === "emulated" || kind === "instrument-failed" || kind === "crashed" || (kind === "sheds" && sheds);

const crashOf = ({ warnings }: Evidence, { id, unmeasured }: AgentView): readonly Why[] =>
  warnings.flatMap((warning): readonly Why[] => {
    if (warning.kind !== "crashed" || warning.agent !== id) return [];
    const { turns, ofTurns } = warning;
    const first = unmeasured.find((one) => one.kind === "failed" && one.cause === "crashed") ?? null;
    return [{ kind: "crashed", turns, ofTurns, first }];
  });

const some = (
  verdicts: readonly Verdict[],
  make: (checks: readonly [NamedCheck, ...NamedCheck[]]) => Why,
): readonly Why[] => {
  const [first, ...rest] = verdicts.map(checkOf);
  return first === undefined ? [] : [make([first, ...rest])];
};

const checkOf = (verdict: Verdict): NamedCheck => {
  const { metric, budget, reason } = verdict;
  return { ...comparableOf(verdict), metric, budget, reason };
};

const firstReason = ({ status, reason, unmeasured }: AgentView) =>
  unmeasured[0] ?? (status === "skipped" && reason !== null ? ({ kind: "skipped", reason } as const) : null);

/** Of a verdict on what was not run. */
const ANY_LOAD = "*";

type CostVerdict = Verdict & { readonly metric: MetricId };
type CostColumn = Pick<CostVerdict, "scenario" | "operation" | "load" | "placement" | "metric" | "budget">;

const isCost = (verdict: Verdict): verdict is CostVerdict =>
  verdict.metric !== "loss" && METRICS[verdict.metric].kind === "paired";

/** An operation is told by the load under which it was measured most precisely, and by the metric that decides. */
const columnsOf = ({ verdicts }: Evidence): readonly CostColumn[] => {
  const costs = verdicts.filter(isCost).filter(({ load }) => load !== ANY_LOAD);
  const named = costs.filter(({ operation }) => operation !== ALL_OPERATIONS);
  const unnamed = costs.filter(({ scenario }) => named.every((one) => one.scenario !== scenario));
  return groupsBy([...named, ...unnamed], ({ scenario, operation }) => keyOf({ scenario, operation })).map(
    (all) =>
      preferred(
        preferred(all, ({ metric }) => metric === DECIDING_METRIC),
        ({ load }) => load === "closed",
      )[0],
  );
};

const preferred = <T>(all: readonly [T, ...T[]], isPreferred: (item: T) => boolean): readonly [T, ...T[]] => {
  const [first, ...rest] = all.filter(isPreferred);
  return first === undefined ? all : [first, ...rest];
};

const costOf = (view: Evidence, agent: string, column: CostColumn): readonly DecidingCost[] => {
  const isHere = (at: Verdict): boolean =>
    at.agent === agent &&
    at.metric === column.metric &&
    at.scenario === column.scenario &&
    at.load === column.load &&
    at.placement === column.placement &&
    (at.operation === column.operation || at.operation === ALL_OPERATIONS);
  const verdict = view.verdicts.find(isHere);
  if (verdict === undefined) return [];
  const { metric, budget } = column;
  const key = keyOf({ ...column, agent });
  const estimate = holds(view)
    ? view.estimates.find((one) => one.metric === metric && keyOf(one) === key)
    : undefined;
  return [
    {
      ...comparableOf(column),
      metric,
      unit: METRICS[metric].unit,
      budget,
      kind: verdict.kind,
      cost: estimate?.absolute ?? null,
      ratio: estimate?.ratio ?? null,
      blocks: estimate?.blocks ?? 0,
      share: estimate === undefined ? null : shareOf(estimate, budget),
    },
  ];
};

/** Whether a figure of time may be shown where it will be believed. */
const holds = ({ host, selfChecks }: Evidence): boolean => !host.emulated && selfChecks.failures.length === 0;

const shareOf = ({ absolute, ratio }: Estimate, budget: Verdict["budget"]): Interval | null => {
  switch (budget.kind) {
    case "absolute":
      return budget.value > 0 ? scaled(absolute, (one) => one / budget.value) : null;
    case "percent":
      return ratio !== null && budget.percent > 0
        ? scaled(ratio, (one) => ((one - 1) * 100) / budget.percent)
        : null;
  }
};

const scaled = ({ value, low, high }: Interval, scale: (one: number) => number): Interval => ({
  value: scale(value),
  low: low === null ? null : scale(low),
  high: high === null ? null : scale(high),
});

const rowsOf = ({ ledger }: Evidence, agent: string): readonly LedgerRow[] =>
  ledger.filter((row) => row.agent === agent);

const isWorse = (a: LedgerRow["lossRate"], b: LedgerRow["lossRate"]): boolean =>
  a.value > b.value || (a.value === b.value && a.high > b.high);

const lostOf = (view: Evidence, agent: string): Decision["lost"] => {
  const rows = rowsOf(view, agent);
  const [first] = rows;
  if (first === undefined || view.host.emulated) return null;
  const { scenario, load, placement, operations, lossRate, silentLost } = rows.reduce(
    (most, row) => (isWorse(row.lossRate, most.lossRate) ? row : most),
    first,
  );
  return {
    worst: { scenario, load, placement, operations, lossRate, silent: silentLost },
    rows: rows.length,
  };
};

/** Or no more than its budget allows. */
const lostNothing = (view: Evidence, agent: string): boolean => {
  const rows = rowsOf(view, agent);
  const allowed = new Set(
    view.verdicts
      .filter(({ metric, kind }) => metric === "loss" && kind === "within")
      .map((verdict) => keyOf(trialConditionOf(verdict))),
  );
  return (
    rows.length > 0 &&
    rows.every((row) => row.delivered >= row.operations || allowed.has(keyOf(trialConditionOf(row))))
  );
};

const memoryOf = ({ estimates }: Evidence, agent: string): Decision["memory"] => {
  const largest = (metric: MetricId): number | null => {
    const values = estimates
      .filter((one) => one.agent === agent && one.metric === metric)
      .map(({ absolute }) => absolute.value);
    return values.length === 0 ? null : Math.max(...values);
  };
  return {
    heldMiB: largest("agent-memory-total"),
    pssMiB: largest("agent-memory"),
    peakMiB: largest("agent-memory-peak"),
  };
};

const cheapestOf = (view: Evidence, agents: readonly Decision[]): Cheapest | null => {
  if (!holds(view)) return null;
  const whole = agents.filter(
    ({ sawEverything, costs }) =>
      sawEverything && costs.length > 0 && costs.every(({ share }) => (share?.low ?? null) !== null),
  );
  const [first, ...others] = whole;
  if (first === undefined) return null;
  const compared = others.map(({ agent, answer }) => ({
    agent,
    answer,
    differences: differencesOf(view, first, agent),
  }));
  const tied = compared
    .filter(({ answer }) => answer === first.answer)
    .filter(({ differences }) => differences.length > 0 && differences.every(({ known }) => known === false))
    .map(({ agent }) => agent);
  const next = compared.find(({ agent }) => !tied.includes(agent));
  return {
    agent: first.agent,
    answer: first.answer,
    tied,
    next: next === undefined ? null : { agent: next.agent, differences: next.differences },
  };
};

/** Of the operations that carry a budget. */
const differencesOf = (
  { pairs }: Evidence,
  { agent, costs }: Decision,
  other: string,
): readonly AgentDifference[] =>
  costs.flatMap((cost): readonly AgentDifference[] => {
    const pair = pairs.find(
      (one) =>
        one.metric === cost.metric &&
        keyOf(comparableOf(one)) === keyOf(comparableOf(cost)) &&
        [one.cheaper, one.dearer].includes(agent) &&
        [one.cheaper, one.dearer].includes(other),
    );
    if (pair === undefined) return [];
    const { unit, known } = pair;
    const difference = pair.dearer === other ? pair.difference : negated(pair.difference);
    return [{ ...comparableOf(cost), unit, difference, known }];
  });

const negated = ({ value, low, high }: Interval): Interval => ({
  value: -value,
  low: high === null ? null : -high,
  high: low === null ? null : -low,
});
