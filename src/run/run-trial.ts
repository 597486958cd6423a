/**
 * One scenario under one running agent:
 *
 *     driver prepared and warmed up -> agent at rest -> offsets and counters read -> window (the harness sleeps)
 *         -> drain -> agent at rest -> driver reads its files once more -> counters, memory -> outcome
 *
 * What the warm-up caused is over by the time that anything is read, so it is in no figure.
 */
import type { Agent, Injected, RunningAgent } from "../domain/agent.ts";
import type { DriverResult } from "../domain/driver.ts";
import type { EffectScope } from "../domain/host.ts";
import { BASELINE, type Trial } from "../domain/plan.ts";
import { type Family, type Reading, missing, rise, value } from "../domain/units.ts";
import type { LedgerReading, MemoryReading, TimedOutcome } from "../domain/trial-outcome.ts";
import { operationsOf, type Scenario, type View, viewOf } from "../domain/scenario.ts";
import { watchActivity } from "../observe/agent-activity.ts";
import { cpuFiles, readDrainCpu, readWindowCpu } from "../observe/cpu.ts";
import { startsPerSecond } from "../observe/starts.ts";
import { readMemory, watchPeak } from "../observe/memory.ts";
import { othersCores, PRESSURE, readNoise } from "../observe/noise.ts";
import { sinceWindow } from "../observe/snapshots.ts";
import { ownPids } from "./agent-pids.ts";
import { attachTo } from "./attach.ts";
import { prepareBeside, tellsFromStorm } from "./beside.ts";
import type { RunContext } from "./context.ts";
import { gapIn, seesAnyOf } from "./coverage.ts";
import { refuseIfDead } from "./crash.ts";
import { drain } from "./drain.ts";
import { prepareDriver } from "./drive.ts";
import { refuseIfEscaped, refuseIfStrayed } from "./escape.ts";
import { closing, follow, type Follower, watchEvents, watchVolume } from "./follow.ts";
import { drainPushed } from "./push-out.ts";
import { askedOperations, techniqueReadings } from "./techniques.ts";
import { refuseFullDisk } from "./refuse-full-disk.ts";
import { awaitRest } from "./rest.ts";
import { commandTree, lackingPrograms, lossDefects } from "./command-tree.ts";
import type { StartedAgent } from "./start-agent.ts";
import { inScope } from "./turn-scope.ts";

export interface TrialRequest extends StartedAgent {
  readonly scenario: Scenario;
  readonly trial: Trial;
}

const NOT_ASKED = missing("no events are counted in this trial");

export const runTrial = async (context: RunContext, request: TrialRequest): Promise<TimedOutcome> => {
  const refusal = request.agent.tooManyOperations?.(operationsOf(request.trial.load));
  if (refusal !== undefined) {
    return { kind: "skipped", reason: refusal, hint: "a smaller profile has fewer operations" };
  }
  const lacking = await lackingPrograms(context.host, request.scenario);
  if (lacking !== undefined) return { kind: "skipped", ...lacking };
  const { outcome, problems } = await inScope(context, `trial ${request.trial.id}`, (effects) =>
    measure(context, effects, request),
  );
  switch (outcome.kind) {
    case "measured":
      return { ...outcome, defects: [...outcome.defects, ...problems] };
    case "failed":
      return { ...outcome, lastLines: [...outcome.lastLines, ...problems] };
    case "skipped":
      return outcome;
  }
};

