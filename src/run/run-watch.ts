/**
 * One agent watched second by second:
 *
 *     start -> ready -> workload prepared, if there is one -> at rest -> counters
 *         -> a reading a second, while the workload goes on -> counters -> a reading a second, when it is over
 *
 * Here the harness does not sleep: once a second it reads some small files that it keeps open, which no agent sees. What that takes is measured
 * and in no figure.
 *
 * A workload is a driver like any other: in a cgroup with limits, of bounded length, and it ends with tare however tare ends.
 */
import type { Agent } from "../domain/agent.ts";
import type { BoundarySnapshot, DriverResult } from "../domain/driver.ts";
import type { EffectScope, Host, KeptFile } from "../domain/host.ts";
import { BASELINE } from "../domain/plan.ts";
import { operationsOf, type Scenario } from "../domain/scenario.ts";
import { known, missing, type Reading, rise, value } from "../domain/units.ts";
import type { WatchLine, WatchOutcome, WatchSamples, WatchTurn } from "../domain/watch.ts";
import { createAgentCgroup, parseCgroupCpu } from "../observe/cgroup.ts";
import { watchActivity } from "../observe/agent-activity.ts";
import { memoryStatOf, modeFiles, parseCharged, readWork, workBetween } from "../observe/agent-work.ts";
import { type CpuFiles, cpuFiles, readWindowCpu } from "../observe/cpu.ts";
import { NO_PEAK_WATCH, readMemory } from "../observe/memory.ts";
import { busyBetween } from "../observe/node-clock.ts";
import { readNodeState } from "../observe/node-state.ts";
import { increase } from "../observe/snapshots.ts";
import { ownPids } from "./agent-pids.ts";
import { attachTo } from "./attach.ts";
import { lossDefects } from "./command-tree.ts";
import type { RunContext } from "./context.ts";
import { refuseIfDead } from "./crash.ts";
import { refuseIfEscaped, refuseIfStrayed } from "./escape.ts";
import { type PreparedDriver, prepareDriver, within } from "./drive.ts";
import { closing, watchEvents, watchVolume } from "./follow.ts";
import { refuseFullDisk } from "./refuse-full-disk.ts";
import { awaitRest } from "./rest.ts";
import { agentOf, scenarioOf, startAgent, type StartedAgent } from "./start-agent.ts";
import { findLeftovers, inScope } from "./turn-scope.ts";

const EVERY_MS = 1000;
/** Beyond its own time, for a driver that an agent holds up. */
const LATE_MS = 30_000;

export const runWatch = async (context: RunContext, block: number, turn: WatchTurn): Promise<void> => {
  const agent = agentOf(context, turn.agent);
  const scenario = scenarioOf(context, turn.scenario);
  context.emit({ kind: "watch", block, turn });
  const startedAt = context.host.date();
  const before = agent.id === BASELINE ? undefined : await readNodeState(context.host);
  const { outcome, problems } = await inScope(
    context,
    `watch ${block} of ${agent.id} by ${scenario.id}`,
    (effects) => watch(context, effects, agent, scenario, turn),
  );
  const { leftovers, foreign } =
    before === undefined ? { leftovers: [], foreign: [] } : await findLeftovers(context, agent.id, before);
  const line: WatchLine = {
    type: "watch",
    block,
    ...turn,
    startedAt,
    outcome,
    leftovers: [...problems, ...leftovers],
    ...(foreign.length === 0 ? {} : { foreign }),
  };
  await context.append(line);
};

