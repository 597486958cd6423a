/**
 * What became of the events: operations = delivered + declared lost + silently lost, for each agent, scenario and load.
 *
 * Each trial balances by itself and a row holds the sums: what is silent in one trial is not made good by what another declares too much.
 */
import { median } from "simple-statistics";
import { groupsBy } from "./groups.ts";
import type { CountedLosses, DesignGap, EventRange } from "../domain/agent.ts";
import type { TrialCondition } from "../domain/condition.ts";
import type { LedgerNote } from "../domain/reason.ts";
import type { AgentStatus } from "../domain/run-header.ts";
import type { LedgerReading } from "../domain/trial-outcome.ts";
import { own } from "../domain/own.ts";
import { known } from "../domain/units.ts";
import type { LedgerRow } from "../domain/verdict.ts";
import { cellName, conditionOfTrial } from "./cells.ts";
import type { ObservedTrial } from "./effective-record.ts";
import { blockError, lossBounds } from "./loss-interval.ts";

export type Counted = Extract<LedgerReading, { readonly kind: "counted" }>;
export type CountedTrial = ObservedTrial & { readonly outcome: { readonly ledger: Counted } };

const isCounted = (trial: ObservedTrial): trial is CountedTrial => trial.outcome.ledger.kind === "counted";

export interface CountedGroup {
  readonly at: TrialCondition;
  readonly trials: readonly CountedTrial[];
  readonly readings: readonly Counted[];
}

/** Two tails of a 95 % interval. */
const TAIL = 0.025;

type Sheet = Pick<AgentStatus, "id" | "blindTo" | "lossCounter">;

export const countedGroups = (trials: readonly ObservedTrial[]): readonly CountedGroup[] =>
  groupsBy(trials.filter(isCounted), (trial) => cellName(conditionOfTrial(trial))).map((group) => ({
    at: conditionOfTrial(group[0]),
    trials: group,
    readings: group.map(({ outcome }) => outcome.ledger),
  }));

/**
 * Rows in the order of their first trial. What no operation was done for has no row: there is nothing to balance. Nor has an agent that does
 * not see every event of the scenario by design: what is missing there is coverage (`coverage.ts`).
 */
export const ledgerRows = (
  trials: readonly ObservedTrial[],
  agents: readonly Sheet[] = [],
): readonly LedgerRow[] =>
  countedGroups(trials)
    .filter(({ at }) => blindnessOf(agents, at.agent, at.scenario) === undefined)
    .flatMap((group) => rowOf(group, counterOf(agents, group.at.agent)));

/** What the agent does not see of the scenario by design; undefined where it sees every event. */
export const blindnessOf = (
  agents: readonly Pick<AgentStatus, "id" | "blindTo">[],
  agent: string,
  scenario: string,
): DesignGap | undefined =>
  agents.find(({ id }) => id === agent)?.blindTo?.find((blind) => blind.scenario === scenario);

export const counterOf = (agents: readonly Sheet[], agent: string): CountedLosses | undefined =>
  agents.find(({ id }) => id === agent)?.lossCounter;

export const total = <T>(items: readonly T[], pick: (item: T) => number): number =>
  items.reduce((sum, item) => sum + pick(item), 0);

/** One without a range makes the sum a lower bound of unknown worth, so there is no sum. */
const sumOfRanges = (ranges: readonly (EventRange | null)[]): EventRange | null => {
  const all = ranges.filter((range) => range !== null);
  return all.length < ranges.length
    ? null
    : { low: total(all, ({ low }) => low), high: total(all, ({ high }) => high) };
};

type Counter = Pick<CountedLosses, "scope" | "perEvent" | "span">;

/** An agent whose data sheet says nothing of its counter: it is taken at its word. */
const PLAIN: Counter = { scope: "node", perEvent: {}, span: "window" };

export interface Balance {
  readonly missing: number;
  readonly declared: EventRange | null;
  readonly silent: EventRange | null;
  /** Declared for certain beyond what is missing: losses of other programs, or of another kind. */
  readonly excess: number;
}

export interface Balanced {
  readonly scenario: string;
  readonly operations: number;
  readonly delivered: number;
  readonly declaredLost: Counted["declaredLost"];
  readonly warmup: number;
}

export const balanceOf = (one: Balanced, counter: Counter = PLAIN): Balance => {
  const missing = Math.max(0, one.operations - one.delivered);
  const told = known(one.declaredLost);
  // A counter that went back was started anew: how much it counted before is not known.
  if (told === undefined || told < 0) {
    return { missing, declared: null, silent: missing === 0 ? { low: 0, high: 0 } : null, excess: 0 };
  }
  const [least, most] = own(counter.perEvent, one.scenario) ?? [1, 1];
  const warmup = counter.span === "with-warm-up" ? one.warmup : 0;
  const low = Math.max(0, Math.ceil(told / most) - warmup);
  // Of more than are missing it can tell only where others' losses are among its own.
  const high = Math.min(Math.floor(told / least), Math.max(missing, low));
  const excess = Math.max(0, low - missing);
  const hides = excess > 0 && counter.scope === "node";
  return {
    missing,
    declared: { low: Math.min(low, high), high },
    silent: { low: Math.max(0, missing - high), high: hides ? missing : Math.max(0, missing - low) },
    excess,
  };
};