const measure = async (
  context: RunContext,
  effects: EffectScope,
  request: TrialRequest,
): Promise<TimedOutcome> => {
  const { host } = context;
  const { agent, running, cgroup, scenario, trial, bound } = request;
  await refuseFullDisk(host, context.disks);
  bound.forget();
  await refuseIfDead(host, agent, running, "before the window");
  const roots = running.processes.map((process) => process.pid);
  const pids = await ownPids(host, request);
  refuseIfEscaped(request, pids, "before the window");
  // Beside a service it is where the scheduler puts it: nobody keeps a CPU free of an agent in production.
  await request.place(pids, trial.beside === undefined ? trial.placement : "free");
  const files = await cpuFiles(host, request.node, cgroup, pids);
  return await closing(async (keep) => {
    const surroundings = await prepareBeside(context, effects, request, pids);
    if (surroundings.kind === "skipped") return surroundings;
    keep(surroundings);
    const signal = AbortSignal.any([context.signal, bound.full, ...surroundings.signals]);
    const activity = agent.id === BASELINE ? undefined : keep(await watchActivity(host, files));
    const follower = keep(await followTrial(context, request));
    const volume = keep(await watchVolume(host, running.outputs));
    const events = agent.policy === undefined ? undefined : keep(await watchEvents(host, running.outputs));
    const tree = await commandTree(context, effects, scenario, keep);
    const driver = await prepareDriver(host, effects, {
      scenario,
      trial,
      directory: context.watchedDirectory,
      snapshots: [...files.all, PRESSURE],
      stderr: tree.stderr,
      paddingBytes: paddingFor(trial),
      namespaces: request.namespaces,
      cgroups: tree.cgroups,
      cgroup: surroundings.cgroup,
      ...(context.cpus === undefined ? {} : { cpus: context.cpus }),
      signal,
    });
    await attachTo(driver.workers, running);

    const rest = { activity, follower, usual: request.usual, signal };
    if (follower !== undefined) {
      await awaitRest(host, {
        ...rest,
        quietMs: agent.flushIntervalMs,
        warmup: trial.load.warmupOperations,
      });
      follower.forget();
    }
    // Asking an agent for its losses costs it time, so it is asked only where its events are counted.
    const isCommand = scenario.driver.kind === "command";
    const declaredBefore = follower === undefined && !isCommand ? NOT_ASKED : await running.lost();
    const injectedBefore = await running.injected?.();
    host.collectGarbage();
    const restless = await awaitRest(host, rest);
    await bound.lookBefore();
    const peak = keep(await watchPeak(host, cgroup));
    const bytesBefore = await volume.written();
    await events?.restart();

    const { result, storm } = await surroundings.during(signal, () => driver.go());

    let since: ReturnType<typeof sinceWindow> | undefined;
    /** The agent's part of the work is done; what is asked of it from here on is not the window's. */
    const readDrained = async (): Promise<ReturnType<typeof sinceWindow>> => {
      if (activity !== undefined) await awaitRest(host, rest);
      return sinceWindow(result.snapshots, await driver.drained());
    };
    let pushedOut = 0;
    const push = async (operations: number): Promise<void> => {
      const [usual] = request.sentinels;
      const sentinel = request.sentinels.find(({ id }) => id === scenario.id) ?? usual;
      if (agent.handsOutInBatches !== true || sentinel === undefined || follower === undefined) return;
      since = await readDrained();
      const place = {
        directory: context.watchedDirectory,
        namespaces: request.namespaces,
        stderr: `${context.scratch}/sentinel.stderr`,
      };
      const { delivered } = follower.counts();
      await drainPushed({ host, effects, agent, follower, sentinel, place, signal }, operations);
      pushedOut = follower.counts().delivered - delivered;
    };
    const ledger = await settleLedger(
      { ...context, signal },
      request,
      follower,
      result,
      declaredBefore,
      push,
    );
    since ??= await readDrained();
    const declared = isCommand ? rise(await running.lost(), declaredBefore, "declared loss") : NOT_ASKED;
    // Nothing says how many there will be, so what it hands out by schedule is waited for.
    if (events !== undefined && agent.flushIntervalMs !== undefined)
      await awaitRest(host, { ...rest, quietMs: agent.flushIntervalMs });
    const written = await events?.count();
    await refuseIfDead(host, agent, running, "in the window");
    const bytesAfter = await volume.written();
    const cut = bound.cut();
    const pidsAfter = await ownPids(host, request);
    refuseIfEscaped(request, pidsAfter, "in the window");
    await refuseIfStrayed(host, request, "in the window");
    const memory = memoryOf(running, await readMemory(host, peak, pidsAfter));

    const windowNs = result.endNs - result.startNs;
    const { stealPercent, ...cpu } = readWindowCpu(result.snapshots, files, windowNs);
    const drained = readDrainCpu(since, files);
    const { snapshots: _read, ...withoutSnapshots } = result;
    return {
      kind: "measured",
      driver: withoutSnapshots,
      cpu: {
        windowNs,
        ...cpu,
        ...drained,
        ...(roots.length === 0 ? withoutProcess(agent) : {}),
      },
      memory,
      noise: readNoise(
        result,
        stealPercent,
        othersCores(result, roots.length === 0 ? { ...cpu, agentNs: value(0) } : cpu),
      ),
      ledger,
      outputBytes:
        running.outputs.length === 0
          ? missing("it writes no events")
          : cut === undefined
            ? rise(bytesAfter, bytesBefore, "output")
            : missing(cut),
      ...(written === undefined ? {} : { events: cut === undefined ? written : missing(cut) }),
      ...(storm === undefined
        ? {}
        : { storm: { ...storm.asked, startsPerSecond: startsPerSecond(result.snapshots, windowNs) } }),
      injected: injectedBetween(injectedBefore, await running.injected?.()),
      defects: [
        ...(storm?.problems ?? []),
        ...defectsOf(result, trial),
        ...(await tree.said()),
        ...lossDefects(agent.id, declared),
        ...(cut === undefined ? [] : [`${agent.id}: ${cut}`]),
        ...(pushedOut === 0
          ? []
          : [
              `${pushedOut} events came out only when others had pushed them: what they cost ${agent.id} is in no figure`,
            ]),
        ...(restless === undefined ? [] : [`before the window, ${agent.id} was busy: ${restless}`]),
      ],
    };
  });
};

/** What traces the workload has ended with it by the time that memory is read; the cgroup still tells the peak. */
const memoryOf = (running: RunningAgent, read: MemoryReading): MemoryReading =>
  running.attach === undefined
    ? read
    : { ...read, pssBytes: missing("its tracers end with the workload, before memory is read") };

