/** A run as its user wants it: every flag is parsed, nothing has been looked up on the node. */
import type { PlanRequest } from "../plan/build-plan.ts";
import type { Profile } from "../plan/profiles.ts";

export interface RunSettings extends Pick<PlanRequest, "profile" | "seed" | "filesOn"> {
  /** Ids, as the user names them. Undefined: every agent that takes part without being named. */
  readonly agents: readonly string[] | undefined;
  readonly agentFiles: readonly string[];
  /** Services of the node's owner, as `--attach` names them. */
  readonly attached: readonly string[];
  /** Undefined: all that concern the agents. */
  readonly scenarios: readonly string[] | undefined;
  readonly length: RunLength;
  /** Path of a budget file; undefined: tare's default budget. */
  readonly budget: string | undefined;
  readonly backpressure: boolean;
  readonly allowForeign: boolean;
  /** Folder of the record; undefined: `results/<time>-<host>`. */
  readonly folder: string | undefined;
}

export type RunLength = Pick<PlanRequest, "blocks" | "stop" | "timeBudgetSeconds">;

/** A number of blocks that the user fixes is kept to; without one, the profile's time and the variance decide. */
export const runLength = (profile: Profile, blocks?: number, timeBudgetSeconds?: number): RunLength =>
  blocks === undefined
    ? {
        blocks: profile.blocks,
        stop: "blind",
        timeBudgetSeconds: timeBudgetSeconds ?? profile.timeBudgetSeconds,
      }
    : { blocks, stop: "fixed", timeBudgetSeconds };
