/**
 * What is done on this node by somebody outside who is asked and gives no answer, as a cluster stops and starts an agent: whether it was done is
 * what the node shows.
 */
import * as z from "zod";
import type { From } from "./schema.ts";
import { Count } from "./units.ts";

export const WishedState = z.enum(["off", "on"]);
export type WishedState = From<typeof WishedState>;

export const HeldWish = z
  .object({
    agent: z.string().describe("As it was named: `daemonset:NAMESPACE/NAME`."),
    wish: Count.describe("Which wish of the run it was, from 1."),
    state: WishedState,
  })
  .meta({
    id: "heldWish",
    description: "What somebody outside was asked for, and the node then showed: an agent off, or on.",
  });
export type HeldWish = From<typeof HeldWish>;

export const HeldWishes = z
  .array(HeldWish)
  .min(1)
  .describe("Under which it was measured, one an agent; absent: nobody was asked for anything.");

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
