/**
 * What is done on this node by somebody outside who is asked and gives no answer, as a cluster stops and starts an agent: whether it was done is
 * what the node shows.
 */
export type WishedState = "off" | "on";

export interface Wish {
  /** As it was named: `daemonset:NAMESPACE/NAME`. */
  readonly agent: string;
  readonly state: WishedState;
}

export interface Wishes {
  /**
   * Asks, and resolves once the node shows it.
   *
   * @throws TareError `run-failed`, with what is still to be seen, where it does not within its time
   */
  fulfil(wish: Wish, signal?: AbortSignal): Promise<void>;
  /** Aborted with the error of the first wish that was not fulfilled: what would be measured after this turn is not what it says. */
  readonly unmet: AbortSignal;
}

/** How the node shows what became of a wish. */
export interface Sight {
  /** Remembers what the agent holds now, all of which is to be gone when it is off. */
  note(): Promise<void>;
  /** What of all that was ever noted is still here, in words; empty: it is off. */
  remains(): Promise<readonly string[]>;
  /** What it lacks to be on, in words; empty: it is. */
  lacks(): Promise<readonly string[]>;
}
