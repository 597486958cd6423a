/** What a forced overflow showed, beside what the agent did under the run's usual load. */
import type { Agent } from "./agent.ts";
import type { Unmeasured } from "./failure.ts";
import type { Contradiction } from "./reason.ts";

/** `keeps-up`: nothing was lost and nothing had to wait. */
export type OverloadBehaviour = "keeps-up" | "drops" | "blocks" | "blocks-and-drops";

export interface BackpressureRow {
  readonly agent: string;
  readonly scenario: string;
  /** Null where it could not be forced. */
  readonly forced: ForcedOverflow | null;
  /** Why it could not be forced; null where it was. */
  readonly notForced: Unmeasured | null;
  /** In the run's own trials of the same scenario; null where none was measured. */
  readonly underLoad: BehaviourUnderLoad | null;
  /** What the agent's data sheet says; null where the record does not tell. */
  readonly promised: Agent["overload"] | null;
  /** Where what was seen contradicts the data sheet. */
  readonly contradiction: Contradiction | null;
  readonly notes: readonly BackpressureNote[];
}

/** What a reader must know of a forced overflow. */
export type BackpressureNote =
  /** What is missing may be what it does not see by design. */
  { readonly kind: "partly-blind"; readonly text: string } | { readonly kind: "undrained" };

export interface ForcedOverflow {
  readonly behaviour: OverloadBehaviour;
  readonly operations: number;
  readonly delivered: number;
  /** Null when the agent has no counter that could be read. */
  readonly declaredLost: number | null;
  /**
   * Missing and not admitted; negative where it declares more than is missing. Null when the agent does not see every event by design, so
   * that it cannot be told what it lost.
   */
  readonly silentLost: number | null;
  /** How long its events went unread, milliseconds. */
  readonly stoppedMs: number;
  /** The longest operation, milliseconds. */
  readonly longestStallMs: number;
  /** Share of the window, 0 to 1, spent in operations that had to wait. */
  readonly stalledShare: number;
  /** Why its readers were continued; see `BackpressureOutcome`. */
  readonly continued: "window-over" | "no-progress" | "time-limit";
}

export interface BehaviourUnderLoad {
  readonly behaviour: OverloadBehaviour;
  /** Shares of the operations' time, 0 to 1, in operations that had to wait: with the agent, and without any. */
  readonly stalledShare: number;
  readonly baselineStalledShare: number | null;
  /** Missing events, of all operations; null where they were not counted. */
  readonly lostShare: number | null;
}
