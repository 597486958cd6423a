/** What a count of an agent's output is asked for, and what it answers. */
import type { TokenForm } from "../domain/agent.ts";
import type { TokenPlace } from "../domain/scenario.ts";

export interface TallySpec {
  readonly form: TokenForm;
  readonly tokenIn: TokenPlace;
  readonly trial: string;
  /** Operations of the window; tokens are numbered from 0 up to, not including, this. */
  readonly operations: number;
  /** For each technique in turn whether its operations count; absent where all are alike. Those that do not are foreign. */
  readonly techniques?: readonly boolean[];
  /** Operations before the window; needed only by a form without tokens. Absent: none. */
  readonly warmup?: number;
}

export interface TallyResult {
  /** Distinct tokens of the window. */
  readonly delivered: number;
  /** The same for each technique, where there are several. */
  readonly byTechnique?: readonly number[];
  readonly duplicates: number;
  /** Sightings of well-formed tokens that are not the window's: of the warm-up, of sentinels, of other trials. */
  readonly foreign: number;
  /** Lines, the last one also without its line end. */
  readonly lines: number;
  readonly bytes: number;
}

export interface Tally {
  /** The next bytes, cut anywhere. They are not kept: the caller may reuse the memory. */
  feed(chunk: Uint8Array): void;
  /**
   * The counts so far, and no more bytes. A token at the very end that nothing ends is not counted: it may be the
   * first half of another.
   */
  end(): TallyResult;
}
