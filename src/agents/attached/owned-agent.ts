/** What there is to know of an agent in its owner's hands. */
import type { AgentOutput } from "../../domain/agent.ts";
import type { Effect } from "../../domain/effect.ts";
import type { Host } from "../../domain/host.ts";

export interface OwnedAgent {
  /** Asked while it runs: what its stop leaves in force on the node. */
  remains?(host: Host): Promise<Remains | undefined>;
  /** From its owner's configuration; none where that does not tell. */
  outputs(host: Host): Promise<readonly AgentOutput[]>;
  /** Whether its adapter's counter of losses works without anything that the adapter itself would have set up. */
  readonly countsLosses: boolean;
}

export interface Remains {
  /** Takes it away for the baseline; undone by bringing it back as it was. */
  readonly away: Effect;
  /** Bring it into force in a turn, after the start; undone by taking it away, before the stop. */
  readonly back: readonly Effect[];
  /** For the record. */
  readonly settings: Readonly<Record<string, string>>;
}
