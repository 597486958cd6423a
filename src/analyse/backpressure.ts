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
import { type Balance, balanceOf, blindnessOf, counterOf, total } from "./ledger.ts";
import { whyUnmeasured } from "./agents.ts";

/** An exec, open or connect takes micro- to milliseconds; a scheduler's turn on a busy node a few milliseconds more. */
const STALL_NS = 20_000_000;

/** Time in operations of at least so many nanoseconds, each counted as its bucket's upper end. */
const timeIn = (histograms: readonly Histogram[], leastNs = 0): number =>
  total(
    histograms.flatMap(({ buckets }) => buckets),
    ([ns, count]) => (ns < leastNs ? 0 : ns * count),
  );

const stalledShare = (histograms: readonly Histogram[]): number => {
  const all = timeIn(histograms);
  return all === 0 ? 0 : timeIn(histograms, STALL_NS) / all;
};

/** Less of the time spent waiting is the node's own unrest, and so is a single long turn of the scheduler's in a short window. */
const BLOCKED_SHARE = 0.1;
const BLOCKED_NS = 500_000_000;

const behaviourOf = (blocks: boolean, drops: boolean): OverloadBehaviour => {
  if (blocks) return drops ? "blocks-and-drops" : "blocks";
  return drops ? "drops" : "keeps-up";
};

const isBlocked = (histograms: readonly Histogram[], baselineShare: number): boolean =>
  stalledShare(histograms) - baselineShare >= BLOCKED_SHARE && timeIn(histograms, STALL_NS) >= BLOCKED_NS;

/** What an agent did in the trials of a scenario; null when it has none. Under contention waiting is not judged: it may be the node's. */
const behaviourUnderLoad = (
  trials: readonly MeasuredTrial[],
  agent: string,
  scenario: string,
  contended: boolean,
): BehaviourUnderLoad | null => {
  const ofScenario = trials.filter((trial) => trial.scenario === scenario);
  const own = ofScenario.filter((trial) => trial.agent === agent);
  if (own.length === 0) return null;
  const service = own.flatMap(serviceOf);
  const baseline = ofScenario.filter((trial) => trial.agent === BASELINE);
  const baselineStalledShare = baseline.length === 0 ? null : stalledShare(baseline.flatMap(serviceOf));
  const counted = own.flatMap(({ outcome: { ledger } }) => (ledger.kind === "counted" ? [ledger] : []));
  const operations = total(counted, (ledger) => ledger.operations);
  const missing = operations - total(counted, (ledger) => ledger.delivered);
  const lostShare = operations === 0 ? null : Math.max(0, missing) / operations;
  const blocks = !contended && isBlocked(service, baselineStalledShare ?? 0);
  return {
    behaviour: behaviourOf(blocks, missing > 0),
    stalledShare: stalledShare(service),
    baselineStalledShare,
    lostShare,
  };
};

const serviceOf = ({ outcome }: MeasuredTrial): readonly Histogram[] =>
  outcome.driver.operations.map(({ service }) => service);

/** A data sheet tells of the agent: what it loses to others' disks and sockets is no promise that it breaks. Whoever waits for it does not care why. */
const makesWait = (behaviour: OverloadBehaviour): boolean =>
  behaviour === "blocks" || behaviour === "blocks-and-drops";

const contradictionOf = (
  promised: Agent["overload"] | null,
  behaviour: OverloadBehaviour,
): Contradiction | null =>
  promised === null || behaviour === "keeps-up" || promised === behaviour ? null : { promised, behaviour };

type Forced = Extract<BackpressureOutcome, { readonly kind: "measured" }>;

/** In the order in which they were forced. `contended`: the node made everything wait, so short waits are nobody's. */
export const backpressureRows = (record: EffectiveRecord, contended: boolean): readonly BackpressureRow[] =>
  record.overflows.map((line) => rowOf(record, line, contended));

const rowOf = (record: EffectiveRecord, line: BackpressureLine, contended: boolean): BackpressureRow => {
  const { agent, scenario, outside = null, outcome } = line;
  const { agents, host } = record.header;
  const promised = agents.find(({ id }) => id === agent)?.overload ?? null;
  const underLoad = behaviourUnderLoad(record.trials.filter(isMeasured), agent, scenario, contended);
  const common = { agent, scenario, outside, promised, underLoad };
  if (outcome.kind !== "measured") {
    const notForced = whyUnmeasured(outcome) ?? null;
    return { ...common, forced: null, notForced, contradiction: null, notes: [] };
  }
  const blindness = blindnessOf(agents, agent, scenario);
  const baselineShare = contended ? 1 : (underLoad?.baselineStalledShare ?? 0);
  const balance = balanceOf(
    { ...outcome, scenario, warmup: line.load.warmupOperations },
    counterOf(agents, agent),
  );
  const forced = forcedOf(outcome, balance, blindness !== undefined, baselineShare, host.emulated);
  return {
    ...common,
    forced,
    notForced: null,
    // An emulated CPU makes everything stand still for half a second now and then.
    contradiction:
      blindness === undefined &&
      !host.emulated &&
      (outside === null || (promised !== "blocks" && makesWait(forced.behaviour)))
        ? contradictionOf(promised, forced.behaviour)
        : null,
    notes: [
      ...(blindness === undefined ? [] : [{ kind: "partly-blind", text: blindness.why } as const]),
      ...(outcome.drained ? [] : [{ kind: "undrained" } as const]),
    ],
  };
};

/** No scheduler keeps a workload from its CPU for this long in one operation. */
const STOOD_STILL_NS = 1_000_000_000;

/** A workload that takes ten seconds for what is done in one is held up, but on an emulated CPU. `baselineShare`: how much the same workload had to wait on this node without any agent; 1: no telling. */
const forcedOf = (
  outcome: Forced,
  { declared, silent }: Balance,
  isBlind: boolean,
  baselineShare: number,
  isEmulated: boolean,
): ForcedOverflow => {
  const { operations, delivered } = outcome;
  // Readers are continued when the workload does not get on; that it then did is what the window shows.
  const blocks =
    outcome.continued === "no-progress" ||
    (outcome.continued === "time-limit" && !isEmulated) ||
    outcome.service.maxNs >= STOOD_STILL_NS ||
    isBlocked([outcome.service], baselineShare);
  return {
    behaviour: behaviourOf(blocks, delivered < operations),
    operations,
    delivered,
    declaredLost: declared,
    silentLost: isBlind ? null : silent,
    stoppedMs: outcome.stoppedMs,
    longestStallMs: outcome.service.maxNs / 1e6,
    stalledShare: stalledShare([outcome.service]),
    continued: outcome.continued,
    grownBytes: outcome.grownBytes === undefined ? null : (known(outcome.grownBytes) ?? null),
  };
};

/** What the data sheet and the overflow do not agree on. */
export const backpressureWarnings = (rows: readonly BackpressureRow[]): readonly Warning[] =>
  rows.flatMap(({ agent, scenario, contradiction }): readonly Warning[] =>
    contradiction === null ? [] : [{ kind: "backpressure", agent, scenario, contradiction }],
  );
