/**
 * What became of the events: operations = delivered + declared lost + silently lost, for each agent, scenario and load, over all its trials.
 */
import { groupsBy } from "./groups.ts";
import type { DesignGap } from "../domain/agent.ts";
import type { TrialCondition } from "../domain/condition.ts";
import type { LedgerNote } from "../domain/reason.ts";
import type { AgentStatus, LedgerReading } from "../domain/record.ts";
import { known } from "../domain/units.ts";
import type { LedgerRow } from "../domain/verdict.ts";
import { lowerShare, upperShare } from "./distributions.ts";
import { cellName, conditionOfTrial } from "./cells.ts";
import type { Measured, MeasuredTrial } from "./effective-record.ts";

export type Counted = Extract<LedgerReading, { readonly kind: "counted" }>;
export type CountedTrial = MeasuredTrial & { readonly outcome: Measured & { readonly ledger: Counted } };

const isCounted = (trial: MeasuredTrial): trial is CountedTrial => trial.outcome.ledger.kind === "counted";

export interface CountedGroup {
  readonly at: TrialCondition;
  readonly trials: readonly CountedTrial[];
  readonly readings: readonly Counted[];
}

/** Two tails of a 95 % interval. */
const TAIL = 0.025;

export const countedGroups = (trials: readonly MeasuredTrial[]): readonly CountedGroup[] =>
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
  trials: readonly MeasuredTrial[],
  agents: readonly Pick<AgentStatus, "id" | "blindTo">[] = [],
): readonly LedgerRow[] =>
  countedGroups(trials)
    .filter(({ at }) => blindnessOf(agents, at.agent, at.scenario) === undefined)
    .flatMap(({ at, readings }) => rowOf(at, readings));

/** What the agent does not see of the scenario by design; undefined where it sees every event. */
export const blindnessOf = (
  agents: readonly Pick<AgentStatus, "id" | "blindTo">[],
  agent: string,
  scenario: string,
): DesignGap | undefined =>
  agents.find(({ id }) => id === agent)?.blindTo?.find((blind) => blind.scenario === scenario);

export const total = <T>(items: readonly T[], pick: (item: T) => number): number =>
  items.reduce((sum, item) => sum + pick(item), 0);

/** One trial without a counter's reading makes the sum a lower bound of unknown worth, so there is no sum. */
export const declaredIn = (readings: readonly Pick<Counted, "declaredLost">[]): number | null => {
  const declared = readings.map((reading) => known(reading.declaredLost));
  return declared.every((one) => one !== undefined) ? total(declared, (one) => one) : null;
};

const rowOf = (at: TrialCondition, readings: readonly Counted[]): readonly LedgerRow[] => {
  const operations = total(readings, (reading) => reading.operations);
  if (operations === 0) return [];
  const delivered = total(readings, (reading) => reading.delivered);
  const declaredLost = declaredIn(readings);
  const lost = operations - delivered;
  const undrained = readings.filter((reading) => !reading.drained).length;
  // By trial: a surplus in one must not hide behind a loss in another.
  const surplus = total(readings, (reading) => Math.max(0, reading.delivered - reading.operations));
  // A share of the operations cannot be negative; the surplus is told in a note and unbalances the row.
  const missing = Math.max(0, lost);
  return [
    {
      ...at,
      trials: readings.length,
      operations,
      delivered,
      declaredLost,
      silentLost: lost - (declaredLost ?? 0),
      duplicates: total(readings, (reading) => reading.duplicates),
      lossRate: {
        value: missing / operations,
        low: lowerShare(missing, operations, TAIL),
        high: upperShare(missing, operations, TAIL),
      },
      balanced: surplus === 0 && undrained === 0,
      notes: [
        ...(surplus > 0 ? [{ kind: "surplus", events: surplus } as const] : []),
        ...(undrained > 0 ? [{ kind: "undrained", undrained, trials: readings.length } as const] : []),
        ...counterNotes(readings, declaredLost, lost, operations),
      ],
    },
  ];
};

const counterNotes = (
  readings: readonly Counted[],
  declaredLost: number | null,
  lost: number,
  operations: number,
): readonly LedgerNote[] => {
  if (declaredLost === null) {
    const reasons = readings.flatMap(({ declaredLost: one }) => (one.kind === "missing" ? [one.reason] : []));
    return [{ kind: "no-counter", reasons: [...new Set(reasons)] }];
  }
  if (declaredLost === lost) return [];
  if (declaredLost > lost)
    return [{ kind: "over-declared", declared: declaredLost, excess: declaredLost - lost }];
  const silent = lost - declaredLost;
  return [{ kind: "silent", events: silent, share: silent / operations }];
};
