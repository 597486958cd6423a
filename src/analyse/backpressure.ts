/** Forced overflows: what each agent did, whether it admits to its losses, and whether its data sheet says so. */
import type { ForcedOverflow, BackpressureRow } from "../domain/backpressure.ts";
import type { BackpressureLine, BackpressureOutcome } from "../domain/record.ts";
import { known } from "../domain/units.ts";
import { isMeasured } from "./current.ts";
import type { CurrentRecord } from "./current.ts";
import { behaviourOf, behaviourUnderLoad, contradictionOf, isBlocked } from "./backpressure-behaviour.ts";
import { counted, figure, percent } from "./say.ts";
import { shareOf, stalledIn } from "./stall.ts";

type Forced = Extract<BackpressureOutcome, { readonly kind: "measured" }>;

/** In the order in which they were forced. `contended`: the node made everything wait, so short waits are nobody's. */
export const backpressureRows = (record: CurrentRecord, contended: boolean): readonly BackpressureRow[] =>
  record.overflows.map((line) => rowOf(record, line, contended));

const rowOf = (
  record: CurrentRecord,
  { agent, scenario, outcome }: BackpressureLine,
  contended: boolean,
): BackpressureRow => {
  const status = record.header.agents.find(({ id }) => id === agent);
  const promised = status?.overload ?? null;
  const underLoad = behaviourUnderLoad(record.trials.filter(isMeasured), agent, scenario, contended);
  const common = { agent, scenario, promised, underLoad };
  if (outcome.kind !== "measured") {
    return { ...common, forced: null, contradiction: null, words: `not forced: ${reasonOf(outcome)}` };
  }
  const blindness = status?.blindTo?.find((one) => one.scenario === scenario);
  const forced = forcedOf(
    outcome,
    blindness !== undefined,
    contended ? 1 : (underLoad?.baselineStalledShare ?? 0),
  );
  const notes = [
    ...(blindness === undefined
      ? []
      : [`what is missing may be what it does not see by design: ${blindness.why}`]),
    ...(outcome.drained ? [] : ["its output still grew when the wait ended"]),
  ];
  return {
    ...common,
    forced,
    contradiction: blindness === undefined ? contradictionOf(promised, forced.behaviour) : null,
    words: [wordsOf(forced), ...notes].join("; "),
  };
};

const reasonOf = (outcome: Exclude<BackpressureOutcome, Forced>): string =>
  outcome.kind === "skipped" ? outcome.reason : `failed at ${outcome.stage}: ${outcome.message}`;

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

const wordsOf = (forced: ForcedOverflow): string => {
  switch (forced.behaviour) {
    case "keeps-up":
      return `kept all of ${counted(forced.operations, "event")}: its buffers did not overflow, so nothing is known of what happens when they do`;
    case "drops":
      return `drops: ${lossOf(forced)}`;
    case "blocks":
      return `blocks: ${stallOf(forced)}, and none of ${counted(forced.operations, "event")} was lost`;
    case "blocks-and-drops":
      return `blocks and drops: ${stallOf(forced)}, and yet it ${lossOf(forced)}`;
  }
};

const stallOf = ({ longestStallMs, stalledShare, continued, stoppedMs }: ForcedOverflow): string =>
  `the workload stood still for ${figure(longestStallMs)} ms in one operation and for ${percent(stalledShare)} of its time` +
  (continued === "no-progress"
    ? ` (until its readers were continued after ${stoppedMs.toLocaleString("en-US")} ms)`
    : "");

const lossOf = ({ operations, delivered, declaredLost, silentLost }: ForcedOverflow): string => {
  const lost = operations - delivered;
  const of = `lost ${lost.toLocaleString("en-US")} of ${counted(operations, "event")}`;
  if (declaredLost === null) return `${of} and has no counter that could be read`;
  const declared = declaredLost.toLocaleString("en-US");
  if (silentLost === null) return `${of} and declared ${declared}`;
  if (silentLost > 0)
    return `${of}, declared ${declared} and was silent about ${silentLost.toLocaleString("en-US")}`;
  return silentLost === 0
    ? `${of} and declared them all`
    : `${of} and declared ${declared}: its counter is for the whole node`;
};

/** For the warnings: what the data sheet and the overflow do not agree on. */
export const backpressureWarnings = (rows: readonly BackpressureRow[]): readonly string[] =>
  rows.flatMap(({ agent, scenario, contradiction }) =>
    contradiction === null ? [] : [`${agent}, ${scenario}, forced overflow: ${contradiction}`],
  );
