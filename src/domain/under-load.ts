/** An agent under rising load: what is planned, what a record says of it, and what comes of that (docs/load.md). */
import * as z from "zod";
import { type Agent, EventRange } from "./agent.ts";
import { Histogram } from "./driver.ts";
import { Failed, Skipped, Unmeasured } from "./failure.ts";
import { Load } from "./scenario.ts";
import type { From } from "./schema.ts";
import { Count, Figure, NumberReading, Share, Time } from "./units.ts";
import { HeldWishes } from "./wish.ts";

export const LoadPart = z
  .enum(["knee", "confirm", "burst", "recovery"])
  .describe(
    "`knee`: the search for it. `confirm`: whether its lower end holds and what lies above does not. `burst`: the largest burst without loss. `recovery`: how long it takes after an overload.",
  );
export type LoadPart = From<typeof LoadPart>;

/** By what the agent's own buffer setting is multiplied. */
export const BUFFER_FACTORS = [0.25, 1, 4] as const;
export const BufferFactor = z.literal(BUFFER_FACTORS).meta({ id: "bufferFactor" });
export type BufferFactor = From<typeof BufferFactor>;

/** One start of an agent under one workload. Part of no block and of no cost. */
export const LoadTurn = z
  .object({
    id: z.string(),
    agent: z.string(),
    scenario: z.string(),
    start: Count.describe("Counted from 1: the start is the replicate."),
    buffer: BufferFactor,
    parts: z.array(LoadPart),
    seconds: z.number().describe("That the search may take."),
  })
  .meta({ id: "loadTurn" });
export type LoadTurn = From<typeof LoadTurn>;

/** What a start takes beside its search, seconds, as it was seen: start, pilot, calm load, overload, stop. */
const START_SECONDS = 12;
const PART_SECONDS: Readonly<Record<Exclude<LoadPart, "knee">, number>> = {
  confirm: 12,
  burst: 15,
  recovery: 20,
};

/** About how long one takes. A search may be over sooner. */
export const loadTurnSeconds = ({ parts, seconds }: Pick<LoadTurn, "parts" | "seconds">): number =>
  parts.reduce((sum, part) => sum + (part === "knee" ? seconds : PART_SECONDS[part]), START_SECONDS);

export const ProbeKind = z
  .enum(["pilot", "calm", "overload", "burst", "search", "hold", "exceed", "flood", "recovery"])
  .describe(
    "`pilot`: how fast the workload is by itself. `calm`: a low rate, for the usual delay. `overload`, `burst`: as fast as it goes. `search`: for the knee. `hold`, `exceed`: at its lower end, and above its upper one. `flood`, `recovery`: at twice the knee, and at half of it straight after.",
  );
export type ProbeKind = From<typeof ProbeKind>;

const Points = z.array(z.tuple([Figure, Figure]));

export const Probe = z
  .object({
    id: z.string().describe("Four hexadecimal digits, part of every token."),
    kind: ProbeKind,
    load: Load,
    atMs: Figure.describe("When its window began, milliseconds since the agent was ready."),
    operations: Count,
    delivered: Count,
    late: Count.describe(
      "Of those delivered, what was not there `lagMs` after the window; 0 where all was there a moment later.",
    ),
    lagMs: Figure.describe("The agent's usual delay."),
    duplicates: Count,
    windowNs: Figure.gt(0),
    workloadCpuNs: Figure.describe("Much less than the window: it had to wait."),
    restMs: Figure.describe(
      "How long after the window operations still came in, milliseconds; 0 where none came later than is usual.",
    ),
    drained: z.boolean().describe("False when they still came in when the harness stopped waiting."),
    latency: Histogram.describe(
      "From the due time where the load is open, else from the start of each operation.",
    ),
    arrivals: Points.exactOptional().describe(
      "[milliseconds since the window began, operations delivered by then]; of `recovery` alone.",
    ),
    memory: Points.exactOptional().describe(
      "[the same milliseconds, bytes resident in the agent's processes]; of `flood` and `recovery` alone.",
    ),
  })
  .refine(({ operations, delivered }) => delivered <= operations, {
    error: "tells of more operations delivered than done",
  })
  .refine(({ delivered, late }) => late <= delivered, {
    error: "tells of more operations late than delivered",
  })
  .meta({ id: "probe", description: "One window of a workload, at one rate." });