const watch = async (
  context: RunContext,
  effects: EffectScope,
  agent: Agent,
  scenario: Scenario,
  turn: WatchTurn,
): Promise<WatchOutcome> => {
  const { host, signal: runSignal } = context;
  await refuseFullDisk(host, context.disks);
  return await closing(async (keep) => {
    const started = await startAgent(context, effects, agent, "usual");
    keep(started.bound);
    const { running, cgroup, settings, bound } = started;
    const signal = AbortSignal.any([runSignal, bound.full]);
    const roots = running.processes.map(({ pid }) => pid);
    const pids = await ownPids(host, started);
    await started.place(pids, "free");
    const files = await cpuFiles(host, started.node, cgroup, pids);
    const modes = cgroup.cpuFile === undefined ? undefined : modeFiles(cgroup.cpuFile);
    const driver = await driverOf(context, effects, scenario, started, turn, signal);
    if (driver !== undefined) await attachTo(driver.workers, running);
    const volume = keep(await watchVolume(host, running.outputs));
    const events = keep(await watchEvents(host, running.outputs));
    const activity = agent.id === BASELINE ? undefined : keep(await watchActivity(host, files));
    const sampler = keep(await createSampler(host, files, memoryStatOf(cgroup.peakFile)));
    const restless = await awaitRest(host, {
      activity,
      follower: undefined,
      usual: started.usual,
      quietMs: agent.flushIntervalMs,
      signal,
    });
    const declaredBefore = await running.lost();
    await events.restart();
    const bytesBefore = await volume.written();
    const workBefore = await readWork(host, pids);
    const edgePaths = [
      ...new Set([...files.all, ...(modes === undefined ? [] : [modes.user.path, modes.system.path])]),
    ];
    host.collectGarbage();
    const edge = await readAll(host, edgePaths);
    const memoryBeforeBytes = await sampler.begin();

    const working = driver?.go();
    // Awaited below; until then its failure is nobody's unhandled one.
    working?.catch(() => undefined);
    await sampler.take(turn.seconds, signal);
    const windowNs = sampler.elapsedMs() * 1e6;
    const snapshots = between(edge, await readAll(host, edgePaths));
    const result = working === undefined ? undefined : await within(host, working, LATE_MS, "window", signal);
    await refuseIfDead(host, agent, running, "in the window");
    const bytesAfter = await volume.written();
    const written = await events.count();
    const pidsAfter = await ownPids(host, started);
    refuseIfEscaped(started, pidsAfter, "in the window");
    await refuseIfStrayed(host, started, "in the window");
    const workAfter = await readWork(host, pidsAfter);
    const declaredLost = rise(await running.lost(), declaredBefore, "declared loss");
    const memory = await readMemory(host, NO_PEAK_WATCH, pidsAfter);
    if (turn.afterSeconds > 0) await sampler.take(turn.afterSeconds, signal);
    await driver?.drained();
    await refuseIfDead(host, agent, running, "afterwards");

    const cut = bound.cut();
    const { agentNs, systemBusyNs, harnessNs, helpersNs } = readWindowCpu(snapshots, files, windowNs);
    const inMode = (mode: "user" | "system"): Reading<number> =>
      modes === undefined
        ? missing("only a cgroup tells it by mode")
        : increase(snapshots, modes[mode].path, modes[mode].parse);
    const writes = running.outputs.length > 0;
    return {
      kind: "measured",
      settings,
      windowNs,
      systemBusyNs,
      agentNs: roots.length === 0 ? missing("no process of it was started") : agentNs,
      agentUserNs: inMode("user"),
      agentSystemNs: inMode("system"),
      harnessNs,
      helpersNs,
      ...workBetween(workBefore, workAfter),
      outputBytes: !writes
        ? missing("it writes no events")
        : cut === undefined
          ? rise(bytesAfter, bytesBefore, "output")
          : missing(cut),
      events: !writes ? missing("it writes no events") : cut === undefined ? written : missing(cut),
      declaredLost,
      pssBytes: memory.pssBytes,
      bpfMapBytes: memory.bpfMapBytes,
      ...(result === undefined || turn.load === undefined
        ? {}
        : { operations: operationsIn(result, operationsOf(turn.load)) }),
      memoryBeforeBytes,
      samples: sampler.samples(),
      defects: [
        ...(restless === undefined ? [] : [`before the window, ${agent.id} was busy: ${restless}`]),
        ...(cut === undefined ? [] : [`${agent.id}: ${cut}`]),
        ...lossDefects(agent.id, declaredLost),
      ],
    };
  });
};

const operationsIn = ({ operations }: DriverResult, planned: number) => {
  const sum = (pick: (one: DriverResult["operations"][number]) => number): number =>
    operations.reduce((total, one) => total + pick(one), 0);
  return { done: sum(({ count }) => count), failed: sum(({ errors }) => errors), planned };
};

/** What it starts is bounded as an agent is, and ended with the scope. */
const driverOf = async (
  context: RunContext,
  effects: EffectScope,
  scenario: Scenario,
  { namespaces }: StartedAgent,
  { id, load }: WatchTurn,
  signal: AbortSignal,
): Promise<PreparedDriver | undefined> => {
  if (load === undefined) return undefined;
  const { host, name, scratch, watchedDirectory } = context;
  const { folders } = await createAgentCgroup(host, effects, `${name}-workload`);
  return await prepareDriver(host, effects, {
    scenario,
    trial: { id, scenario: scenario.id, load, placement: "free" },
    directory: watchedDirectory,
    snapshots: [],
    stderr: `${scratch}/driver.stderr`,
    paddingBytes: 0,
    namespaces,
    cgroups: folders,
    signal,
  });
};

