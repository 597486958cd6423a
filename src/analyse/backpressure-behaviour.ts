/**
 * Dropping or blocking: an agent that cannot keep up loses events, or makes the workload wait, or both. Losing is told from the ledger,
 * waiting from the latency of the operations, with and without a forced overflow.
 */
import type { Agent } from "../domain/agent.ts";
import { BASELINE } from "../domain/plan.ts";
import type { BehaviourUnderLoad, OverloadBehaviour } from "../domain/backpressure.ts";
import type { Contradiction } from "../domain/reason.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { type Stalled, shareOf, stalledIn } from "./stall.ts";

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
