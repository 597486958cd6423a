/**
 * A storm of another workload's operations beside a trial: drivers at a bounded rate in a cgroup of their own, one for each CPU that they may use.
 *
 *     drivers prepared -> guard armed -> go -> (the trial's window) -> guard and drivers ended
 *
 * It is ended on every path: by the scope's undo, by the journal's, by a guard outside of tare and by the kernel when tare dies, and by itself when
 * its operations are done.
 */
import type { Beside, Storm, StormReading } from "../domain/beside.ts";
import { MAX_STORM_PROCESSES, MAX_STORM_SECONDS } from "../domain/bounds.ts";
import { DriverPrepared } from "../domain/driver.ts";
import { describeExit, type EffectScope, type Host, type HostProcess } from "../domain/host.ts";
import type { Scenario } from "../domain/scenario.ts";
import { checkedJson } from "../domain/schema.ts";
import { type RunContext, StageFailure } from "./context.ts";
import { programOf, within, workloadCpu } from "./drive.ts";
import { armGuard } from "./guard.ts";
import { lastLines } from "./last-lines.ts";
import { type Namespaces, startedIn } from "./namespaces.ts";

const PREPARE_MS = 30_000;
/** Until agent and storm have found their pace beside each other. */
const LEAD_MS = 300;

export type StormContext = Pick<RunContext, "host" | "scratch" | "emit">;

export interface StormRequest {
  readonly scenario: Scenario;
  readonly storm: Storm;
  readonly setting: Beside["setting"];
  /** In which all of it is started; empty: where tare is. */
  readonly cgroup: readonly string[];
  readonly namespaces: Namespaces;
  readonly signal: AbortSignal;
}

/** Those that the storm may use. */
const stormCpus = (host: Host, setting: Beside["setting"]): readonly number[] =>
  setting === "apart" ? host.cpus.filter((cpu) => cpu !== workloadCpu(host)) : host.cpus;

/** Why the setting cannot be had on this node; undefined where nothing is known against it. */
export const whyNoSetting = (host: Pick<Host, "cpus">, setting: Beside["setting"]): string | undefined =>
  setting === "apart" && host.cpus.length < 2
    ? "the node has one CPU, so that service and storm cannot be kept apart"
    : undefined;

/** What was asked of the storm; what came of it is read with the window. */
export type StormAsked = Pick<StormReading, "processes" | "askedPerSecond">;

/**
 * Does the work beside the storm.
 *
 * @throws StageFailure `storm` when it cannot be made, or has ended before the work
 */
export const besideStorm = async <T>(
  context: StormContext,
  request: StormRequest,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly asked: StormAsked; readonly problems: readonly string[] }> => {
  const effects = context.host.effects.scope(`storm of ${request.storm.scenario}`);
  let result: T;
  let asked: StormAsked;
  let problems: readonly string[] = [];
  try {
    const drivers = await startStorm(context, effects, request);
    await context.host.sleep(LEAD_MS, request.signal);
    result = await work();
    refuseIfOver(drivers);
    asked = { processes: drivers.length, askedPerSecond: drivers.length * request.storm.ratePerSecond };
  } finally {
    problems = (await effects.undo()).map((problem) => `not undone: ${problem}`);
    for (const message of problems) context.emit({ kind: "problem", message });
  }
  return { result, asked, problems };
};

const startStorm = async (
  context: StormContext,
  effects: EffectScope,
  { scenario, storm, setting, cgroup, namespaces, signal }: StormRequest,
): Promise<readonly HostProcess[]> => {
  const { host, scratch } = context;
  const directory = `${scratch}/storm`;
  await effects.perform({ kind: "directory", path: directory, mode: 0o700 });
  const stderr = `${scratch}/storm.stderr`;
  const cpus = stormCpus(host, setting);
  const [command, ...args] = programOf(host, scenario);
  const flags = [
    `--trial=${storm.id}`,
    "--mode=open",
    `--rate=${storm.ratePerSecond}`,
    "--batches=1",
    `--batch-operations=${Math.ceil(storm.ratePerSecond * MAX_STORM_SECONDS)}`,
    "--warmup-operations=6",
    `--directory=${directory}`,
  ];
  const drivers: HostProcess[] = [];
  const workers: number[] = [];
  while (drivers.length < Math.min(cpus.length, MAX_STORM_PROCESSES)) {
    const driver = await effects.start(
      startedIn(namespaces, {
        command,
        args: [...args, ...flags],
        stdout: "pipe",
        stderr,
        ...(cgroup.length === 0 ? {} : { cgroup }),
        cpus,
      }),
      { signals: ["SIGTERM"], graceMs: 2000 },
    );
    drivers.push(driver);
    const line = await within(host, driver.readLine(), PREPARE_MS, "storm", signal);
    const prepared = checkedJson(DriverPrepared, line ?? "", "the line");
    if (prepared.kind === "fault") {
      const exit = driver.exit();
      const how = exit === undefined ? prepared.what : describeExit(exit);
      throw new StageFailure(
        "storm",
        `a driver of the storm did not start: ${how}`,
        await lastLines(host, [stderr]),
      );
    }
    workers.push(...prepared.content.workers);
  }
  await armGuard(host, effects, {
    send: "KILL",
    pids: [...drivers.map(({ pid }) => pid), ...workers],
    seconds: MAX_STORM_SECONDS,
    purpose: "ends the storm",
    stage: "storm",
    stderr: `${scratch}/storm-guard.stderr`,
    signal,
  });
  for (const driver of drivers) driver.writeLine("go");
  return drivers;
};

const refuseIfOver = (drivers: readonly HostProcess[]): void => {
  const ended = drivers.flatMap((driver) => driver.exit() ?? []);
  const [first] = ended;
  if (first === undefined) return;
  throw new StageFailure(
    "storm",
    `${ended.length} of ${drivers.length} drivers of the storm ended before the service's window: ${describeExit(first)}`,
  );
};
