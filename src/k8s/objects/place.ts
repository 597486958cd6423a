/**
 * A pod that keeps room for an agent while it is away: as much as the agent asks for, made while the agent still runs.
 * Made afterwards it would come too late, for the scheduler gives the agent's room away in the same instant.
 */
import type { V1Pod } from "@kubernetes/client-node";
import { type Amounts, RESOURCES } from "../choose/room.ts";
import { type Resting, restingPod } from "./resting.ts";

export interface Place extends Resting {
  readonly requests: Amounts;
}

/** Of the lowest priority that the cluster gives: it is the first to go. */
export const placePod = (place: Place): V1Pod =>
  restingPod("place", place, {}, { resources: { requests: quantitiesOf(place.requests) } });

const quantitiesOf = (amounts: Amounts): Record<string, string> =>
  Object.fromEntries(
    RESOURCES.filter((resource) => amounts[resource] > 0).map((resource) => [
      resource,
      resource === "cpu" ? `${amounts.cpu}m` : String(amounts[resource]),
    ]),
  );
