/** An agent from nothing to ready, for a turn, a forced overflow and a rising load alike. */
import type { Agent, AgentContext, AgentOutput, RunningAgent } from "../domain/agent.ts";
import { MIN_FREE_IN_TURN_BYTES } from "../domain/bounds.ts";
import { TareError } from "../domain/errors.ts";
import type { EffectScope, Host } from "../domain/host.ts";
import { kernelMountOptions } from "../domain/mounts.ts";
import { BASELINE, type Outside } from "../domain/plan.ts";
import { type Scenario, viewOf } from "../domain/scenario.ts";
import { FAMILIES, type Family, known, missing, type Reading, value } from "../domain/units.ts";
import {
  type AgentCgroup,
  createAgentCgroup,
  findCgroup,
  NO_CGROUP,
  parseCgroupCpu,
} from "../observe/cgroup.ts";
import { type NodeFiles, nodeFiles } from "../observe/cpu.ts";
import { AUDIT_GUARD } from "./audit-guard.ts";
import { type RunContext, StageFailure } from "./context.ts";
import { seesAnyOf, workloadFor } from "./coverage.ts";
import { boundLogs, type LogBound } from "./bound-logs.ts";
import { confineAgent } from "./confine.ts";
import { createPlace, LEFT_THERE, type Place } from "./cpu-placement.ts";
import { openNamespaces } from "./isolation.ts";
import { lastLines } from "./last-lines.ts";
import { loneEventMs } from "./lone-event.ts";
import { type Namespaces, ON_THE_NODE, startedIn } from "./namespaces.ts";
import { createPipes, isOwnDisk, mountDisk } from "./outside.ts";
import { waitUntilReady } from "./readiness.ts";
import { refuseNoFile } from "./refuse-no-file.ts";
import { type NamedPath, withoutPaths } from "./without-paths.ts";

export interface StartedAgent {
  readonly agent: Agent;
  readonly running: RunningAgent;
  readonly cgroup: AgentCgroup;
  readonly namespaces: Namespaces;
  /** From the start of its first process until it had shown every sentinel. */
  readonly readyMs: number;
  /** Milliseconds until an event that was alone was in its output. */
  readonly loneEvent?: Reading<number>;
  /** Nanoseconds of CPU time from its start until it was ready. */
  readonly startCpuNs: Reading<number>;
  /** Kinds of operations of which nothing that it writes tells, whatever it says that it observes. */
  readonly unseenKinds: readonly string[];
  /** Families that it observes and of which nothing that it writes tells. */
  readonly uncounted: readonly Family[];
  /** Workloads of the families that are counted. */
  readonly sentinels: readonly Scenario[];
  readonly settings: Readonly<Record<string, string>>;
  readonly node: NodeFiles;
  readonly place: Place;
  /** To be closed with the turn. */
  readonly bound: LogBound;
  /** The share of a CPU that it was seen to take at rest. */
  readonly usual: { share: number };
  /** Where what it prints goes through pipes: their readers, by the files that these write. */
  readonly readers: ReadonlyMap<string, number>;
}

export interface StartOptions {
  /** Whether a lone event is tried; absent: with the usual buffers. */
  readonly triesLoneEvent?: boolean;
  /** What of the outside stands still or is full; absent: nothing. */
  readonly outside?: Outside | undefined;
  /** Of the agent's own buffer setting; absent: 1. */
  readonly bufferFactor?: AgentContext["bufferFactor"];
}

