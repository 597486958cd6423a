/**
 * Agents watched second by second, in blocks of their own after those that are timed: with no workload at all (`at-rest`), or with one that goes
 * on all the time and then ends (`churn`). None of it is a cost of an operation.
 */
import * as z from "zod";
import { Failed, Skipped } from "./failure.ts";
import { Load } from "./scenario.ts";
import type { From } from "./schema.ts";
import { Count, Figure, NumberReading, Time } from "./units.ts";
import { HeldWishes } from "./wish.ts";

export const WatchTurn = z
  .object({
    id: z.string(),
    agent: z.string(),
    scenario: z.string(),
    seconds: Count.min(1),
    load: Load.exactOptional().describe("What goes on meanwhile; absent: nothing."),
    afterSeconds: Count.describe("So long it is watched when that is over."),
  })
  .meta({ id: "watchTurn" });
export type WatchTurn = From<typeof WatchTurn>;

export const WatchBlock = z
  .object({ index: Count, turns: z.array(WatchTurn) })
  .describe("Every agent once, and where there is no workload `baseline` too, in seeded random order.");
export type WatchBlock = From<typeof WatchBlock>;

/** Start, readiness, settling and stop of one. */
const WATCH_TURN_SECONDS = 3;

export const secondsOfWatch = ({ seconds, afterSeconds }: WatchTurn): number =>
  seconds + afterSeconds + WATCH_TURN_SECONDS;

/** One reading a second; null where it could not be taken. */
const Series = z.array(Figure.nullable());

const WatchSamples = z
  .object({
    elapsedMs: z.array(Figure).describe("When each was taken, from the beginning."),
    agentNs: Series.describe("The agent's CPU time since the reading before."),
    nodeNs: Series.describe("That of all CPUs, tare's own included."),
    memoryBytes: Series.describe(
      "What the agent's cgroup is charged for, without the pages of files that it read or wrote.",
    ),
  })
  .meta({ id: "watchSamples" });
export type WatchSamples = From<typeof WatchSamples>;

const Measured = z.object({
  kind: z.literal("measured"),
  settings: z.record(z.string(), z.string()),
  windowNs: Figure.gt(0).describe("Without the seconds afterwards, as everything here but the samples."),
  systemBusyNs: NumberReading.describe("All CPUs, without idle, iowait, steal and tare itself."),
  agentNs: NumberReading,
  agentUserNs: NumberReading,
  agentSystemNs: NumberReading,
  harnessNs: NumberReading.describe("What taking the samples cost."),
  helpersNs: z.record(z.string(), Figure),
  wakeUps: NumberReading.describe(
    "How often its threads gave up a CPU by themselves. Without those that ended meanwhile.",
  ),
  threadsEnded: Count.describe("Threads that were there at the beginning and not at the end."),
  storageBytes: NumberReading.describe("What its processes caused to be written to storage."),
  outputBytes: NumberReading.describe("What it wrote of events."),
  events: NumberReading.describe("Events that it wrote, of whichever process."),
  declaredLost: NumberReading.describe("Lost by the agent's own counters."),
  pssBytes: NumberReading.describe("Its processes' memory at the end."),
  bpfMapBytes: NumberReading,
  operations: z
    .object({ done: Count, failed: Count, planned: Count })
    .exactOptional()
    .describe("Of the workload; absent where there was none."),
  memoryBeforeBytes: NumberReading.describe("As in the samples, before the window."),
  samples: WatchSamples,
  defects: z.array(z.string()),
});

export const WatchOutcome = z.discriminatedUnion("kind", [Measured, Skipped, Failed]);
export type WatchOutcome = From<typeof WatchOutcome>;

export const WatchLine = z
  .object({
    type: z.literal("watch"),
    block: Count,
    ...WatchTurn.shape,
    wishes: HeldWishes.exactOptional(),
    startedAt: Time,
    outcome: WatchOutcome,
    leftovers: z.array(z.string()).describe("As in a turn."),
    foreign: z
      .array(z.string())
      .exactOptional()
      .describe("What came to the node meanwhile and belongs to a program that tare did not start."),
  })
  .describe("One start of an agent that was watched second by second.");
export type WatchLine = From<typeof WatchLine>;
