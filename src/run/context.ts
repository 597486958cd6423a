/** What a run is conducted with, and what it reports on the way. */
import type { Agent } from "../domain/agent.ts";
import type { EffectScope, Exit, Host } from "../domain/host.ts";
import type { Plan, Trial, Turn } from "../domain/plan.ts";
import type { RecordLine } from "../domain/record.ts";
import type { Scenario } from "../domain/scenario.ts";
import type { LoadGuide, LoadLine, LoadTurn } from "../domain/under-load.ts";
import type { WatchTurn } from "../domain/watch.ts";
import type { NoiseGate } from "./noise-gate.ts";
import type { NodeState } from "../observe/node-state.ts";

export interface RunContext {
  readonly host: Host;
  readonly plan: Plan;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly scenarios: ReadonlyMap<string, Scenario>;
  /** Name for cgroups: starts with `tare-`. */
  readonly name: string;
  readonly effects: EffectScope;
  /** Folder for what lives as long as the run, below it everything that the workload opens. Short: sensors cut long paths. */
  readonly scratch: string;
  readonly watchedDirectory: string;
  /** Folders on the disks that the run writes to. */
  readonly disks: readonly string[];
  readonly before: NodeState;
  /** Whether to keep processes clear of audit while no audit agent runs. */
  readonly guardAudit: boolean;
  readonly harnessPid: number;
  /** Those that agent and workload keep to in a turn; absent: all. */
  readonly cpus?: readonly number[];
  readonly noiseGate: NoiseGate;
  /** An id for a trial that is done again; `taken` are those used in its turn so far. */
  retryId(taken: readonly string[]): string;
  /** Blocks after which the run is precise enough, from the variance alone; asked for after each block. Undefined: all of them. */
  blocksNeeded?(): number;
  readonly overflowed?: ReadonlySet<string>;
  /** Starts under rising load that the record holds already. */
  readonly loaded?: readonly LoadLine[];
  /** Absent where no such start is planned. */
  readonly loadGuide?: LoadGuide;
  /** Turns of the coverage that a record holds already. */
  readonly covered?: ReadonlySet<string>;
  /** Of watches that the record holds already. */
  readonly watched?: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** Aborted where no turn may follow the one that runs, which is still recorded; absent: nothing does that. */
  readonly ends?: AbortSignal;
  /** Appends a line to the record; resolves when it is on disk. */
  append(line: RecordLine): Promise<void>;
  emit(event: RunEvent): void;
}

/** Progress. It carries no effect of any agent: a live view of effects invites stopping at a good one. */
export type RunEvent =
  | { readonly kind: "block"; readonly block: number; readonly elapsedMs: number }
  | {
      readonly kind: "turn";
      readonly block: number;
      readonly turn: Turn;
      readonly step: "start" | "ready" | "stop";
    }
  | { readonly kind: "trial"; readonly block: number; readonly agent: string; readonly trial: Trial }
  | {
      readonly kind: "trial-done";
      readonly outcome: "measured" | "rejected" | "skipped" | "failed";
      readonly message: string | undefined;
    }
  | { readonly kind: "overflow"; readonly agent: string; readonly scenario: string }
  | { readonly kind: "load"; readonly turn: LoadTurn; readonly step: string }
  | { readonly kind: "coverage"; readonly agent: string }
  | { readonly kind: "watch"; readonly block: number; readonly turn: WatchTurn }
  | { readonly kind: "problem"; readonly message: string };

/** An agent or a driver did something wrong: expected inside a run and recorded; the run goes on. */
export class StageFailure extends Error {
  readonly stage: string;
  readonly lastLines: readonly string[];
  /** How a process of the agent ended that nothing had told to. */
  readonly crash: Exit | undefined;

  constructor(stage: string, message: string, lastLines: readonly string[] = [], crash?: Exit) {
    super(message);
    this.name = "StageFailure";
    this.stage = stage;
    this.lastLines = lastLines;
    this.crash = crash;
  }
}
