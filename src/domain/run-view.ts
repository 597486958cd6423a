/**
 * What a record says, whole: `analyse` makes it, `report` writes it. Unrounded, without words of our own, and without what does not count:
 * blocks that a resumed run did again and attempts that were given up are in no figure.
 */
import * as z from "zod";
import { Namespace } from "./agent.ts";
import type { AgentPair } from "./agent-pair.ts";
import type { BackpressureRow } from "./backpressure.ts";
import type { VarianceComponents } from "./components.ts";
import type { Condition, TrialCondition } from "./condition.ts";
import type { Counts } from "./counting.ts";
import type { CoverageMatrix } from "./coverage-matrix.ts";
import type { Decisions } from "./decision.ts";
import type { Unmeasured } from "./failure.ts";
import type { Neighbour } from "./neighbour.ts";
import type { Pace } from "./pace.ts";
import { TeamCommand } from "./plan.ts";
import type { NotMeasurable } from "./reason.ts";
import type { AgentStatus, HostFingerprint } from "./run-header.ts";
import type { From } from "./schema.ts";
import type { SelfChecks } from "./self-checks.ts";
import type { GrowthRow } from "./growth.ts";
import type { SinkRow } from "./sink.ts";
import type { PolicyRow } from "./team-policy.ts";
import type { UnderLoad } from "./under-load.ts";
import { Count, Time } from "./units.ts";
import type { CoverageGap, Estimate, LedgerRow, TechniqueCoverage, Verdict } from "./verdict.ts";
import type { Warning } from "./warning.ts";
import type { Watched } from "./watched.ts";

/**
 * `timed`: what agents cost. `counted`: the instructions that they add. `tried`: what they see, and nothing else. `beside`: no cost, but what
 * agents do under rising load, to a service, or at rest.
 */
export type RunKind = "timed" | "counted" | "tried" | "beside";

export interface RunView {
  readonly kind: RunKind;
  readonly run: RunFacts;
  readonly host: HostFingerprint;
  readonly agents: readonly AgentView[];
  /** In the order of the plan: scenario, load, placement, operation, agent; by metric first. */
  readonly estimates: readonly Estimate[];
  readonly pairs: readonly AgentPair[];
  readonly components: readonly VarianceComponents[];
  /** Of each operation under each load whose pace was measured. */
  readonly pace: readonly Pace[];
  readonly ledger: readonly LedgerRow[];
  readonly kinds: readonly TechniqueCoverage[];
  readonly overflow: readonly BackpressureRow[];
  readonly watched: Watched;
  /** Of each service and each setting, in the order of the plan. */
  readonly neighbours: readonly Neighbour[];
  readonly coverage: readonly CoverageGap[];
  /** What each agent sees, tried; absent where nothing was. */
  readonly matrix?: CoverageMatrix;
  /** Of teams' own policies: a row for each rule and each operation. */
  readonly policies: readonly PolicyRow[];
  /** What exports cost: a row for each operation and each variant that hands out its events, where one that does not was measured beside it. */
  readonly sinks: readonly SinkRow[];
  /** Empty unless nodes of several sizes were asked for. */
  readonly growth: readonly GrowthRow[];
  readonly verdicts: readonly Verdict[];
  readonly decisions: Decisions;
  readonly selfChecks: SelfChecks;
  readonly warnings: readonly Warning[];
  readonly notMeasurable: readonly NotMeasurable[];

  /** Absent where time was measured. */
  readonly counts?: Counts;
  /** Absent where no agent was put under rising load. */
  readonly underLoad?: UnderLoad;

  readonly deliveries: readonly Delivery[];
  /** Of each agent of which it was tried. */
  readonly loneEvents: readonly LoneEvent[];
  /** One for each operation that an agent or the baseline did under a load, where a percentile can be told. */
  readonly distributions: readonly LatencyDistribution[];
  readonly kernelThreads: readonly KernelThreads[];
  /** Every measured trial that counts, in the order in which they ran; of calibration agents as well. */
  readonly trials: readonly TrialReadings[];
}

