/**
 * The conversation with a driver: prepared, go, result, drained (see docs/driver-protocol.md). The harness sleeps while the window is
 * open.
 */
import { MAX_COMMAND_SECONDS } from "../domain/bounds.ts";
import { type DrainedSnapshot, DriverDrained, DriverPrepared, DriverResult } from "../domain/driver.ts";
import { describeExit, type EffectScope, type Host } from "../domain/host.ts";
import { nodeFlags } from "../domain/node-flags.ts";
import type { Trial } from "../domain/plan.ts";
import { operationsOf, type Scenario } from "../domain/scenario.ts";
import { checkedJson, type From } from "../domain/schema.ts";
import type * as z from "zod";
import { StageFailure } from "./context.ts";
import { lastLines } from "./last-lines.ts";
import { type Namespaces, startedIn } from "./namespaces.ts";

export interface PreparedDriver {
  readonly pid: number;
  /** The processes that do the operations, warmed up. They live until `drained`, or until the scope is undone. */
  readonly workers: readonly number[];
  go(): Promise<DriverResult>;
  /** Reads the snapshots for the third time and ends the driver. */
  drained(): Promise<readonly DrainedSnapshot[]>;
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
  /** Which the driver enters, where its scenario's does. */
  readonly cgroups?: readonly string[];
  /** Cgroups that the driver is started in; absent: where tare is. */
  readonly cgroup?: readonly string[];
  /** Where a free one may run; absent: where tare may. */
  readonly cpus?: readonly number[];
  readonly signal: AbortSignal;
}

const PREPARE_MS = 60_000;
/** A closed loop takes as long as the node needs; one that is ten times slower than anything seen is stuck. */
const CLOSED_WINDOW_MS = 180_000;
const DRAINED_MS = 10_000;

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
      ...(request.cgroup === undefined || request.cgroup.length === 0 ? {} : { cgroup: request.cgroup }),
      ...(request.trial.placement === "free" ? { cpus: request.cpus ?? host.cpus } : {}),
    }),
    { signals: ["SIGTERM"], graceMs: 2000 },
  );
  const said = async <S extends z.ZodType>(schema: S, stage: Stage, atMost: number): Promise<From<S>> => {
    const line = await within(host, process.readLine(), atMost, stage, request.signal);
    if (line === undefined) {
      const how = `ended (${describeExit(await process.exited)})`;
      throw await failure(host, request, stage, how);
    }
    const read = checkedJson(schema, line, "the line");
    if (read.kind === "fits") return read.content;
    throw await failure(host, request, stage, `printed a line in which ${read.what}`);
  };
  const { workers } = await said(DriverPrepared, "prepare", prepareMs(request.scenario));
  return {
    pid: process.pid,
    workers,
    go: async () => {
      process.writeLine("go");
      return await said(DriverResult, "window", windowMs(request));
    },
    drained: async () => {
      process.writeLine("drained");
      const { snapshots: read } = await said(DriverDrained, "drain", DRAINED_MS);
      process.closeInput();
      await process.exited;
      return read;
    },
  };
};

/** The last CPU: interrupts and the harness favour the first. */
export const workloadCpu = ({ cpus }: Pick<Host, "cpus">): number => cpus.at(-1) ?? 0;

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
    ...commandFlags(request),
    ...(request.cgroups ?? []).map((folder) => `--cgroup=${folder}`),
  ];
  return [...programOf(host, scenario), ...flags];
};

const commandFlags = ({ scenario, directory }: DriveRequest): readonly string[] => {
  const { driver, id } = scenario;
  if (driver.kind !== "command") return [];
  return [
    `--command=${driver.run}`,
    ...(driver.preparation === undefined ? [] : [`--preparation=${driver.preparation}`]),
    `--in=${driver.directory ?? `${directory}/${id}`}`,
    `--limit-seconds=${MAX_COMMAND_SECONDS}`,
  ];
};

export const programOf = (host: Host, scenario: Scenario): readonly [string, ...string[]] => {
  switch (scenario.driver.kind) {
    case "native":
      return [`${host.root}/build/scenarios/${scenario.driver.program}`];
    case "tinybench":
      return [process.execPath, ...nodeFlags(), `${host.root}/${scenario.driver.module}`];
    case "command":
      return [`${host.root}/build/scenarios/command`];
    case "none":
      throw new RangeError(`${scenario.id} has no driver, and none is started for it`);
  }
};

/** What its own limit ends is told better by itself. */
const COMMAND_MS = (MAX_COMMAND_SECONDS + 10) * 1000;

/** A command is prepared, and then run once. */
const prepareMs = ({ driver }: Scenario): number =>
  driver.kind === "command" ? PREPARE_MS + 2 * COMMAND_MS : PREPARE_MS;

const windowMs = ({ scenario, trial: { load } }: DriveRequest): number => {
  if (scenario.driver.kind === "command") return operationsOf(load) * COMMAND_MS;
  return load.kind === "open" ? (operationsOf(load) / load.ratePerSecond) * 3000 + 30_000 : CLOSED_WINDOW_MS;
};

const DUE = {
  prepare: '{"driver":"prepared"}',
  window: "a result",
  drain: '{"driver":"drained"}',
} as const;
type Stage = keyof typeof DUE;

const failure = async (
  host: Host,
  { scenario, stderr }: DriveRequest,
  stage: Stage,
  did: string,
): Promise<StageFailure> =>
  new StageFailure(
    stage,
    `the ${scenario.id} driver ${did} where ${DUE[stage]} was due`,
    await lastLines(host, [stderr]),
  );

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