type Texts = ReadonlyMap<string, Reading<string>>;

const readAll = async (host: Host, paths: readonly string[]): Promise<Texts> =>
  new Map(await Promise.all(paths.map(async (path) => [path, await host.readText(path)] as const)));

const between = (before: Texts, after: Texts): readonly BoundarySnapshot[] =>
  [...before].map(([path, text]): BoundarySnapshot => {
    const then = after.get(path) ?? missing("not read");
    if (text.kind === "missing") return { path, error: text.reason };
    if (then.kind === "missing") return { path, error: then.reason };
    return { path, before: text.value, after: then.value };
  });

interface Sampler {
  /** Takes the reading from which the first counts. What the agent's cgroup is charged for by then. */
  begin(): Promise<Reading<number>>;
  /** So many readings, a second apart by the clock of the first. */
  take(count: number, signal: AbortSignal): Promise<void>;
  /** Until the last of them. */
  elapsedMs(): number;
  samples(): WatchSamples;
  close(): Promise<void>;
}

interface Look {
  readonly at: number;
  readonly agent: Reading<string>;
  readonly node: Reading<string>;
  readonly memory: Reading<string>;
}

const createSampler = async (
  host: Host,
  { agentCgroup, clock }: CpuFiles,
  memoryStat: string | undefined,
): Promise<Sampler> => {
  const open = async (path: string | undefined): Promise<Reading<KeptFile>> =>
    path === undefined ? missing("no cgroup tells it") : await host.openKept(path, "read");
  const opened = {
    agent: await open(agentCgroup),
    node: await open(clock.path),
    memory: await open(memoryStat),
  };
  const textOf = async (file: Reading<KeptFile>): Promise<Reading<string>> =>
    file.kind === "missing" ? file : await file.value.text();
  const look = async (): Promise<Look> => ({
    at: host.now(),
    agent: await textOf(opened.agent),
    node: await textOf(opened.node),
    memory: await textOf(opened.memory),
  });
  const chargedIn = ({ memory }: Look): Reading<number> => {
    if (memory.kind === "missing") return memory;
    const bytes = parseCharged(memory.value);
    return bytes === undefined ? missing(`${memoryStat ?? ""}: unexpected content`) : value(bytes);
  };
  const sumOf = (reading: Reading<number>): number | null => known(reading) ?? null;
  const snapshotOf = (path: string, one: Reading<string>, next: Reading<string>): BoundarySnapshot =>
    one.kind === "value" && next.kind === "value"
      ? { path, before: one.value, after: next.value }
      : { path, error: "not read" };
  const elapsedMs: number[] = [];
  const agentNs: (number | null)[] = [];
  const nodeNs: (number | null)[] = [];
  const memoryBytes: (number | null)[] = [];
  let began = 0;
  let last: Look | undefined;
  return {
    begin: async () => {
      last = await look();
      began = last.at;
      return chargedIn(last);
    },
    take: async (count, signal) => {
      for (let taken = 0; taken < count; taken++) {
        const due = began + (elapsedMs.length + 1) * EVERY_MS;
        await host.sleep(Math.max(0, due - host.now()), signal);
        const now = await look();
        const before = last ?? now;
        elapsedMs.push(Math.round(now.at - began));
        agentNs.push(
          agentCgroup === undefined
            ? null
            : sumOf(
                increase([snapshotOf(agentCgroup, before.agent, now.agent)], agentCgroup, parseCgroupCpu),
              ),
        );
        nodeNs.push(
          clock.clock === "ticks"
            ? null
            : sumOf(busyBetween([snapshotOf(clock.path, before.node, now.node)], clock, undefined)),
        );
        memoryBytes.push(sumOf(chargedIn(now)));
        last = now;
      }
    },
    elapsedMs: () => elapsedMs.at(-1) ?? 0,
    samples: () => ({ elapsedMs, agentNs, nodeNs, memoryBytes }),
    close: async () => {
      for (const file of Object.values(opened)) if (file.kind === "value") await file.value.close();
    },
  };
};
