/** How late an event is that is the only one, over the turns of each agent. */
import { median } from "simple-statistics";
import type { LoneEvent } from "../domain/run-view.ts";
import type { EffectiveRecord } from "./effective-record.ts";

export const loneEventsIn = ({ turns }: Pick<EffectiveRecord, "turns">): readonly LoneEvent[] => {
  const tried = turns.flatMap(({ agent, outcome }) =>
    outcome.kind === "started" && outcome.loneEventMs !== undefined
      ? [{ agent, reading: outcome.loneEventMs }]
      : [],
  );
  return [...Map.groupBy(tried, ({ agent }) => agent)].map(([agent, own]) => {
    const seen = own.flatMap(({ reading }) => (reading.kind === "value" ? [reading.value] : []));
    const reasons = own.flatMap(({ reading }) => (reading.kind === "missing" ? [reading.reason] : []));
    return {
      agent,
      turns: own.length,
      medianMs: seen.length === 0 ? null : median(seen),
      longestMs: seen.length === 0 ? null : Math.max(...seen),
      notSeen: reasons.length,
      reasons: [...new Set(reasons)],
    };
  });
};
