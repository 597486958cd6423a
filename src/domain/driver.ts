/**
 * What a driver prints (see `docs/driver-protocol.md`): one JSON object a line, the same for C and tinybench drivers.
 * All times are nanoseconds; all counts are whole numbers.
 */
import * as z from "zod";
import { addedLater, type From } from "./schema.ts";
import { Count, Figure } from "./units.ts";

export const Histogram = z
  .object({
    significantDigits: z.literal(3),
    minNs: Figure,
    maxNs: Figure,
    buckets: z
      .array(z.tuple([Figure, Count]))
      .describe(
        "[value, count], ascending; the value is the highest that is equivalent at 3 significant digits",
      ),
  })
  .meta({ id: "histogram", description: "Counts by latency." });
export type Histogram = From<typeof Histogram>;

export const Batch = z.object({
  operations: Count,
  wallNs: Figure,
  cpuNs: Figure.describe("CPU time of the workload's threads and its reaped children."),
  userNs: Figure,
  systemNs: Figure,
  voluntarySwitches: Count,
  involuntarySwitches: Count,
  paceNs: Figure.exactOptional().describe(
    "Mean time of a fixed loop in user mode, run between operations: how fast the CPU was. Absent where it did not run.",
  ),
  paceCpuNs: Figure.exactOptional().describe(
    "CPU time of all these loops, which is in none of the batch's other figures.",
  ),
});
export type Batch = From<typeof Batch>;

export const OperationResult = z.object({
  operation: z.string(),
  count: Count.describe(
    "Operations done in the window by the workload's own count; each carries one token, numbered from 0.",
  ),
  errors: Count,
  timedEvery: addedLater(Count).describe(
    "One operation in so many is in the histograms. All of them were in the first records, which do not say so.",
  ),
  batches: z.array(Batch).min(1),
  service: Histogram.describe("Time from an operation's actual start to its end."),
  response: Histogram.nullable().describe("Time from its intended start to its end; null for a closed loop."),
});
export type OperationResult = From<typeof OperationResult>;

export const BoundarySnapshot = z.union([
  z.strictObject({ path: z.string(), before: z.string(), after: z.string() }),
  z.strictObject({ path: z.string(), error: z.string() }),
]);
export type BoundarySnapshot = From<typeof BoundarySnapshot>;

const beforeAndAfter = z.tuple([Figure, Figure]);

/** The first line. */
export const DriverPrepared = z.object({
  driver: z.literal("prepared"),
  workers: z.array(Count).min(1).describe("Processes that do the operations, by their number."),
});
export type DriverPrepared = From<typeof DriverPrepared>;

/** The second line. */
export const DriverResult = z.object({
  protocol: z
    .literal([1, 2])
    .describe(
      "1: one process did all batches, after a warm-up inside the agent's readings. 2: one process a batch.",
    ),
  scenario: z.string(),
  trial: z.string().describe("Four hexadecimal digits that every token of this trial carries."),
  mode: z.enum(["closed", "open"]),
  startNs: Figure.describe("CLOCK_MONOTONIC at the first operation of the window."),
  endNs: Figure.describe("CLOCK_MONOTONIC after the last operation of the window."),
  operations: z.array(OperationResult).min(1),
  control: z.object({
    spinNs: beforeAndAfter.describe(
      "The fastest of several runs of a fixed loop of pure user code, before and after the window.",
    ),
    syscallNs: beforeAndAfter.describe(
      "The fastest of several runs of a fixed number of getppid calls, before and after the window.",
    ),
  }),
  snapshots: z
    .array(BoundarySnapshot)
    .describe("Files read straight before and straight after the window, as text."),
  maxRssKib: Figure,
});
export type DriverResult = From<typeof DriverResult>;

export const DrainedSnapshot = z.union([
  z.strictObject({ path: z.string(), text: z.string() }),
  z.strictObject({ path: z.string(), error: z.string() }),
]);
export type DrainedSnapshot = From<typeof DrainedSnapshot>;

/** The last line. */
export const DriverDrained = z.object({
  driver: z.literal("drained"),
  snapshots: z.array(DrainedSnapshot).describe("The same files, read when the harness says so."),
});
export type DriverDrained = From<typeof DriverDrained>;
