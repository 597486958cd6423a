/** What an agent's export costs: each of its variants that hands out events, against the one that hands out none. */
import type { AgentPair } from "../domain/agent-pair.ts";
import { comparableOf, keyOf, trialConditionOf } from "../domain/condition.ts";
import { baseOf } from "../domain/installed.ts";
import type { AgentStatus } from "../domain/record.ts";
import type { SinkRow } from "../domain/sink.ts";
import type { Interval } from "../domain/reason.ts";
import type { Estimate } from "../domain/verdict.ts";
import type { ObservedTrial } from "./effective-record.ts";
import { groupsBy } from "./groups.ts";

type Exporting = Pick<AgentStatus, "id" | "status" | "sink">;

/**
 * By agent and operation, in the order of the pairs; none of an agent whose variant without an export was not measured, nor of a scenario that
 * raises no event.
 */
export const sinkRows = (
  agents: readonly Exporting[],
  pairs: readonly AgentPair[],
  estimates: readonly Estimate[],
  trials: readonly ObservedTrial[],
): readonly SinkRow[] => {
  const measured = agents.filter(({ status }) => status === "measured");
  const references = measured.filter(({ sink }) => sink === "none");
  const raises = new Set(trials.filter(raisesEvents).map(({ scenario }) => scenario));
  const conditions = groupsBy(
    pairs.filter(({ scenario }) => raises.has(scenario)),
    (pair) => keyOf(comparableOf(pair)),
  );
  return references.flatMap((reference) =>
    conditions.flatMap((own) =>
      measured.flatMap(({ id, sink }): readonly SinkRow[] => {
        if (sink === undefined || sink === "none" || baseOf(id) !== baseOf(reference.id)) return [];
        const pair = own.find(({ cheaper, dearer }) => isOf(id, reference.id, cheaper, dearer));
        if (pair === undefined) return [];
        const at = { agent: id, ...comparableOf(pair) };
        const bytes = estimates.find(
          (one) =>
            one.metric === "output-volume" && keyOf(trialConditionOf(one)) === keyOf(trialConditionOf(at)),
        );
        return [
          {
            ...at,
            of: baseOf(id),
            sink,
            reference: reference.id,
            difference: pair.dearer === id ? pair.difference : negated(pair.difference),
            known: pair.known,
            blocks: pair.blocks,
            bytes: bytes?.absolute ?? null,
          },
        ];
      }),
    ),
  );
};

const raisesEvents = ({ outcome: { ledger } }: ObservedTrial): boolean =>
  ledger.kind !== "not-observed" || ledger.cause !== "no-events";

const isOf = (one: string, other: string, cheaper: string, dearer: string): boolean =>
  (cheaper === one && dearer === other) || (cheaper === other && dearer === one);

const negated = ({ value, low, high, ...rest }: Interval): Interval => ({
  ...rest,
  value: -value,
  low: high === null ? null : -high,
  high: low === null ? null : -low,
});
