/** What an export costs: each rung of an agent's ladder against the one that it stands on, the lowest against the baseline. */
import type { AgentPair } from "../domain/agent-pair.ts";
import {
  comparableOf,
  conditionOf,
  keyOf,
  type TrialCondition,
  trialConditionOf,
} from "../domain/condition.ts";
import { baseOf } from "../domain/installed.ts";
import { BASELINE } from "../domain/plan.ts";
import type { AgentStatus } from "../domain/run-header.ts";
import { handsOutNothing, Sink, type SinkRow, standsOn, STATED_RATE } from "../domain/sink.ts";
import type { Interval } from "../domain/reason.ts";
import { DECIDING_METRIC, type MetricId } from "../domain/units.ts";
import type { Estimate, LedgerRow } from "../domain/verdict.ts";
import type { AllCollected } from "./collect.ts";
import type { ObservedTrial } from "./effective-record.ts";
import { candidatesOf } from "./estimate.ts";
import { groupsBy } from "./groups.ts";
import { summarise } from "./interval.ts";

type Exporting = Pick<AgentStatus, "id" | "status" | "sink">;

interface Evidence {
  readonly pairs: readonly AgentPair[];
  readonly estimates: readonly Estimate[];
  readonly ledger: readonly LedgerRow[];
  readonly collected: AllCollected;
  /** The complete ones. */
  readonly blocks: readonly number[];
}

/**
 * By agent and condition, in the order of the rungs; none of an agent of which no variant was measured that hands out nothing, or nothing beside it,
 * nor of a scenario that raises no event.
 */
export const sinkRows = (
  agents: readonly Exporting[],
  evidence: Evidence,
  trials: readonly ObservedTrial[],
): readonly SinkRow[] => {
  const rungs = agents.flatMap(({ id, status, sink }) =>
    status === "measured" && sink !== undefined ? [{ id, sink }] : [],
  );
  const raises = new Set(trials.filter(raisesEvents).map(({ scenario }) => scenario));
  const costs = evidence.estimates.filter(
    ({ metric, scenario }) => metric === DECIDING_METRIC && raises.has(scenario),
  );
  return groupsBy(rungs, ({ id }) => baseOf(id)).flatMap((ladder) =>
    groupsBy(
      costs.filter(({ agent }) => ladder.some(({ id }) => id === agent)),
      (cost) => keyOf(comparableOf(cost)),
    ).flatMap((own) => rowsOf(ladder, own, evidence)),
  );
};

interface Rung {
  readonly id: string;
  readonly sink: Sink;
}

const rowsOf = (
  ladder: readonly Rung[],
  costs: readonly Estimate[],
  evidence: Evidence,
): readonly SinkRow[] => {
  const measured = ladder
    .flatMap(({ id, sink }) => {
      const cost = costs.find(({ agent }) => agent === id);
      return cost === undefined ? [] : [{ id, sink, cost }];
    })
    .toSorted((a, b) => RUNGS.indexOf(a.sink) - RUNGS.indexOf(b.sink));
  if (measured.length < 2 || !measured.some(({ sink }) => handsOutNothing(sink))) return [];
  const present = new Set(measured.map(({ sink }) => sink));
  return measured.flatMap(({ id, sink, cost }): readonly SinkRow[] => {
    const on = standsOn(sink, present);
    const reference = measured.find((one) => one.sink === on)?.id;
    const above = reference === undefined ? aboveBaseline(cost) : aboveRung(cost, reference, evidence);
    if (above === undefined) return [];
    const at = trialConditionOf(cost);
    const ofTrial = (one: TrialCondition): boolean => keyOf(trialConditionOf(one)) === keyOf(at);
    const counted = evidence.ledger.find(ofTrial);
    const bytes =
      evidence.estimates.find((one) => one.metric === "output-volume" && ofTrial(one))?.absolute ?? null;
    return [
      {
        ...conditionOf(cost),
        of: baseOf(id),
        sink,
        reference: reference ?? BASELINE,
        ...above,
        parts: {
          caller: stepOf("workload-cpu", cost, reference, evidence),
          agent: stepOf("agent-cpu", cost, reference, evidence),
        },
        delivered:
          counted === undefined || counted.operations === 0 ? null : counted.delivered / counted.operations,
        bytes,
        gigabytesPerDay: bytes === null ? null : (bytes.value * STATED_RATE * SECONDS_A_DAY) / BYTES_PER_GB,
      },
    ];
  });
};

const RUNGS = Sink.options;
const SECONDS_A_DAY = 86_400;
const BYTES_PER_GB = 1e9;

type Above = Pick<SinkRow, "difference" | "known" | "blocks">;

const aboveBaseline = ({ absolute, blocks }: Estimate): Above => ({
  difference: absolute,
  known: absolute.low === null ? null : absolute.low > 0 || (absolute.high ?? 0) < 0,
  blocks,
});

/** Undefined where no block holds both. */
const aboveRung = (cost: Estimate, reference: string, { pairs }: Evidence): Above | undefined => {
  const pair = pairs.find(
    (one) => isOf(cost.agent, reference, one) && keyOf(comparableOf(one)) === keyOf(comparableOf(cost)),
  );
  return pair === undefined
    ? undefined
    : {
        difference: pair.dearer === cost.agent ? pair.difference : negated(pair.difference),
        known: pair.known,
        blocks: pair.blocks,
      };
};

/** By itself, in the blocks that hold both; a variant's own figure is above the baseline, or a level, where it stands on no other. */
const stepOf = (
  metric: MetricId,
  at: Estimate,
  reference: string | undefined,
  { collected, blocks }: Evidence,
): Interval | null => {
  const candidates = candidatesOf(collected, metric, blocks);
  const byBlock = (agent: string): ReadonlyMap<number, number> | undefined => {
    const found = candidates.find(({ key }) => keyOf(key) === keyOf({ ...at, agent }));
    return found === undefined
      ? undefined
      : new Map(found.blocks.map((block, index) => [block, found.differences[index] ?? NaN]));
  };
  const own = byBlock(at.agent);
  const others = reference === undefined ? undefined : byBlock(reference);
  if (own === undefined || (reference !== undefined && others === undefined)) return null;
  const steps = [...own].flatMap(([block, cost]) => {
    const other = others === undefined ? 0 : others.get(block);
    return other === undefined ? [] : [cost - other];
  });
  return steps.length === 0 ? null : summarise(steps).interval;
};

const raisesEvents = ({ outcome: { ledger } }: ObservedTrial): boolean =>
  ledger.kind !== "not-observed" || ledger.cause !== "no-events";

const isOf = (one: string, other: string, { cheaper, dearer }: AgentPair): boolean =>
  (cheaper === one && dearer === other) || (cheaper === other && dearer === one);

const negated = ({ value, low, high, ...rest }: Interval): Interval => ({
  ...rest,
  value: -value,
  low: high === null ? null : -high,
  high: low === null ? null : -low,
});