const balancedOf = ({ scenario, load, outcome: { ledger } }: CountedTrial): Balanced => ({
  scenario,
  operations: ledger.operations,
  delivered: ledger.delivered,
  declaredLost: ledger.declaredLost,
  warmup: load.warmupOperations,
});

/** Null where a trial's counter could not be read. */
export const declaredIn = (
  trials: readonly CountedTrial[],
  counter: Counter | undefined,
): EventRange | null => sumOfRanges(trials.map((trial) => balanceOf(balancedOf(trial), counter).declared));

const rowOf = (
  { at, trials, readings }: CountedGroup,
  counter: Counter | undefined,
): readonly LedgerRow[] => {
  const operations = total(readings, (reading) => reading.operations);
  if (operations === 0) return [];
  const balances = trials.map((trial) => balanceOf(balancedOf(trial), counter));
  const undrained = readings.filter((reading) => !reading.drained).length;
  // By trial: a surplus in one must not hide behind a loss in another.
  const surplus = total(readings, (reading) => Math.max(0, reading.delivered - reading.operations));
  const missing = Math.min(
    operations,
    total(balances, (balance) => balance.missing),
  );
  const rates = groupsBy(trials, ({ block }) => `${block}`).map((block) => lossOf(block));
  const loss = { lost: missing, operations, blocks: rates.length, error: blockError(rates) };
  const bounds = lossBounds(loss, { low: TAIL, high: TAIL });
  const silent = sumOfRanges(balances.map((balance) => balance.silent));
  return [
    {
      ...at,
      trials: readings.length,
      blocks: rates.length,
      operations,
      delivered: total(readings, (reading) => reading.delivered),
      declaredLost: sumOfRanges(balances.map((balance) => balance.declared)),
      silentLost: silent,
      duplicates: total(readings, (reading) => reading.duplicates),
      lossRate: { value: missing / operations, low: bounds.low, high: bounds.high },
      lossError: loss.error,
      balanced: surplus === 0 && undrained === 0,
      notes: [
        ...(surplus > 0 ? [{ kind: "surplus", events: surplus } as const] : []),
        ...(undrained > 0 ? [{ kind: "undrained", undrained, trials: readings.length } as const] : []),
        ...counterNotes(readings),
        ...overDeclared(balances),
        ...silentNotes(silent, operations),
        ...behindNotes(trials),
      ],
    },
  ];
};

const lossOf = (trials: readonly CountedTrial[]): number => {
  const operations = total(trials, ({ outcome }) => outcome.ledger.operations);
  const lost = total(trials, (trial) => balanceOf(balancedOf(trial)).missing);
  return operations === 0 ? 0 : lost / operations;
};

/** Less is a flush that was due. */
const MIN_LAG_MS = 100;
/** Of the window: an agent that is later than that works at less than two thirds of the rate at which events were raised. */
const MIN_LAG_SHARE = 0.5;

/** A loss of nothing in a short burst says how large its buffers are, not what it can carry. */
const behindNotes = (trials: readonly CountedTrial[]): readonly LedgerNote[] => {
  const windows = trials.flatMap(({ outcome }) =>
    outcome.kind === "counted" ? [] : [(outcome.driver.endNs - outcome.driver.startNs) / 1e6],
  );
  if (windows.length === 0) return [];
  const windowMs = median(windows);
  const lagMs = median(trials.map(({ outcome: { ledger } }) => ledger.drainMs));
  if (lagMs < Math.max(MIN_LAG_MS, MIN_LAG_SHARE * windowMs)) return [];
  const events = Math.round(median(trials.map(({ outcome: { ledger } }) => ledger.operations)));
  return [{ kind: "behind", events, windowMs, lagMs }];
};

const WENT_BACK = "its counter went back, so it was started anew in the trial";

const counterNotes = (readings: readonly Counted[]): readonly LedgerNote[] => {
  const reasons = readings.flatMap(({ declaredLost: one }) => {
    if (one.kind === "missing") return [one.reason];
    return one.value < 0 ? [WENT_BACK] : [];
  });
  return reasons.length === 0 ? [] : [{ kind: "no-counter", reasons: [...new Set(reasons)] }];
};

const overDeclared = (balances: readonly Balance[]): readonly LedgerNote[] => {
  const over = balances.filter(({ excess }) => excess > 0);
  return over.length === 0
    ? []
    : [{ kind: "over-declared", excess: total(over, ({ excess }) => excess), trials: over.length }];
};

const silentNotes = (silent: EventRange | null, operations: number): readonly LedgerNote[] => {
  if (silent === null) return [];
  return [
    ...(silent.low > 0 ? [{ kind: "silent", events: silent, share: silent.low / operations } as const] : []),
    ...(silent.high > silent.low
      ? [{ kind: "unattributed", events: silent.high - silent.low } as const]
      : []),
  ];
};
