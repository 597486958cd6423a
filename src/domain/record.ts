/**
 * The record: JSON Lines, one line as soon as a thing is known, each fsynced. Everything after it can be redone from it alone.
 *
 * Each line carries `digest`: the SHA-256 (hex) of the previous line's digest followed by the line's own JSON without `digest`,
 * so a changed, missing or reordered line is found and named.
 *
 * Schema versions
 *   1  first
 *   2  overflow lines
 *   3  the warm-up is in no figure; the node's clock, what helpers and the node did up to the end of the drain, mapped BPF maps, crashes
 *
 * Fields that came later without a version of their own, and what a record that lacks them gets instead, are in
 * `src/record/migrate.ts`: the types here are those of a record that has been read.
 */
import * as z from "zod";
import { Claimed } from "./claim.ts";
import { Histogram } from "./driver.ts";
import { Failed, Skipped } from "./failure.ts";
import { CpuPlacement, Outside } from "./plan.ts";
import { Beside } from "./beside.ts";
import { ScalePoint } from "./scale.ts";
import { Load } from "./scenario.ts";
import type { From } from "./schema.ts";
import { LoadLine } from "./under-load.ts";
import { WatchLine } from "./watch.ts";
import { HeldWishes } from "./wish.ts";
import { Count, Figure, NumberReading, Time } from "./units.ts";
import { Header, HostFingerprint } from "./run-header.ts";
import { isOfThem, MORE_THAN_ALL, TrialOutcome } from "./trial-outcome.ts";

const Settings = z.record(z.string(), z.string());

const TurnOutcome = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("started"),
    readyMs: Figure,
    stopMs: Figure,
    settings: Settings,
    loneEventMs: NumberReading.exactOptional().describe(
      "How long an operation that was alone took until it was in the agent's output, milliseconds; absent where none was tried, and in records from before it was.",
    ),
    startCpuNs: NumberReading.exactOptional().describe(
      "CPU time of the agent from its start until it had shown a first event; absent where nobody asked how it grows.",
    ),
  }),
  Failed,
]);
export type TurnOutcome = From<typeof TurnOutcome>;

const Foreign = z
  .array(z.string())
  .exactOptional()
  .describe(
    "What came to the node meanwhile and belongs to a program that tare did not start; absent: nothing.",
  );

export const TurnLine = z
  .object({
    type: z.literal("turn"),
    block: Count,
    turn: Count,
    agent: z.string(),
    scale: ScalePoint.exactOptional().describe("The size of the node; absent: as it is."),
    outcome: TurnOutcome,
    wishes: HeldWishes.exactOptional(),
    leftovers: z
      .array(z.string())
      .describe(
        "What was still on the node after the stop, or could not be undone; empty is what it should be.",
      ),
    foreign: Foreign,
    endedAt: Time,
  })
  .describe("One start and stop of an agent.");
export type TurnLine = From<typeof TurnLine>;

export const TrialLine = z.object({
  type: z.literal("trial"),
  id: z.string(),
  block: Count,
  turn: Count,
  agent: z.string(),
  baseline: z.literal([1, 2, null]),
  scenario: z.string(),
  load: Load,
  placement: CpuPlacement,
  beside: Beside.exactOptional().describe("As in the plan."),
  scale: ScalePoint.exactOptional().describe("As in the plan."),
  attempt: Count.describe("1, or 2 and 3 for a trial that was done again in the same slot because of noise."),
  rejected: z
    .string()
    .nullable()
    .describe(
      "Why this attempt was given up for another one, from noise readings alone; null for the attempt that counts.",
    ),
  wishes: HeldWishes.exactOptional(),
  startedAt: Time,
  outcome: TrialOutcome,
});
export type TrialLine = From<typeof TrialLine>;

export const BlockLine = z
  .object({ type: z.literal("block"), block: Count, durationMs: Figure })
  .describe("Blocks whose turns all ran, so that an interrupted run resumes after the last of them.");

