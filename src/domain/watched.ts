/** What watching agents second by second showed: at rest, and while processes and files came and went. */
import * as z from "zod";
import { Unmeasured } from "./failure.ts";
import { Interval } from "./reason.ts";
import type { From } from "./schema.ts";
import { Count } from "./units.ts";

const MaybeInterval = Interval.nullable();

export const Rhythm = z
  .strictObject({
    everySeconds: z.number().positive(),
    cores: z.number().describe("Of such a second, median."),
  })
  .describe("Seconds that take far more than others, and come back at one interval.");
export type Rhythm = From<typeof Rhythm>;

const common = {
  agent: z.string(),
  scenario: z.string(),
  blocks: Count.describe("Windows that were measured: the n of every interval here."),
  seconds: Count.describe("Of one window."),
  unmeasured: z.array(Unmeasured),
  losses: z
    .strictObject({
      declared: Count.describe("By its own counter, over all windows in which that is known."),
      unknown: z.array(z.string()).describe("Why it is not known in others."),
    })
    .exactOptional()
    .describe("Absent for the baseline."),
};

export const AtRestRow = z.strictObject({
  ...common,
  cores: MaybeInterval.describe(
    "The agent's CPU time in CPUs; of the baseline null. Null here and below: it could not be read, or does not exist.",
  ),
  userShare: z.number().min(0).max(1).nullable().describe("Of that, what was in user mode."),
  nodeCores: MaybeInterval.describe(
    "The whole node's CPU time above the baseline's of the same block, in CPUs; of the baseline itself as it stands.",
  ),
  wakeUpsPerSecond: MaybeInterval,
  memoryMiB: MaybeInterval.describe("PSS of its processes at the end of a window."),
  bpfMapMiB: MaybeInterval,
  storageBytesPerSecond: MaybeInterval,
  outputBytesPerSecond: MaybeInterval,
  eventsPerSecond: MaybeInterval,
  strip: z
    .array(z.number().nullable())
    .describe(
      "CPU time in CPUs, second by second, of the first window; of the baseline the node's. Null: not read.",
    ),
  rhythm: Rhythm.nullable(),
});
export type AtRestRow = From<typeof AtRestRow>;

export const ChurnRow = z.strictObject({
  ...common,
  afterSeconds: Count,
  trees: z
    .strictObject({ done: Count, failed: Count, planned: Count })
    .nullable()
    .describe("Operations of the workload, of all windows."),
  beforeMiB: MaybeInterval.describe(
    "Memory of the agent's cgroup, without pages of files, before the window.",
  ),
  highestMiB: MaybeInterval,
  endMiB: MaybeInterval.describe("When the workload ended."),
  afterMiB: MaybeInterval.describe("At the end of the seconds afterwards."),
  slopeMiBPerMinute: MaybeInterval.describe(
    "Over the last half of the workload. Over blocks where there are enough; else of the one window, with the correlation of its seconds.",
  ),
  back: z
    .discriminatedUnion("kind", [
      z
        .strictObject({ kind: z.literal("never-left") })
        .describe("It did not rise by more than 5 % or 1 MiB."),
      z
        .strictObject({ kind: z.literal("back"), seconds: z.number().min(0) })
        .describe(
          "After so long it was within 5 % or 1 MiB of where it had begun; the longest of the windows.",
        ),
      z.strictObject({ kind: z.literal("not-back") }),
    ])
    .nullable(),
  curve: z
    .array(z.strictObject({ seconds: z.number(), mebibytes: z.number() }))
    .describe("Of the first window."),
});
export type ChurnRow = From<typeof ChurnRow>;

export const Watched = z.strictObject({ atRest: z.array(AtRestRow), churn: z.array(ChurnRow) });
export type Watched = From<typeof Watched>;
