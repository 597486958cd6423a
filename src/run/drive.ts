/** The conversation with a driver: prepared, go, result (see docs/driver-protocol.md). The harness sleeps while the window is open. */
import { DriverResult } from "../domain/driver.ts";
import { describeExit, type EffectScope, type Host, type HostProcess } from "../domain/host.ts";
import type { Trial } from "../domain/plan.ts";
import { operationsOf, type Scenario } from "../domain/scenario.ts";
import { checkedJson } from "../domain/schema.ts";
import { StageFailure } from "./context.ts";
import { lastLines } from "./last-lines.ts";
import { type Namespaces, startedIn } from "./namespaces.ts";

export interface PreparedDriver {
  readonly pid: number;
  go(): Promise<DriverResult>;
}

export interface DriveRequest {
  readonly scenario: Scenario;
  readonly trial: Trial;
  readonly directory: string;
  readonly snapshots: readonly string[];
  readonly stderr: string;
  /** Length of the environment padding: where the stack starts decides speed, so it is varied, not fixed by chance. */
  readonly paddingBytes: number;
  readonly namespaces: Namespaces;
  readonly signal: AbortSignal;
}

const PREPARE_MS = 60_000;
/** A closed loop takes as long as the node needs; one that is ten times slower than anything seen is stuck. */
const CLOSED_WINDOW_MS = 180_000;

export const prepareDriver = async (
  host: Host,
  effects: EffectScope,
  request: DriveRequest,
): Promise<PreparedDriver> => {
  const [command, ...args] = driverCommand(host, request);
  const process = await effects.start(
    startedIn(request.namespaces, {
      command,
      args,
      env: { TARE_PADDING: "x".repeat(request.paddingBytes) },
      stdout: "pipe",
      stderr: request.stderr,
      ...(request.trial.placement === "free" ? { cpus: allCpus(host) } : {}),
    }),
    { signals: ["SIGTERM"], graceMs: 2000 },
  );
  const first = await within(host, process.readLine(), PREPARE_MS, "prepare", request.signal);
  if (first !== '{"driver":"prepared"}')
    throw await failure(host, process, request, "prepare", first === undefined ? undefined : printed(first));
  return {
    pid: process.pid,
    go: async () => {
      process.writeLine("go");
      const line = await within(host, process.readLine(), windowMs(request.trial), "window", request.signal);
      if (line === undefined) throw await failure(host, process, request, "window", undefined);
      const read = checkedJson(DriverResult, line, "the line");
      if (read.kind === "fault") {
        const what = `printed a line in which ${read.what}`;
        throw await failure(host, process, request, "window", what);
      }
      process.closeInput();
      await process.exited;
      return read.content;
    },
  };
};

const allCpus = (host: Host): readonly number[] => Array.from({ length: host.cpus }, (_, cpu) => cpu);

/** The last CPU: interrupts and the harness favour the first. */
export const workloadCpu = (host: Host): number => host.cpus - 1;

const driverCommand = (host: Host, request: DriveRequest): readonly [string, ...string[]] => {
  const { scenario, trial, directory, snapshots } = request;
  const { load } = trial;
  const flags = [
    `--trial=${trial.id}`,
    `--mode=${load.kind}`,
    `--batches=${load.batches}`,
    `--batch-operations=${load.batchOperations}`,
    `--warmup-operations=${load.warmupOperations}`,
    ...(load.kind === "open" ? [`--rate=${load.ratePerSecond}`] : []),
    ...(trial.placement === "pinned" ? [`--cpu=${workloadCpu(host)}`] : []),
    `--directory=${directory}`,
    ...snapshots.map((path) => `--snapshot=${path}`),
  ];
  return [...programOf(host, scenario), ...flags];
};

export const programOf = (host: Host, scenario: Scenario): readonly [string, ...string[]] => {
  switch (scenario.driver.kind) {
    case "native":
      return [`${host.root}/build/scenarios/${scenario.driver.program}`];
    case "tinybench":
      return [process.execPath, `${host.root}/${scenario.driver.module}`];
  }
};

const windowMs = (trial: Trial): number =>
  trial.load.kind === "open"
    ? (operationsOf(trial.load) / trial.load.ratePerSecond) * 3000 + 30_000
    : CLOSED_WINDOW_MS;

const failure = async (
  host: Host,
  process: HostProcess,
  request: DriveRequest,
  stage: string,
  instead: string | undefined,
): Promise<StageFailure> => {
  const how = instead ?? `ended (${describeExit(await process.exited)})`;
  return new StageFailure(
    stage,
    `the ${request.scenario.id} driver ${how} where ${stage === "prepare" ? '{"driver":"prepared"}' : "a result"} was due`,
    await lastLines(host, [request.stderr]),
  );
};

const printed = (line: string): string => `printed "${line.slice(0, 80)}"`;

/** @throws StageFailure when the work takes longer; the signal's reason when the run is interrupted */
export const within = async <T>(
  host: Host,
  work: Promise<T>,
  atMost: number,
  stage: string,
  signal: AbortSignal,
): Promise<T> => {
  const waited = await host.within(work, { atMost, signal });
  if (waited.kind === "met") return waited.value;
  throw new StageFailure(stage, `nothing came within ${Math.round(waited.seconds)} s`);
};
