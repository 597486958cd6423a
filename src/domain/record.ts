/**
 * The record: JSON Lines, one line as soon as a thing is known, each fsynced. Everything after it can be redone from it alone.
 *
 * Each line carries `digest`: the SHA-256 (hex) of the previous line's digest followed by the line's own JSON without `digest`,
 * so a changed, missing or reordered line is found and named.
 *
 * Schema versions
 *   1  first
 *   2  overflow lines
 *
 * Fields that came later without a version of their own, and what a record that lacks them gets instead, are in
 * `src/record/migrate.ts`: the types here are those of a record that has been read.
 */
import type { Agent, AgentRole, Blindness, Injected, Injects } from "./agent.ts";
import type { DriverResult, Histogram } from "./driver.ts";
import type { Emulation } from "./emulation.ts";
import type { Failed, Skipped } from "./failure.ts";
import type { CpuPlacement, Plan } from "./plan.ts";
import type { Load } from "./scenario.ts";
import type { Family, Reading } from "./units.ts";

export const RECORD_SCHEMA = 2;
/** Bumped whenever a change of method makes figures incomparable with older ones; see CHANGELOG "method changed". */
export const METHOD = "tare-2026.1";

export type RecordLine = Header | TurnLine | TrialLine | BlockLine | BackpressureLine | ResumeLine | EndLine;

export interface Header {
  readonly type: "header";
  readonly schema: 1 | typeof RECORD_SCHEMA;
  readonly method: string;
  readonly tool: { readonly name: "tare"; readonly version: string; readonly commit: Reading<string> };
  readonly run: string;
  readonly startedAt: string;
  readonly command: readonly string[];
  readonly plan: Plan;
  readonly host: HostFingerprint;
  readonly agents: readonly AgentStatus[];
  /** Capabilities that this node lacks, worded for people: "hardware counters: not measurable here (...)". */
  readonly notMeasurable: readonly string[];
}

export interface HostFingerprint {
  readonly hostname: string;
  readonly machineIdHash: Reading<string>;
  readonly arch: string;
  readonly kernel: string;
  readonly distribution: string;
  readonly cpuModel: string;
  readonly cpus: number;
  readonly possibleCpus: Reading<string>;
  readonly memoryBytes: number;
  readonly pageSize: Reading<number>;
  readonly virtualisation: string;
  /** True under full CPU emulation: figures are functional only. */
  readonly emulated: boolean;
  /** On what `emulated` rests, and whether it could be told at all; absent in records from before it was asked. */
  readonly emulation?: Emulation;
  readonly cgroup: "v1" | "v2" | "none";
  readonly clocksource: Reading<string>;
  readonly governor: Reading<string>;
  readonly mitigations: Reading<string>;
  readonly node: string;
  readonly bootId: Reading<string>;
}

export interface AgentStatus {
  readonly id: string;
  readonly title: string;
  readonly role: AgentRole;
  /** Only where `role` is "calibration". */
  readonly injects?: Injects;
  readonly status: "measured" | "skipped";
  readonly version: string | null;
  /** Why it was skipped. */
  readonly reason: string | null;
  /** What to do about it. */
  readonly hint: string | null;
  readonly observes: readonly Family[];
  readonly blindSpots: readonly string[];
  /** What its data sheet says of it when it cannot keep up; absent in records that did not ask. */
  readonly overload?: Agent["overload"];
  /** Scenarios of the plan of which it does not see every event by design; absent: it sees all that it observes. */
  readonly blindTo?: readonly (Blindness & { readonly scenario: string })[];
}

/** One start and stop of an agent. */
export interface TurnLine {
  readonly type: "turn";
  readonly block: number;
  readonly turn: number;
  readonly agent: string;
  readonly outcome: TurnOutcome;
  /** What was still on the node after the stop; empty is what it should be. */
  readonly leftovers: readonly string[];
  readonly endedAt: string;
}

export type TurnOutcome =
  | {
      readonly kind: "started";
      readonly readyMs: number;
      readonly stopMs: number;
      readonly settings: Readonly<Record<string, string>>;
    }
  | Failed;

export interface TrialLine {
  readonly type: "trial";
  readonly id: string;
  readonly block: number;
  readonly turn: number;
  readonly agent: string;
  readonly baseline: 1 | 2 | null;
  readonly scenario: string;
  readonly load: Load;
  readonly placement: CpuPlacement;
  /** 1, or 2 and 3 for a trial that was done again in the same slot because of noise. */
  readonly attempt: number;
  /** Why this attempt was given up for another one, from noise readings alone; null for the attempt that counts. */
  readonly rejected: string | null;
  readonly startedAt: string;
  readonly outcome: TrialOutcome;
}