export type Probe = From<typeof Probe>;

/** The agent's own setting that decides how much it can hold. */
export const Knob = z.strictObject({
  name: z.string().describe("As its users know it."),
  value: z.string(),
});
export type Knob = From<typeof Knob>;

const LoadOutcome = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("measured"),
    settings: z.record(z.string(), z.string()),
    knob: Knob.exactOptional(),
    readyMs: Figure,
    declaredLost: NumberReading.describe("By the agent's own counters, over all probes."),
    probes: z.array(Probe).describe("In the order in which they were done."),
    stopped: z
      .string()
      .exactOptional()
      .describe("Why it ended before its end, worded for people; absent: it did not."),
  }),
  Skipped,
  Failed,
]);
export type LoadOutcome = From<typeof LoadOutcome>;

export const LoadLine = z
  .object({
    type: z.literal("load"),
    turn: LoadTurn,
    wishes: HeldWishes.exactOptional(),
    startedAt: Time,
    outcome: LoadOutcome,
    leftovers: z.array(z.string()).describe("As in a turn."),
    foreign: z.array(z.string()).exactOptional().describe("As in a turn."),
  })
  .describe("One start of an agent under rising load, with all its probes: the fit is made from them again.");
export type LoadLine = From<typeof LoadLine>;

export type MeasuredLoad = Extract<LoadOutcome, { readonly kind: "measured" }>;

// What comes of it.

export const Knee = z
  .strictObject({
    value: Figure.nullable().describe("Operations a second; null where the workload ended before it."),
    low: Figure,
    high: Figure.nullable().describe("Null: nothing bounds it, since the workload could not go beyond."),
  })
  .meta({
    id: "knee",
    description:
      "The highest rate whose long-run share of bad operations is at most the limit, with its 95 % interval.",
  });
export type Knee = From<typeof Knee>;

export const Criterion = z
  .enum(["loss", "response"])
  .describe(
    "What makes an operation bad. `loss`: its event is lost, or late and so part of a growing backlog; at most 0.1 %. `response`: the agent makes it wait, to more than twice the 99th percentile of a calm load; at most 1 %.",
  );
export type Criterion = From<typeof Criterion>;

/** What the run is told of statistics, of which it knows none (src/analyse/load). */
export interface LoadGuide {
  search(overload: Agent["overload"]): KneeSearch;
  /** Over the starts so far; undefined where they tell nothing. */
  knee(starts: readonly (readonly Probe[])[], overload: Agent["overload"]): Knee | undefined;
  /** Operations of the next burst; undefined: the largest that is held is known well enough. */
  nextBurst(probes: readonly Probe[], overload: Agent["overload"], most: number): number | undefined;
  /** The highest rate at which the workload can be offered. */
  fastest(probes: readonly Probe[]): number | undefined;
}

/** Where to look for the knee next. */
export interface KneeSearch {
  add(probe: Probe): void;
  /** Undefined: it is known well enough. */
  next(): { readonly rate: number; readonly seconds: number } | undefined;
  /** Undefined before there is anything to tell it from. */
  knee(): Knee | undefined;
}

const Step = z.strictObject({
  at: z
    .enum(["fixed", "below", "at", "above", "flood", "flat-out"])
    .describe("Beside the knee. `fixed`: at rates that were offered where none was found."),
  slowest: Figure.describe("Operations a second, of the slowest of these probes."),
  fastest: Figure,
  operations: Count,
  lost: Count,
  late: Count,
  p99Ns: Figure.nullable().describe("Of the response from the due time; null where none was due."),
  restMs: Figure.describe("The longest time until nothing more came in."),
});
export type LoadStep = From<typeof Step>;

const CurvePoint = z.strictObject({
  rate: Figure,
  bad: Share,
  lost: Share,
  operations: Count,
  start: Count,
});
export type CurvePoint = From<typeof CurvePoint>;

