/**
 * What became of the events: operations = delivered + declared lost + silently lost, for each agent, scenario and load, over all its trials.
 */
import type { DesignGap } from "../domain/agent.ts";
import { loadName } from "../domain/scenario.ts";
import type { AgentStatus, LedgerReading } from "../domain/record.ts";
import { known } from "../domain/units.ts";
import type { LedgerRow } from "../domain/verdict.ts";
import { lowerShare, upperShare } from "./binomial.ts";
import type { MeasuredTrial } from "./current.ts";
import { counted, percent } from "./say.ts";

type Counted = Extract<LedgerReading, { readonly kind: "counted" }>;

/** All that was counted under one agent, scenario, load and placement. */
export interface CountedGroup {
  readonly place: Place;
  readonly readings: readonly Counted[];
}

/** Two tails of a 95 % interval. */
const TAIL = 0.025;

type Place = Pick<LedgerRow, "agent" | "scenario" | "load" | "placement">;

/** In the order of the groups' first trials. */
export const countedGroups = (trials: readonly MeasuredTrial[]): readonly CountedGroup[] => {
  const groups = new Map<string, { readonly place: Place; readonly readings: Counted[] }>();
  for (const { agent, scenario, load, placement, outcome } of trials) {
    if (outcome.ledger.kind !== "counted") continue;
    const place: Place = { agent, scenario, load: loadName(load), placement };
    const name = JSON.stringify(place);
    const group = groups.get(name) ?? { place, readings: [] };
    group.readings.push(outcome.ledger);
    groups.set(name, group);
  }
  return [...groups.values()];
};

/**
 * Rows in the order of their first trial. What no operation was done for has no row: there is nothing to balance. Nor has an agent that does
 * not see every event of the scenario by design: what is missing there is coverage (`coverage.ts`).
 */
export const ledgerRows = (
  trials: readonly MeasuredTrial[],
  agents: readonly Pick<AgentStatus, "id" | "blindTo">[] = [],
): readonly LedgerRow[] =>
  countedGroups(trials)
    .filter(({ place }) => blindnessOf(agents, place.agent, place.scenario) === undefined)
    .flatMap(({ place, readings }) => rowOf(place, readings));

/** What the agent does not see of the scenario by design; undefined where it sees every event. */
export const blindnessOf = (
  agents: readonly Pick<AgentStatus, "id" | "blindTo">[],
  agent: string,
  scenario: string,
): DesignGap | undefined =>
  agents.find(({ id }) => id === agent)?.blindTo?.find((blind) => blind.scenario === scenario);

export const total = (readings: readonly Counted[], pick: (reading: Counted) => number): number =>
  readings.reduce((sum, reading) => sum + pick(reading), 0);

/** One trial without a counter's reading makes the sum a lower bound of unknown worth, so there is no sum. */
export const declaredIn = (readings: readonly Counted[]): number | null => {
  const declared = readings.map((reading) => known(reading.declaredLost));
  return declared.every((one) => one !== undefined) ? declared.reduce((sum, one) => sum + one, 0) : null;
};

const rowOf = (place: Place, readings: readonly Counted[]): readonly LedgerRow[] => {
  const operations = total(readings, (reading) => reading.operations);
  if (operations === 0) return [];
  const delivered = total(readings, (reading) => reading.delivered);
  const declaredLost = declaredIn(readings);
  const lost = operations - delivered;
  const silentLost = lost - (declaredLost ?? 0);
  const undrained = readings.filter((reading) => !reading.drained).length;
  // By trial: a surplus in one must not hide behind a loss in another.
  const surplus = total(readings, (reading) => Math.max(0, reading.delivered - reading.operations));
  // A share of the operations cannot be negative; the surplus is told below and unbalances the row.
  const missing = Math.max(0, lost);
  return [
    {
      ...place,
      trials: readings.length,
      operations,
      delivered,
      declaredLost,
      silentLost,
      duplicates: total(readings, (reading) => reading.duplicates),
      lossRate: {
        value: missing / operations,
        low: lowerShare(missing, operations, TAIL),
        high: upperShare(missing, operations, TAIL),
      },
      balanced: surplus === 0 && undrained === 0,
      notes: [
        ...(surplus > 0 ? [`${counted(surplus, "event")} delivered for operations that were not done`] : []),
        ...(undrained > 0
          ? [
              `in ${undrained} of ${counted(readings.length, "trial")} the output still grew when the wait ended: late events count as lost`,
            ]
          : []),
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
): readonly string[] => {
  if (declaredLost === null) {
    const reasons = readings.flatMap(({ declaredLost: one }) => (one.kind === "missing" ? [one.reason] : []));
    return [
      `no counter: lost events that the agent does not declare cannot be told from declared ones (${[...new Set(reasons)].join("; ")})`,
    ];
  }
  if (declaredLost === lost) return [];
  if (declaredLost > lost) {
    return [
      `it declares ${counted(declaredLost, "lost event")}, ${counted(declaredLost - lost, "event")} more than are missing`,
    ];
  }
  return [
    `${counted(lost - declaredLost, "event")} lost in silence (${percent((lost - declaredLost) / operations)} of the operations)`,
  ];
};
