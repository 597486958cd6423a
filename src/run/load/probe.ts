/**
 * One window of a workload at one rate, while an agent runs:
 *
 *     driver prepared, guard armed -> agent at rest -> window (the harness sleeps) -> the usual delay -> how far has the output come?
 *         -> a moment more -> how far now? -> drain -> count
 *
 * What comes after the usual delay shows a backlog: at a rate that the agent can sustain there is none, however large its buffers.
 */
import { MAX_GUARDED_SECONDS } from "../../domain/bounds.ts";
import type { DriverResult } from "../../domain/driver.ts";
import type { EffectScope } from "../../domain/host.ts";
import type { Trial } from "../../domain/plan.ts";
import { type Load, offeredRate, operationsOf, type Scenario, type View } from "../../domain/scenario.ts";
import type { Probe, ProbeKind } from "../../domain/under-load.ts";
import type { AgentActivity } from "../../observe/agent-activity.ts";
import { attachTo } from "../attach.ts";
import { type RunContext, StageFailure } from "../context.ts";
import { refuseIfDead } from "../crash.ts";
import { prepareDriver, type PreparedDriver } from "../drive.ts";
import { closing, follow, type Follower } from "../follow.ts";
import { armGuard } from "../guard.ts";
import { drainPushing } from "../push-out.ts";
import { awaitRest } from "../rest.ts";
import type { StartedAgent } from "../start-agent.ts";
import type { NodeWatch } from "../watch-node.ts";

/** An agent that is ready, and the workload that it is put under. */
export interface LoadPlace extends StartedAgent {
  readonly context: RunContext;
  readonly scenario: Scenario;
  readonly view: View;
  readonly activity: AgentActivity;
  readonly watch: NodeWatch;
  readonly signal: AbortSignal;
  /** The host's clock when it was ready. */
  readonly readyAt: number;
  /** Ids of the probes so far. */
  readonly used: string[];
  /** What could not be undone. */
  readonly problems: string[];
}

/** What an agent's own threads may wait for a CPU beyond its usual delay. What comes within that is no sign of a backlog. */
const MOMENT_MS = 50;

const WARMUP_OPERATIONS = 12;

export const closedLoad = (operations: number): Load => ({
  kind: "closed",
  batches: 1,
  batchOperations: operations,
  warmupOperations: WARMUP_OPERATIONS,
});

export const openLoad = (ratePerSecond: number, operations: number): Load => ({
  ...closedLoad(operations),
  kind: "open",
  ratePerSecond,
});

interface ProbeRequest {
  readonly kind: ProbeKind;
  readonly load: Load;
  /** The agent's usual delay; undefined where this probe is to tell it. */
  readonly lagMs: number | undefined;
  /** Nothing is to happen before for so long. */
  readonly quietMs?: number;
}

export const probe = async (place: LoadPlace, request: ProbeRequest): Promise<Probe> => {
  const { context, signal, running, agent } = place;
  const { host } = context;
  const { kind, load, lagMs = 0 } = request;
  await place.watch.look();
  await trimOutputs(place);
  place.bound.forget();
  return await inOwnScope(place, (effects) =>
    closing(async (keep) => {
      const trial = trialOf(place, load);
      const follower = keep(await followed(place, trial));
      const driver = await prepared(place, effects, trial, context.watchedDirectory);
      await guard(place, effects, [driver]);
      await atRest(place, follower);
      if (request.quietMs !== undefined) await host.sleep(request.quietMs, signal);
      follower.forget();
      host.collectGarbage();
      const began = host.now();
      const looks: number[] = [];
      const look = async (): Promise<void> => {
        await follower.mark();
        looks.push(host.now());
      };
      const result = await lookingAtEnd(place, driver.go(), load, look);
      const windowMs = (result.endNs - result.startNs) / 1e6;
      const endedAt = windowEnd(began, windowMs, host.now());
      await host.sleep(lagMs, signal);
      await look();
      await host.sleep(MOMENT_MS, signal);
      await look();
      const drainAt = host.now();
      const done = operationsIn(result);
      const drained = await drainPushing(
        {
          host,
          effects,
          agent,
          follower,
          sentinel: place.scenario,
          place: sentinelPlace(place),
          signal,
        },
        done,
      );
      await refuseIfDead(host, agent, running, "under load");
      await driver.drained();
      await refuseUncounted(place, follower);
      const { delivered, duplicates } = follower.counts();
      const counts = follower.delivered();
      const byThen = (at: number): number => counts[looks.findIndex((one) => one >= at)] ?? delivered;
      const usual = byThen(endedAt + lagMs);
      const inTime = byThen(endedAt + lagMs + MOMENT_MS);
      const all = looks[counts.findIndex((count) => count >= delivered)] ?? drainAt + drained.drainMs;
      const allMs = Math.round(Math.max(0, all - endedAt));
      const restMs = request.lagMs === undefined || delivered > inTime ? allMs : 0;
      return {
        id: trial.id,
        kind,
        load,
        atMs: Math.round(began - place.readyAt),
        operations: done,
        delivered,
        ...(request.lagMs === undefined
          ? { late: 0, lagMs: allMs }
          : { late: delivered > inTime ? delivered - usual : 0, lagMs: Math.round(lagMs) }),
        duplicates,
        ...timesOf(result),
        restMs,
        drained: drained.drained,
      };
    }),
  );
};

