/** What there is to know of an agent in its owner's hands. */
import type { AgentOutput, RunningAgent } from "../../domain/agent.ts";
import type { Effect } from "../../domain/effect.ts";
import type { Host } from "../../domain/host.ts";

export interface OwnedAgent {
  /** Asked while it runs: what its stop leaves in force on the node. */
  remains?(host: Host): Promise<Remains | undefined>;
  /** From its owner's configuration; none where that does not tell. */
  outputs(host: Host): Promise<readonly AgentOutput[]>;
  /** Its count of losses, where that works without anything that its adapter would have set up. */
  lostBy?(host: Host): RunningAgent["lost"];
}

export interface Remains {
  /** Takes it away for the baseline; undone by bringing it back as it was. */
  readonly away: Effect;
  /** Bring it into force in a turn, after the start; undone by taking it away, before the stop. */
  readonly back: readonly Effect[];
  /** For the record. */
  readonly settings: Readonly<Record<string, string>>;
}