export type TrialOutcome =
  | {
      readonly kind: "measured";
      readonly driver: Omit<DriverResult, "edges">;
      readonly cpu: CpuReading;
      readonly memory: MemoryReading;
      readonly noise: NoiseReading;
      readonly ledger: LedgerReading;
      readonly outputBytes: Reading<number>;
      /** What a calibration agent truly did in this trial; null for every other agent. */
      readonly injected: Reading<Injected> | null;
      /** Anything that makes the trial doubtful without making it void, worded for people. */
      readonly defects: readonly string[];
    }
  | (Skipped & { readonly hint: string })
  | Failed;

/** CPU time in nanoseconds over the window, read by the driver at its very edges. */
export interface CpuReading {
  readonly windowNs: number;
  /** All CPUs: wall minus idle minus iowait minus steal. */
  readonly systemBusyNs: Reading<number>;
  readonly agentNs: Reading<number>;
  /** The agent's CPU after the window until its output was drained: work that the window caused and did not pay. */
  readonly agentDrainNs: Reading<number>;
  /** The harness itself, which should sleep; not part of `systemBusyNs`. */
  readonly harnessNs: Reading<number>;
  /** Kernel threads and daemons that work for an agent (kauditd, journald ...), by name. */
  readonly helpersNs: Readonly<Record<string, number>>;
}

export interface MemoryReading {
  /** Proportional set size of the agent's processes, bytes. */
  readonly pssBytes: Reading<number>;
  readonly peakBytes: Reading<number>;
  readonly bpfMapBytes: Reading<number>;
}

/** What disturbed the trial from outside. Judged without looking at the effect. */
export interface NoiseReading {
  /** Share of the window's CPU time stolen by the hypervisor, percent. */
  readonly stealPercent: Reading<number>;
  /** Share of the window in which some task waited for a CPU, percent. */
  readonly cpuPressurePercent: Reading<number>;
  /** Wall over CPU time of the workload. */
  readonly wallOverCpu: number;
  /** The pure user loop around the window, nanoseconds. */
  readonly spinNs: readonly [number, number];
  readonly syscallNs: readonly [number, number];
  readonly involuntarySwitches: number;
}

export type LedgerReading =
  | {
      readonly kind: "counted";
      /** Operations by the workload's own count, of the kinds that the agent is asked for. */
      readonly operations: number;
      /** Distinct tokens of the window found in the agent's output. */
      readonly delivered: number;
      /** The same for each kind of operation, where the scenario has several and the agent tells operations apart. */
      readonly kinds?: readonly TechniqueReading[];
      /** Further sightings of a token already seen. */
      readonly duplicates: number;
      /** Lost by the agent's own counters during this trial. */
      readonly declaredLost: Reading<number>;
      /** How long after the window operations still came in, milliseconds. */
      readonly drainMs: number;
      /** False when they still came in when the harness stopped waiting. */
      readonly drained: boolean;
    }
  | { readonly kind: "not-observed"; readonly why: string; readonly cause: NotObserved };

/**
 * `no-events`: the scenario raises none, whatever the agent. `by-design`: the agent does not observe them. `not-counted`: it may observe them,
 * and nothing that it writes tells of them.
 */
export type NotObserved = "no-events" | "by-design" | "not-counted";

/** One kind of a scenario's operations. */
export interface TechniqueReading {
  readonly kind: string;
  readonly operations: number;
  /** `missing` where the agent is not asked for this kind, with the reason. */
  readonly delivered: Reading<number>;
}

/** Blocks whose turns all ran, so that an interrupted run resumes after the last of them. */
export interface BlockLine {
  readonly type: "block";
  readonly block: number;
  readonly durationMs: number;
}

/** What an agent did when its readers were stopped and its buffers had to overflow. Never a cost. */
export interface BackpressureLine {
  readonly type: "overflow";
  readonly id: string;
  readonly agent: string;
  readonly scenario: string;
  readonly load: Load;
  readonly startedAt: string;
  readonly outcome: BackpressureOutcome;
  /** As in a turn. */
  readonly leftovers: readonly string[];
}

export type BackpressureOutcome =
  | {
      readonly kind: "measured";
      /** Of the agent with its smallest buffers. */
      readonly settings: Readonly<Record<string, string>>;
      readonly operations: number;
      readonly delivered: number;
      readonly duplicates: number;
      readonly declaredLost: Reading<number>;
      readonly drainMs: number;
      readonly drained: boolean;
      /** How long the readers were stopped, milliseconds. */
      readonly stoppedMs: number;
      /** Why they were continued: all operations were done, the workload no longer got on, or it took too long in all. */
      readonly continued: "window-over" | "no-progress" | "time-limit";
      readonly windowNs: number;
      /** Time of each operation. */
      readonly service: Histogram;
    }
  | Skipped
  | Failed;

export interface ResumeLine {
  readonly type: "resume";
  readonly resumedAt: string;
  /** The block that is run again from its start: turns and trials of it above this line are superseded. */
  readonly block: number;
  readonly host: HostFingerprint;
}

export interface EndLine {
  readonly type: "end";
  readonly endedAt: string;
  /** `precise-enough`: the variance of the pilot asked for no more blocks than these. */
  readonly reason: "complete" | "time-budget" | "precise-enough";
  readonly blocks: number;
}