const Confirmation = z.strictObject({
  rate: Figure,
  bad: Share,
  asExpected: z.boolean(),
});
export type Confirmation = From<typeof Confirmation>;

export const Burst = z.strictObject({
  held: Count.describe("The largest burst of which nothing was lost; 0: none of those tried."),
  overflowed: Count.nullable().describe("The smallest of which something was; null: none of those tried."),
  ratePerSecond: Figure.describe("At which the largest of these came."),
});
export type Burst = From<typeof Burst>;

export const Recovery = z.strictObject({
  rate: Figure.describe("Of the overload before it, operations a second."),
  seconds: z.number().describe("That it lasted."),
  lost: Share.describe("Of its operations."),
  steadyMs: Figure.nullable().describe(
    "From the overload's end until events came on time again and none was lost, for a second; null: not while it was watched.",
  ),
  watchedMs: Figure,
  memoryMs: Figure.nullable().describe("Until its memory was within 5 % of what it was; null: it was not."),
  memoryBytes: z
    .strictObject({ before: Figure, most: Figure, after: Figure })
    .nullable()
    .describe("Null where it could not be read."),
});
export type Recovery = From<typeof Recovery>;

export const LoadRow = z
  .strictObject({
    agent: z.string(),
    scenario: z.string(),
    buffer: BufferFactor,
    criterion: Criterion,
    knob: Knob.nullable(),
    knee: Knee.nullable().describe("Over the starts: their median, and all that their intervals span."),
    starts: z.array(Knee),
    probes: Count,
    fastest: Figure.nullable().describe("The highest rate at which the workload can be offered."),
    overload: z
      .strictObject({
        deliveredPerSecond: Figure,
        ofKnee: z.number().nullable().describe("Below 0.9 it collapses; null where the knee is not known."),
      })
      .nullable(),
    hold: Confirmation.nullable(),
    exceed: Confirmation.nullable(),
    burst: Burst.nullable(),
    recovery: Recovery.nullable(),
    steps: z.array(Step),
    curve: z.array(CurvePoint),
    lost: Count.describe("Not delivered, over all probes of all starts."),
    declaredLost: EventRange.nullable().describe("Null where it has no counter that could be read."),
    silentLost: EventRange.nullable().describe("Null where it cannot be told."),
    stopped: z.array(z.string()),
    unmeasured: z.array(Unmeasured),
  })
  .meta({ id: "loadRow" });
export type LoadRow = From<typeof LoadRow>;

const KnobAnswer = z.enum(["bursts", "bursts-at-least", "both", "knee", "neither", "unknown"]);

/** What the agent's own buffer setting does about drops. */
export const KnobFinding = z
  .strictObject({
    agent: z.string(),
    scenario: z.string(),
    name: z.string(),
    tried: z.array(
      z.strictObject({
        buffer: BufferFactor,
        value: z.string(),
        knee: Knee.nullable(),
        burst: Burst.nullable(),
      }),
    ),
    moves: KnobAnswer.describe(
      "What a larger one moves: the largest burst, the knee, both, or neither. `bursts-at-least`: the largest burst, and of the knee it is not known. `unknown`: nothing overflowed, or too little was measured.",
    ),
  })
  .meta({ id: "knobFinding" });
export type KnobFinding = From<typeof KnobFinding>;

/** An agent whose knee is known: what the instrument made of it. */
export const KnownKnee = z.strictObject({
  agent: z.string(),
  scenario: z.string(),
  perSecond: Figure.describe("At which it begins to drop in the long run."),
  waiting: Count.describe("Events that may wait in it, which a burst without loss cannot be smaller than."),
  knee: Knee.nullable(),
  burst: Burst.nullable(),
});
export type KnownKnee = From<typeof KnownKnee>;

export const UnderLoad = z.strictObject({
  rows: z.array(LoadRow),
  knobs: z.array(KnobFinding),
  known: z.array(KnownKnee),
});
export type UnderLoad = From<typeof UnderLoad>;
