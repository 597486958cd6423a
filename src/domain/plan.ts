/** What will be done, decided before anything is started. The same seed gives the same plan. */
import type { Namespace } from "./agent.ts";
import type { Load } from "./scenario.ts";
import type { MetricId } from "./units.ts";

export type ProfileId = "smoke" | "quick" | "standard" | "thorough";
export const PROFILE_IDS: readonly ProfileId[] = ["smoke", "quick", "standard", "thorough"];

/** `pinned`: the workload owns one CPU, agent and harness share the others. `free`: the scheduler decides, as in production. */
export type CpuPlacement = "pinned" | "free";

export interface Trial {
  /** Unique in the run; its four hexadecimal digits are part of every token. */
  readonly id: string;
  readonly scenario: string;
  readonly load: Load;
  readonly placement: CpuPlacement;
}

export interface Turn {
  readonly agent: string;
  /** 1 or 2 for the two baselines of a block. */
  readonly baseline?: 1 | 2;
  /** In the (shuffled) order in which they run. */
  readonly trials: readonly Trial[];
}

/** Every agent once and `baseline` twice, one in each half, in seeded random order: the independent replicate. */
export interface Block {
  readonly index: number;
  readonly turns: readonly Turn[];
}

/** One start of an agent with its smallest buffers, its readers stopped while a workload runs. Part of no block and of no cost. */
export interface BackpressureTurn {
  readonly agent: string;
  readonly trial: Trial;
}

/** About how long one takes, seconds: start, sentinel, a stop that a blocking agent lengthens, drain, end. */
export const OVERFLOW_SECONDS = 5;

export interface Budget {
  /** A scenario's id, or "*" for all. */
  readonly scenario: string;
  readonly metric: MetricId | "loss";
  readonly limit:
    /** At most this much above baseline, in percent (for `loss`: percent of the operations). */
    | { readonly kind: "percent"; readonly percent: number }
    /** At most this much above baseline (paired) or in all (level), in the metric's unit. */
    | { readonly kind: "absolute"; readonly value: number };
}

export interface Plan {
  readonly seed: number;
  readonly profile: ProfileId;
  readonly agents: readonly string[];
  readonly scenarios: readonly string[];
  readonly blocks: readonly Block[];
  /** Files that custom agents come from, as they were given; absent: none. */
  readonly agentFiles?: readonly string[];
  /** Services of the node's owner that are measured, as `--attach` named them; absent: none. */
  readonly attached?: readonly string[];
  /** Done after the blocks, in this order; absent: none. */
  readonly overflow?: readonly BackpressureTurn[];
  /** Where the files lie that the workload opens: different file systems are different workloads. */
  readonly filesOn: "disk" | "tmpfs";
  /** Namespaces of the run's own in which every workload runs, because an agent of the plan needs it so; absent: the node's. */
  readonly isolation?: readonly Namespace[];
  /**
   * `fixed`: all blocks. `blind`: after a pilot, as many as the variance of what is budgeted asks for, whatever the costs are. Never more than
   * there are blocks or time.
   */
  readonly stop: "fixed" | "blind";
  /** No block is started that would end after this; undefined: no limit. */
  readonly timeBudgetSeconds: number | undefined;
  readonly budgets: readonly Budget[];
  /** Where the budgets come from: a file's name, or "tare's default". */
  readonly budgetSource: string;
}

export const BASELINE = "baseline";

/** Known costs and losses by which the instrument proves itself: measured like sensors, never judged or compared as one. */
export const isCalibration = (agent: string): boolean => agent.startsWith("calibration-");

/** A service of the node's owner: started and stopped by its own manager, its settings left alone. */
export const isAttached = (agent: string): boolean => agent.endsWith("@attached");
