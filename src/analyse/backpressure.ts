/** Forced overflows: what each agent did, whether it admits to its losses, and whether its data sheet says so. */
import type { Agent } from "../domain/agent.ts";
import type {
  BackpressureRow,
  BehaviourUnderLoad,
  ForcedOverflow,
  OverloadBehaviour,
} from "../domain/backpressure.ts";
import type { Histogram } from "../domain/driver.ts";
import { BASELINE } from "../domain/plan.ts";
import type { Contradiction } from "../domain/reason.ts";
import type { BackpressureLine, BackpressureOutcome } from "../domain/record.ts";
import { known } from "../domain/units.ts";
import type { Warning } from "../domain/warning.ts";
import { type EffectiveRecord, type MeasuredTrial, isMeasured } from "./effective-record.ts";
import { blindnessOf } from "./ledger.ts";
import { whyUnmeasured } from "./agents.ts";

/** An exec, open or connect takes micro- to milliseconds; a scheduler's turn on a busy node a few milliseconds more. */
const STALL_NS = 20_000_000;

export interface Stalled {
  readonly stalledNs: number;
  readonly totalNs: number;
}

/** Sums of a histogram's times, each counted as its bucket's upper end. */
export const stalledIn = ({ buckets }: Histogram): Stalled => ({
  stalledNs: sum(buckets.filter(([ns]) => ns >= STALL_NS)),
  totalNs: sum(buckets),
});

const sum = (buckets: Histogram["buckets"]): number =>
  buckets.reduce((total, [ns, count]) => total + ns * count, 0);

/** 0 where there was no time to stall in. */
export const shareOf = (all: readonly Stalled[]): number => {
  const total = all.reduce((sum, { totalNs }) => sum + totalNs, 0);
  return total === 0 ? 0 : all.reduce((sum, { stalledNs }) => sum + stalledNs, 0) / total;
};

/** Less of the time spent waiting is the node's own unrest, and so is a single long turn of the scheduler's in a short window. */
const BLOCKED_SHARE = 0.1;
const BLOCKED_NS = 500_000_000;

export const behaviourOf = (blocks: boolean, drops: boolean): OverloadBehaviour => {
  if (blocks) return drops ? "blocks-and-drops" : "blocks";
  return drops ? "drops" : "keeps-up";
};

/** Time in operations that had to wait, against the share of it in the same workload without an agent. */
export const isBlocked = (all: readonly Stalled[], baselineShare: number): boolean =>
  shareOf(all) - baselineShare >= BLOCKED_SHARE &&
  all.reduce((sum, { stalledNs }) => sum + stalledNs, 0) >= BLOCKED_NS;

/** What an agent did in the trials of a scenario; null when it has none. Under contention waiting is not judged: it may be the node's. */
export const behaviourUnderLoad = (
  trials: readonly MeasuredTrial[],
  agent: string,
  scenario: string,
  contended: boolean,
): BehaviourUnderLoad | null => {
  const ofScenario = trials.filter((trial) => trial.scenario === scenario);
  const own = ofScenario.filter((trial) => trial.agent === agent);
  if (own.length === 0) return null;
  const stalled = own.flatMap(stalledOf);
  const baseline = ofScenario.filter((trial) => trial.agent === BASELINE);
  const baselineStalledShare = baseline.length === 0 ? null : shareOf(baseline.flatMap(stalledOf));
  const counted = own.flatMap(({ outcome: { ledger } }) => (ledger.kind === "counted" ? [ledger] : []));
  const operations = counted.reduce((sum, ledger) => sum + ledger.operations, 0);
  const missing = counted.reduce((sum, ledger) => sum + ledger.operations - ledger.delivered, 0);
  const lostShare = operations === 0 ? null : Math.max(0, missing) / operations;
  const blocks = !contended && isBlocked(stalled, baselineStalledShare ?? 0);
  return {
    behaviour: behaviourOf(blocks, missing > 0),
    stalledShare: shareOf(stalled),
    baselineStalledShare,
    lostShare,
  };
};

const stalledOf = ({ outcome }: MeasuredTrial): readonly Stalled[] =>
  outcome.driver.operations.map(({ service }) => stalledIn(service));

/** What the data sheet promised and the overflow did not keep; null where they agree or nothing overflowed. */
export const contradictionOf = (
  promised: Agent["overload"] | null,
  behaviour: OverloadBehaviour,
): Contradiction | null =>
  promised === null || behaviour === "keeps-up" || promised === behaviour ? null : { promised, behaviour };

type Forced = Extract<BackpressureOutcome, { readonly kind: "measured" }>;

/** In the order in which they were forced. `contended`: the node made everything wait, so short waits are nobody's. */
export const backpressureRows = (record: EffectiveRecord, contended: boolean): readonly BackpressureRow[] =>
  record.overflows.map((line) => rowOf(record, line, contended));

const rowOf = (
  record: EffectiveRecord,
  { agent, scenario, outcome }: BackpressureLine,
  contended: boolean,
): BackpressureRow => {
  const { agents } = record.header;
  const promised = agents.find(({ id }) => id === agent)?.overload ?? null;
  const underLoad = behaviourUnderLoad(record.trials.filter(isMeasured), agent, scenario, contended);
  const common = { agent, scenario, promised, underLoad };
  if (outcome.kind !== "measured") {
    const notForced = whyUnmeasured(outcome) ?? null;
    return { ...common, forced: null, notForced, contradiction: null, notes: [] };
  }
  const blindness = blindnessOf(agents, agent, scenario);
  const baselineShare = contended ? 1 : (underLoad?.baselineStalledShare ?? 0);
  const forced = forcedOf(outcome, blindness !== undefined, baselineShare);
  return {
    ...common,
    forced,
    notForced: null,
    contradiction: blindness === undefined ? contradictionOf(promised, forced.behaviour) : null,
    notes: [
      ...(blindness === undefined ? [] : [{ kind: "partly-blind", text: blindness.why } as const]),
      ...(outcome.drained ? [] : [{ kind: "undrained" } as const]),
    ],
  };
};

/** No scheduler keeps a workload from its CPU for this long in one operation. */
const STOOD_STILL_NS = 1_000_000_000;

/** `baselineShare`: how much the same workload had to wait on this node without any agent; 1: no telling. */
const forcedOf = (outcome: Forced, isBlind: boolean, baselineShare: number): ForcedOverflow => {
  const { operations, delivered } = outcome;
  const declaredLost = known(outcome.declaredLost) ?? null;
  const stalled = [stalledIn(outcome.service)];
  // Readers are continued when the workload does not get on; that it then did is what the window shows.
  const blocks =
    outcome.continued === "no-progress" ||
    outcome.service.maxNs >= STOOD_STILL_NS ||
    isBlocked(stalled, baselineShare);
  return {
    behaviour: behaviourOf(blocks, delivered < operations),
    operations,
    delivered,
    declaredLost,
    silentLost: isBlind ? null : operations - delivered - (declaredLost ?? 0),
    stoppedMs: outcome.stoppedMs,
    longestStallMs: outcome.service.maxNs / 1e6,
    stalledShare: shareOf(stalled),
    continued: outcome.continued,
  };
};

/** What the data sheet and the overflow do not agree on. */
export const backpressureWarnings = (rows: readonly BackpressureRow[]): readonly Warning[] =>
  rows.flatMap(({ agent, scenario, contradiction }): readonly Warning[] =>
    contradiction === null ? [] : [{ kind: "backpressure", agent, scenario, contradiction }],
  );