export const startAgent = async (
  context: RunContext,
  effects: EffectScope,
  agent: Agent,
  buffers: AgentContext["buffers"],
  { triesLoneEvent = buffers === "usual", outside, bufferFactor = 1 }: StartOptions = {},
): Promise<StartedAgent> => {
  const { host, plan, signal } = context;
  const isGuarded = context.guardAudit && agent.residue !== "audit";
  if (isGuarded) await effects.perform(AUDIT_GUARD);
  const directory = `${context.scratch}/agent`;
  if (agent.id !== BASELINE) await keepMountOptions(host, effects);
  await effects.perform({ kind: "directory", path: directory, mode: 0o700 });
  if (isOwnDisk(outside)) await mountDisk(host, effects, directory, `${context.scratch}/disk`, outside);
  const pipes = createPipes(host, effects);
  const namespaces = await openNamespaces(host, effects, plan.isolation, {
    stderr: `${context.scratch}/isolation.stderr`,
    signal,
  });
  // An agent that does not ask for isolation sees the whole node, as it does in production; only the workload is inside.
  const own = agent.isolation === undefined ? ON_THE_NODE : namespaces;
  const cgroup = agent.id === BASELINE ? NO_CGROUP : await createAgentCgroup(host, effects, context.name);
  const confined =
    context.cpus === undefined || agent.id === BASELINE || agent.untouched === true
      ? undefined
      : await confineAgent(host, effects, context.cpus, cgroup, context.name);
  const scenarios = [...context.scenarios.values()];
  const planned = plan.scenarios.map((id) => scenarioOf(context, id));
  const storms = planned.flatMap(({ beside }) =>
    beside === undefined ? [] : [scenarioOf(context, beside.storm.scenario)],
  );
  const families = familiesFor(agent, [...planned, ...storms]);
  // What its processes print, whatever its start throws: it says why.
  const printed: string[] = [];
  const askedAt = host.now();
  let launchedAt: number | undefined;
  const start = agent.start(host, {
    directory,
    families,
    workloads: scenarios.flatMap((scenario) => workloadFor(agent, scenario, plan.filesOn) ?? []),
    watchedDirectory: context.watchedDirectory,
    buffers,
    bufferFactor,
    effects,
    inside: (command) => own.inside(command),
    launch: async (spec, stop) => {
      launchedAt ??= host.now();
      printed.push(
        ...[spec.stderr, spec.stdout].filter((path) => path !== "pipe" && !printed.includes(path)),
      );
      const piped = outside === "reader-stopped" ? await pipes.through(spec) : spec;
      const cpus = context.cpus === undefined ? {} : { cpus: context.cpus };
      const folders = [...cgroup.folders, ...(confined?.folders ?? [])];
      return await effects.start(startedIn(own, { ...piped, ...cpus, cgroup: folders }), stop);
    },
    signal,
  });
  const running = await start.catch(async (error: unknown) => {
    if (!(error instanceof TareError) || error.kind !== "run-failed") throw error;
    throw new StageFailure("start", error.message, [error.hint, ...(await lastLines(host, printed))]);
  });
  await refuseNoFile(host, agent, running);
  const logs = [...new Set([...running.logs, ...printed])];
  const sentinels = scenarios.filter(
    (scenario) =>
      scenario.represents === true &&
      families.some((family) => family === scenario.emits?.family) &&
      seesAnyOf(agent, scenario, plan.filesOn),
  );
  const place = {
    directory: context.watchedDirectory,
    namespaces,
    stderr: `${context.scratch}/sentinel.stderr`,
  };
  const written = [...running.outputs.map(({ path }) => path), ...running.logs, ...printed];
  const charged = running.controlGroup === undefined ? cgroup : await findCgroup(host, running.controlGroup);
  // A disk of its own nobody else needs.
  const leastFree = isOwnDisk(outside) ? 0 : MIN_FREE_IN_TURN_BYTES;
  const bound = boundLogs(host, directory, written, leastFree);
  // What it waited for in its own start, an owner's unit that had to come up for instance, is time until it was ready, too.
  const startMs = host.now() - (launchedAt ?? askedAt);
  const { sentinelMs, uncounted, unseenKinds } = await waitUntilReady(host, effects, {
    agent,
    running: { ...running, logs },
    sentinels,
    ...place,
    cpuNs: async () => await cpuSoFar(host, charged),
    signal: AbortSignal.any([signal, bound.full]),
  }).catch(async (error: unknown) => {
    await bound.close();
    throw error;
  });
  const startCpuNs =
    running.controlGroup === undefined
      ? await cpuSoFar(host, cgroup)
      : missing("its cgroup is not tare's, and older than this start");
  const counted = families.filter((family) => !uncounted.includes(family));
  const vouching = sentinels.filter(({ emits }) => counted.some((family) => family === emits?.family));
  const loneEvent =
    triesLoneEvent && agent.role !== "calibration"
      ? await loneEventMs(host, effects, agent, running, vouching, place, signal)
      : undefined;
  return {
    agent,
    ...(loneEvent === undefined ? {} : { loneEvent }),
    startCpuNs,
    running: { ...running, logs, outputs: running.outputs.map((output) => onlyOf(counted, output)) },
    unseenKinds,
    uncounted,
    sentinels: vouching,
    cgroup: charged,
    namespaces,
    readyMs: startMs + sentinelMs,
    node: await nodeFiles(host, context.harnessPid),
    place: agent.untouched === true ? LEFT_THERE : createPlace(host, context.cpus),
    bound,
    usual: { share: 0 },
    readers: pipes.readers,
    settings: {
      ...settingsWithout(running.settings, [
        [context.watchedDirectory, "WATCHED"],
        [directory, "DIRECTORY"],
        [context.scratch, "SCRATCH"],
      ]),
      ...(confined === undefined ? {} : { cpus: confined.how }),
      ...(cgroup.obstacle === undefined || running.controlGroup !== undefined
        ? {}
        : { cgroup: `none, so its CPU time is the sum over its processes: ${cgroup.obstacle}` }),
      ...(agent.observes.length > 0 && sentinels.length === 0
        ? { readiness: "not proved by a sentinel: by design it sees none of the workloads here" }
        : {}),
      ...(isGuarded
        ? {
            auditGuard:
              "new processes are exempted from audit (task,never), so that no residue of it is measured",
          }
        : {}),
    },
  };
};

