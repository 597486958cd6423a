/** A run as its user wants it: every flag is parsed, nothing has been looked up on the node, nothing is decided yet. */
import type { Plan, ProfileId } from "../domain/plan.ts";
import type { PlanRequest } from "../plan/build-plan.ts";
import { PROFILES } from "../plan/profiles.ts";

export interface RunSettings {
  readonly profile: ProfileId;
  /** Ids, as the user names them. Absent: every agent that takes part without being named. */
  readonly agents?: readonly string[];
  /** Each of them on every rung of its export ladder. */
  readonly ladder?: boolean;
  readonly agentFile?: readonly string[];
  readonly attach?: readonly string[];
  /** What is attached to is never stopped: its load and losses are measured, and no cost. */
  readonly asIs?: boolean;
  /** Teams' own policies, AGENT=FILE or AGENT=FOLDER. */
  readonly policy?: readonly string[];
  /** Each rule alone as well, however many there are. Absent: where there are few. */
  readonly eachPolicy?: boolean;
  /** Policies may kill or deny. */
  readonly enforcing?: boolean;
  /** Seconds of each window that is watched second by second. */
  readonly watch?: number;
  /** Teams' own workloads, COMMAND or NAME=COMMAND. */
  readonly command?: readonly string[];
  /** Absent: all that concern the agents. */
  readonly scenarios?: readonly string[];
  /** What of the node there is more and more of; absent: it is as it is. */
  readonly scale?: readonly string[];
  readonly blocks?: number;
  /** Seconds. */
  readonly timeBudget?: number;
  /** Absent: from the clock. */
  readonly seed?: number;
  /** Path of a budget file. Absent: tare's default budget. */
  readonly budget?: string;
  readonly filesOn: Plan["filesOn"];
  readonly backpressure?: boolean;
  /** Whether techniques are tried under each sensor; `alone`: and nothing is measured. Absent: as the profile has it. */
  readonly coverage?: boolean | "alone";
  /** Ids, or groups of them. Absent: all. */
  readonly techniques?: readonly string[];
  readonly allowForeign?: boolean;
  /** Folder of the record. Absent: `results/<time>-<host>`. */
  readonly out?: string;
}

/** A number of blocks that the user fixes is kept to; without one, the time and the variance decide: more time has room for more blocks. */
export const lengthOf = ({
  profile,
  blocks,
  timeBudget,
}: RunSettings): Pick<PlanRequest, "blocks" | "stop" | "timeBudgetSeconds"> => {
  const usual = PROFILES[profile];
  return blocks === undefined
    ? {
        blocks: Math.ceil(usual.blocks * Math.max(1, (timeBudget ?? 0) / usual.timeBudgetSeconds)),
        stop: "blind",
        timeBudgetSeconds: timeBudget ?? usual.timeBudgetSeconds,
      }
    : { blocks, stop: "fixed", timeBudgetSeconds: timeBudget };
};