/** Without the kinds of which its output has told nothing: they are not counted, and not lost. */
const viewOfTrial = ({ agent, scenario, unseenKinds }: TrialRequest): View | undefined => {
  const view = viewOf(agent, scenario);
  if (view?.techniques === undefined || unseenKinds.length === 0) return view;
  const techniques = view.techniques.map(({ id, asked }) => ({
    id,
    asked: asked && !unseenKinds.includes(id),
  }));
  return techniques.some(({ asked }) => asked) ? { ...view, techniques } : undefined;
};

const followTrial = async (context: RunContext, request: TrialRequest): Promise<Follower | undefined> => {
  const view = viewOfTrial(request);
  if (view === undefined || !seesAnyOf(request.agent, request.scenario, context.plan.filesOn))
    return undefined;
  if (!tellsFromStorm(request, view, request.trial)) return undefined;
  return await follow(context.host, request.running.outputs, view, request.trial);
};

const settleLedger = async (
  context: RunContext,
  request: TrialRequest,
  follower: Follower | undefined,
  result: DriverResult,
  declaredBefore: Reading<number>,
  push: (operations: number) => Promise<void>,
): Promise<LedgerReading> => {
  const { emits, id } = request.scenario;
  if (emits === undefined) {
    const why = `${id} raises no event that a sensor is asked for`;
    return { kind: "not-observed", cause: "no-events", why };
  }
  const view = viewOfTrial(request);
  if (view !== undefined && !tellsFromStorm(request, view, request.trial)) {
    const why = "not counted: its lines do not tell the service's operations from the storm's";
    return { kind: "not-observed", cause: "not-counted", why };
  }
  if (follower === undefined || view === undefined) {
    const gap = gapIn(request.agent, request.scenario, context.plan.filesOn);
    return gap?.extent === "all"
      ? { kind: "not-observed", cause: "by-design", why: gap.why }
      : notObserved(request.agent, emits.family);
  }
  const done = result.operations.reduce((sum, operation) => sum + operation.count, 0);
  const operations = askedOperations(view, done);
  const drained = await drain(
    context.host,
    follower,
    operations,
    context.signal,
    request.agent.flushIntervalMs,
  );
  if (follower.counts().delivered < operations) await push(operations);
  const declaredAfter = await request.running.lost();
  const cut = request.bound.cut();
  if (cut !== undefined) return { kind: "not-observed", cause: "cut", why: `not counted: ${cut}` };
  const written = await follower.written();
  if (written.kind === "missing")
    return { kind: "not-observed", cause: "not-counted", why: `not counted: ${written.reason}` };
  const counts = follower.counts();
  return {
    kind: "counted",
    operations,
    delivered: counts.delivered,
    ...(view.techniques === undefined || counts.byTechnique === undefined
      ? {}
      : { kinds: techniqueReadings(view.techniques, done, counts.byTechnique, request) }),
    duplicates: counts.duplicates,
    declaredLost: rise(declaredAfter, declaredBefore, "declared loss"),
    drainMs: Math.round(drained.drainMs),
    drained: drained.drained,
  };
};

const notObserved = (agent: Agent, family: Family): LedgerReading => {
  if (
    agent.observes.includes(family) &&
    (agent.costOnly === true || agent.uncounted?.includes(family) === true)
  ) {
    const why = `not counted: no output of ${agent.id} told of any ${family} operation, so that only its cost is known`;
    return { kind: "not-observed", cause: "not-counted", why };
  }
  const why = agent.observes.includes(family)
    ? `${agent.id} is a known cost and writes no ${family} events`
    : `${agent.id} does not observe ${family} events by design`;
  return { kind: "not-observed", cause: "by-design", why };
};

/** An agent that lives in the workload's own processes has nothing left to do when these have ended. */
const withoutProcess = (agent: Agent): Record<"agentNs" | "agentDrainNs", Reading<number>> => ({
  agentNs: missing("no process of it was started"),
  agentDrainNs: agent.id === BASELINE ? missing("nothing was started") : value(0),
});

const injectedBetween = (
  before: Reading<Injected> | undefined,
  after: Reading<Injected> | undefined,
): Reading<Injected> | null => {
  if (before === undefined || after === undefined) return null;
  if (before.kind === "missing") return before;
  if (after.kind === "missing") return after;
  return value({
    operations: after.value.operations - before.value.operations,
    workloadNs: after.value.workloadNs - before.value.workloadNs,
    agentNs: after.value.agentNs - before.value.agentNs,
    discarded: after.value.discarded - before.value.discarded,
    mapBytes: after.value.mapBytes,
  });
};

/** From the trial's id, so that it varies from trial to trial and is the same when the plan is. */
const paddingFor = (trial: Trial): number => (Number.parseInt(trial.id, 16) * 2_654_435_761) % 4096;

const defectsOf = (result: DriverResult, trial: Trial): readonly string[] => {
  const defects: string[] = [];
  const expected = operationsOf(trial.load);
  for (const operation of result.operations) {
    if (operation.errors > 0)
      defects.push(`${operation.errors} of ${operation.count} ${operation.operation} operations failed`);
    if (operation.count !== expected) {
      defects.push(
        `${operation.count} ${operation.operation} operations were done, ${expected} were planned`,
      );
    }
  }
  return defects;
};
