/** Forced overflows: what each agent did, whether it admits to its losses, and whether its data sheet says so. */
import type { ForcedOverflow, BackpressureRow } from "../domain/backpressure.ts";
import type { BackpressureLine, BackpressureOutcome } from "../domain/record.ts";
import { known } from "../domain/units.ts";
import type { Warning } from "../domain/warning.ts";
import { type EffectiveRecord, isMeasured } from "./effective-record.ts";
import { behaviourOf, behaviourUnderLoad, contradictionOf, isBlocked } from "./backpressure-behaviour.ts";
import { blindnessOf } from "./ledger.ts";
import { shareOf, stalledIn } from "./stall.ts";
import { whyUnmeasured } from "./unmeasured.ts";

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