const BackpressureOutcome = z.discriminatedUnion("kind", [
  z
    .object({
      kind: z.literal("measured"),
      settings: Settings.describe("Of the agent with its smallest buffers."),
      operations: Count,
      delivered: Count,
      duplicates: Count,
      declaredLost: NumberReading,
      drainMs: Figure,
      drained: z.boolean(),
      stoppedMs: Figure.describe("How long the readers were stopped, milliseconds."),
      continued: z
        .enum(["window-over", "no-progress", "time-limit"])
        .describe(
          "Why they were continued: all operations were done, the workload no longer got on, or it took too long in all.",
        ),
      windowNs: Figure.gt(0),
      service: Histogram.describe("Time of each operation."),
      grownBytes: NumberReading.exactOptional().describe(
        "By how much its cgroup's memory had grown when they were continued, without pages of files (in older records: its peak, with them); absent where it was not asked.",
      ),
    })
    .refine(isOfThem, MORE_THAN_ALL),
  Skipped,
  Failed,
]);
export type BackpressureOutcome = From<typeof BackpressureOutcome>;

export const BackpressureLine = z
  .object({
    type: z.literal("overflow"),
    id: z.string(),
    agent: z.string(),
    scenario: z.string(),
    load: Load,
    outside: Outside.exactOptional().describe("As in the plan."),
    wishes: HeldWishes.exactOptional(),
    startedAt: Time,
    outcome: BackpressureOutcome,
    leftovers: z.array(z.string()).describe("As in a turn."),
    foreign: Foreign,
  })
  .describe("What an agent did when its readers were stopped and its buffers had to overflow. Never a cost.");
export type BackpressureLine = From<typeof BackpressureLine>;

const TechniqueTried = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("tried"),
    technique: z.string(),
    times: Count.describe("Operations that were done."),
    right: Count.describe("Of these, those of which it told `right`."),
    otherwise: Count,
    claimed: Claimed,
    claim: z.string().nullable().describe("What its data sheet says of it; null: nothing of its own."),
    example: z.string().exactOptional().describe("The first report that was otherwise; absent: none was."),
  }),
  z.object({
    kind: z.literal("skipped"),
    technique: z.string(),
    reason: z
      .string()
      .describe("Why this node cannot do it, or nothing that the agent hands out tells of it."),
  }),
]);
export type TechniqueTried = From<typeof TechniqueTried>;

const CoverageOutcome = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("tried"),
    settings: Settings,
    techniques: z.array(TechniqueTried),
    lost: z.number().exactOptional().describe("What the agent counted as lost meanwhile; absent: not known."),
  }),
  Skipped,
  Failed,
]);
export type CoverageOutcome = From<typeof CoverageOutcome>;

export const CoverageLine = z
  .object({
    type: z.literal("coverage"),
    id: z.string(),
    agent: z.string(),
    wishes: HeldWishes.exactOptional(),
    startedAt: Time,
    outcome: CoverageOutcome,
    leftovers: z.array(z.string()).describe("As in a turn."),
    foreign: Foreign,
  })
  .describe("What an agent told of each technique that was tried under it. Never a cost.");
export type CoverageLine = From<typeof CoverageLine>;

export const ResumeLine = z.object({
  type: z.literal("resume"),
  resumedAt: Time,
  block: Count.describe(
    "The block that is run again from its start: turns and trials of it above this line are superseded.",
  ),
  host: HostFingerprint,
});
export type ResumeLine = From<typeof ResumeLine>;

export const VoidLine = z
  .object({
    type: z.literal("void"),
    agent: z.string().describe("As in a wish."),
    wish: Count.describe("What was measured under it is in no figure."),
    why: z.string(),
    saidAt: Time,
  })
  .describe(
    "Who was to keep an agent off or on says that it was not so. Behind all other lines, by whom the record was collected.",
  );
export type VoidLine = From<typeof VoidLine>;

export const EndLine = z.object({
  type: z.literal("end"),
  endedAt: Time,
  reason: z
    .enum(["complete", "time-budget", "precise-enough"])
    .describe("`precise-enough`: the variance of the pilot asked for no more blocks than these."),
  blocks: Count,
});
export type EndLine = From<typeof EndLine>;

export const RecordLine = z.discriminatedUnion("type", [
  Header,
  TurnLine,
  TrialLine,
  BlockLine,
  BackpressureLine,
  LoadLine,
  CoverageLine,
  WatchLine,
  ResumeLine,
  EndLine,
  VoidLine,
]);
export type RecordLine = From<typeof RecordLine>;