const cpuSoFar = async (host: Host, { cpuFile }: AgentCgroup): Promise<Reading<number>> => {
  if (cpuFile === undefined) return missing("it has no cgroup whose CPU time is counted");
  const text = await host.readText(cpuFile);
  if (text.kind === "missing") return text;
  const ns = parseCgroupCpu(text.value);
  return ns === undefined ? missing(`${cpuFile} has no CPU time in it`) : value(ns);
};

/** An agent that mounts the control groups for itself takes the options off the node's own: `memory_recursiveprot`, for one. */
const keepMountOptions = async (host: Host, effects: EffectScope): Promise<void> => {
  const options = kernelMountOptions(known(await host.readText("/proc/self/mountinfo")) ?? "");
  if (Object.keys(options).length > 0) await effects.perform({ kind: "mount-options", options });
};

/** The folders have the number of this run's process in their names: with them, no two runs would have the same settings. */
const settingsWithout = (
  settings: RunningAgent["settings"],
  places: readonly NamedPath[],
): RunningAgent["settings"] =>
  Object.fromEntries(Object.entries(settings).map(([key, text]) => [key, withoutPaths(text, places)]));

/** What the agent can observe, restricted to what the plan counts; all of it when the plan counts nothing. */
const familiesFor = (agent: Agent, planned: readonly Scenario[]): readonly Family[] => {
  const observed = FAMILIES.filter((family) => agent.observes.includes(family));
  const counted = observed.filter((family) =>
    planned.some((scenario) => viewOf(agent, scenario)?.family === family),
  );
  return counted.length > 0 ? counted : observed;
};

const onlyOf = (families: readonly Family[], output: AgentOutput): AgentOutput => ({
  ...output,
  forms: Object.fromEntries(families.map((family) => [family, output.forms[family]])),
});

export const agentOf = ({ agents }: RunContext, id: string): Agent => {
  const agent = agents.get(id);
  if (agent === undefined) throw new Error(`the plan names the agent "${id}", which was not loaded`);
  return agent;
};

export const scenarioOf = ({ scenarios }: RunContext, id: string): Scenario => {
  const scenario = scenarios.get(id);
  if (scenario === undefined) throw new Error(`the plan names the scenario "${id}", which was not loaded`);
  return scenario;
};
