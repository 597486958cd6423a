/** How long a bench takes, roughly: nodes whose agents are taken off wait for each other. */
import type { Profile } from "../../plan/profiles.ts";
import type { BenchFlags } from "./bench-flags.ts";

export interface Minutes {
  /** What a node is given for its blocks. */
  readonly nodeSeconds: number;
  /** Of the whole bench, image and start included. */
  readonly seconds: number;
  /** When the cluster ends a node's Job that hangs. */
  readonly deadlineSeconds: number;
  /** How long a node waits for its agent to be off or on. */
  readonly wishSeconds: number;
  /** Nodes for each of which one may be without its agent: so many times longer than one node alone. */
  readonly rounds: number;
}

/** Image pull, preflight, what is tried after the blocks. */
const AROUND_SECONDS = 180;
const HALF_HOUR = 1800;
/** An API server that is replaced meanwhile, or an agent that starts slowly. */
const WISH_SECONDS = 600;
/** Turns without the agent, one after the other, on a node that has the slot. */
const OFF_SECONDS = 120;

export const minutesOf = (
  profile: Profile,
  flags: Pick<BenchFlags, "timeBudget" | "maxUnprotected" | "asIs" | "agent">,
  nodes: number,
): Minutes => {
  const isStopping = flags.asIs !== true && (flags.agent ?? []).length > 0;
  const rounds = isStopping ? Math.max(1, Math.ceil(nodes / flags.maxUnprotected)) : 1;
  const nodeSeconds = Math.ceil((flags.timeBudget ?? profile.timeBudgetSeconds) * rounds);
  const seconds = nodeSeconds + AROUND_SECONDS;
  return {
    nodeSeconds,
    seconds,
    deadlineSeconds: 2 * seconds + HALF_HOUR,
    wishSeconds: WISH_SECONDS + (rounds - 1) * OFF_SECONDS,
    rounds,
  };
};