/** Between two looks at the output near the window's end. */
const LOOK_MS = 25;

/** The driver tells its result some time after the window: from when the last operation was due, the output is looked at until then. */
const lookingAtEnd = async (
  { context: { host }, signal }: LoadPlace,
  going: Promise<DriverResult>,
  load: Load,
  look: () => Promise<void>,
): Promise<DriverResult> => {
  const rate = offeredRate(load);
  if (rate === null) return await going;
  let atMost = (1000 * operationsOf(load)) / rate;
  for (;;) {
    const waited = await host.within(going, { atMost, signal });
    if (waited.kind === "met") return waited.value;
    await look();
    atMost = LOOK_MS;
  }
};

/** What the driver does before its window takes as long as what it does after it. */
export const windowEnd = (went: number, windowMs: number, came: number): number =>
  came - Math.max(0, came - went - windowMs) / 2;

export const trialOf = ({ context, scenario, used }: LoadPlace, load: Load): Trial => {
  const id = context.retryId(used.slice(-RECENT));
  used.push(id);
  return { id, scenario: scenario.id, load, placement: "pinned" };
};

/** A network token has room for the last digit of an id alone, so that those in a row must differ in it. */
const RECENT = 6;

export const followed = async ({ context, running, view }: LoadPlace, trial: Trial): Promise<Follower> => {
  const follower = await follow(context.host, running.outputs, view, trial);
  if (follower === undefined) throw new StageFailure("load", "its output does not tell of these operations");
  return follower;
};

export const prepared = async (
  place: LoadPlace,
  effects: EffectScope,
  trial: Trial,
  directory: string,
): Promise<PreparedDriver> => {
  const { context, scenario, namespaces, running, signal } = place;
  const driver = await prepareDriver(context.host, effects, {
    scenario,
    trial,
    directory,
    snapshots: [],
    stderr: `${context.scratch}/driver.stderr`,
    paddingBytes: 0,
    namespaces,
    signal,
  });
  await attachTo(driver.workers, running);
  return driver;
};

/** From now on they are ended when tare dies, or stands still. */
export const guard = async (
  { context: { host, scratch }, signal }: LoadPlace,
  effects: EffectScope,
  drivers: readonly PreparedDriver[],
): Promise<void> => {
  await armGuard(host, effects, {
    send: "KILL",
    pids: drivers.flatMap(({ pid, workers }) => [pid, ...workers]),
    seconds: MAX_GUARDED_SECONDS,
    purpose: "ends the load",
    stage: "load",
    stderr: `${scratch}/load-guard.stderr`,
    signal,
  });
};

export const atRest = async (
  { context, activity, agent, usual, signal }: LoadPlace,
  follower: Follower,
): Promise<void> => {
  await awaitRest(context.host, {
    activity,
    follower,
    usual,
    quietMs: agent.flushIntervalMs,
    signal,
  });
};

export const operationsIn = ({ operations }: DriverResult): number =>
  operations.reduce((sum, { count }) => sum + count, 0);

export const timesOf = ({
  startNs,
  endNs,
  operations,
}: DriverResult): Pick<Probe, "windowNs" | "workloadCpuNs" | "latency"> => {
  const [timed] = operations;
  if (timed === undefined) throw new StageFailure("load", "the driver timed nothing");
  return {
    windowNs: endNs - startNs,
    workloadCpuNs: operations
      .flatMap(({ batches }) => batches)
      .reduce((sum, { cpuNs, paceCpuNs = 0 }) => sum + cpuNs + paceCpuNs, 0),
    latency: timed.response ?? timed.service,
  };
};

const sentinelPlace = ({ context, namespaces }: LoadPlace) => ({
  directory: context.watchedDirectory,
  namespaces,
  stderr: `${context.scratch}/sentinel.stderr`,
});

/** @throws StageFailure where the harness cut off what was written, or could not read it */
export const refuseUncounted = async ({ bound }: LoadPlace, follower: Follower): Promise<void> => {
  const cut = bound.cut();
  if (cut !== undefined) throw new StageFailure("load", `not counted: ${cut}`);
  const written = await follower.written();
  if (written.kind === "missing") throw new StageFailure("load", `not counted: ${written.reason}`);
};

/** Undone on every path; what cannot be is told with the start. */
export const inOwnScope = async <T>(
  { context, problems }: LoadPlace,
  work: (effects: EffectScope) => Promise<T>,
): Promise<T> => {
  const effects = context.host.effects.scope("probe");
  try {
    return await work(effects);
  } finally {
    const left = (await effects.undo()).map((problem) => `not undone: ${problem}`);
    for (const message of left) context.emit({ kind: "problem", message });
    problems.push(...left);
  }
};

/** A start writes as much as many trials, and none of it is looked at twice. */
const MAX_KEPT_BYTES = 2 ** 28;

const trimOutputs = async ({ context: { host, scratch }, running }: LoadPlace): Promise<void> => {
  for (const { path } of running.outputs) {
    const size = await host.fileSize(path);
    if (size.kind === "value" && size.value > MAX_KEPT_BYTES && path.startsWith(`${scratch}/`))
      await host.cutFile(path);
  }
};