export const RunFacts = z.strictObject({
  id: z.string(),
  method: z.string(),
  tool: z.string().describe('"tare 0.1.0 (1a2b3c4)".'),
  startedAt: Time,
  endedAt: Time.nullable(),
  complete: z.boolean(),
  seed: z.int(),
  profile: z.string(),
  blocks: Count,
  trials: z.strictObject({ measured: Count, skipped: Count, failed: Count }),
  voidTrials: Count.exactOptional().describe(
    "Trials that are in no figure and not in `trials`, since an agent was not off or on as it was to be (`warnings` tell why); absent: none.",
  ),
  rejectedAttempts: Count.describe(
    "Attempts that were given up because of noise; `trials` does not hold them.",
  ),
  lines: Count.describe("Lines of the record that count."),
  command: z.array(z.string()),
  budgetSource: z.string(),
  commands: z.array(TeamCommand).exactOptional().describe("Teams' own workloads; absent: none."),
  isolation: z
    .array(Namespace)
    .min(1)
    .exactOptional()
    .describe(
      "Namespaces of the run's own in which every workload ran, baselines included; absent: the node's.",
    ),
});
export type RunFacts = From<typeof RunFacts>;

export interface AgentView extends AgentStatus {
  readonly settings: Readonly<Record<string, string>>;
  readonly measuredTrials: number;
  readonly unmeasured: readonly Unmeasured[];
}

/** What the trials of a row of the ledger tell beyond its counts. */
export interface Delivery extends TrialCondition {
  readonly offeredPerSecond: number | null;
  /** Events a second by the workload's own clock, median over the trials; null where no trial tells. */
  readonly raisedPerSecond: number | null;
  /** Milliseconds after the window at which events still came in: median and longest over the trials. */
  readonly lagMs: { readonly median: number; readonly longest: number };
  readonly shares: LossShares | null;
}

export const LoneEvent = z
  .strictObject({
    agent: z.string(),
    turns: Count,
    medianMs: z
      .number()
      .min(0)
      .nullable()
      .describe("Over turns in which it came; null where it came in none."),
    longestMs: z.number().min(0).nullable(),
    notSeen: Count.describe("Turns in which it did not come while the harness waited."),
    reasons: z.array(z.string()).describe("How long that was."),
  })
  .describe("How late an event is that is the only one: one operation a second, until the first shows.");
export type LoneEvent = From<typeof LoneEvent>;

/** What became of a ledger's operations: percent of them, together 100. */
export interface LossShares {
  readonly delivered: number;
  /** What its counter certainly tells of; null where no counter of the agent could be read. */
  readonly declared: number | null;
  /** Declared or silent: the counter does not tell. */
  readonly unattributed: number;
  /** Certainly not told of. */
  readonly silent: number;
}

/** Latencies of all operations of all trials of an agent (or of the baseline), pooled. Descriptive, not an estimate. */
export interface LatencyDistribution extends Condition {
  /** `service` counts from an operation's start, `response` from when it was due, which only an open load tells. */
  readonly timed: "service" | "response";
  readonly operations: number;
  readonly trials: number;
  /** Ascending; those beyond which at least 100 operations lie. Never empty. */
  readonly percentiles: readonly Percentile[];
}

export interface Percentile {
  readonly share: number;
  readonly ns: number;
}

/** CPU time of kernel threads and daemons that work for an agent (kauditd, journald ...). */
export interface KernelThreads extends TrialCondition {
  /** Above the baseline, ns for each operation: a difference of means over the trials of complete blocks, without an interval. */
  readonly threads: readonly { readonly name: string; readonly ns: number }[];
}

/** What is shown of a trial over time; null where it could not be read. */
export interface TrialReadings extends TrialCondition {
  readonly id: string;
  readonly block: number;
  readonly baseline: 1 | 2 | null;
  readonly startedAt: string;
  readonly systemCores: number | null;
  readonly agentCores: number | null;
  readonly memoryMiB: number | null;
  readonly stealPercent: number | null;
}
