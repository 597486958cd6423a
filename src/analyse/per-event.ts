/** What an agent spent was spent on the events that it delivered. */
import { type Reading, missing, value } from "../domain/units.ts";
import type { ObservedTrial } from "./effective-record.ts";
import { blindnessOf } from "./ledger.ts";

export type Blindness = Parameters<typeof blindnessOf>[0];

/**
 * Operations for each event that the agent delivered of them. Undefined where its events are not counted, or where it cannot see every one of
 * them by design, so that what it did not deliver is not lost.
 */
export const perEventOf = (
  { agent, scenario, outcome: { ledger } }: ObservedTrial,
  agents: Blindness,
): Reading<number> | undefined => {
  if (ledger.kind !== "counted" || ledger.operations === 0) return undefined;
  if (blindnessOf(agents, agent, scenario) !== undefined) return undefined;
  return ledger.delivered === 0
    ? missing("it delivered none of its events, so that none has a cost")
    : value(Math.max(1, ledger.operations / ledger.delivered));
};
