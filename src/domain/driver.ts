/**
 * What a driver prints as its last line (see `docs/driver-protocol.md`). One JSON object, the same for C and tinybench drivers.
 * All times are nanoseconds; all counts are whole numbers.
 */

export interface DriverResult {
  readonly protocol: 1;
  readonly scenario: string;
  /** Four hexadecimal digits that every token of this trial carries. */
  readonly trial: string;
  readonly mode: "closed" | "open";
  /** CLOCK_MONOTONIC at the first and after the last operation of the window. */
  readonly startNs: number;
  readonly endNs: number;
  readonly operations: readonly OperationResult[];
  readonly control: {
    /** The fastest of several runs of a fixed loop of pure user code, before and after the window. */
    readonly spinNs: readonly [number, number];
    /** The fastest of several runs of a fixed number of getppid calls, before and after the window. */
    readonly syscallNs: readonly [number, number];
  };
  /** Files read straight before and straight after the window, as text. */
  readonly snapshots: readonly BoundarySnapshot[];
  readonly maxRssKib: number;
}

export interface OperationResult {
  readonly operation: string;
  /** Operations done in the window by the workload's own count; each carries one token, numbered from 0. */
  readonly count: number;
  readonly errors: number;
  readonly batches: readonly Batch[];
  /** Time from an operation's actual start to its end. */
  readonly service: Histogram;
  /** Time from its intended start to its end; null for a closed loop. */
  readonly response: Histogram | null;
}

export interface Batch {
  readonly operations: number;
  readonly wallNs: number;
  /** CPU time of the workload's threads and its reaped children. */
  readonly cpuNs: number;
  readonly userNs: number;
  readonly systemNs: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
}

/** Counts by latency; `value` is the highest that is equivalent at three significant digits. Ascending. */
export interface Histogram {
  readonly significantDigits: 3;
  readonly minNs: number;
  readonly maxNs: number;
  readonly buckets: readonly (readonly [value: number, count: number])[];
}

export type BoundarySnapshot =
  | { readonly path: string; readonly before: string; readonly after: string }
  | { readonly path: string; readonly error: string };
