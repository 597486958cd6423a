/**
 * A forced overflow, to learn what an agent does when it cannot keep up and whether it admits to it:
 *
 *     start with smallest buffers -> ready -> stop its readers -> workload, as fast as it goes -> continue them -> drain -> count
 *
 * In place of its readers, what is outside of it may stand still or be slow: who reads what it prints, its disk, the other end of its socket.
 *
 * An agent that blocks makes the workload stand still; its readers are then continued after a bounded time. None of it is a cost.
 */
import type { Agent, RunningAgent } from "../domain/agent.ts";
import type { EffectScope } from "../domain/host.ts";
import type { BackpressureTurn } from "../domain/plan.ts";
import { type Reading, rise, value } from "../domain/units.ts";
import type { BackpressureOutcome } from "../domain/record.ts";
import { operationsOf, type Scenario } from "../domain/scenario.ts";
import { watchActivity } from "../observe/agent-activity.ts";
import { watchCharged } from "../observe/charged.ts";
import { readNodeState } from "../observe/node-state.ts";
import { ownPids } from "./agent-pids.ts";
import { attachTo } from "./attach.ts";
import { awaitProgress } from "./await-progress.ts";
import { type RunContext, StageFailure } from "./context.ts";
import { gapIn } from "./coverage.ts";
import { refuseIfDead } from "./crash.ts";
import { prepareDriver, within } from "./drive.ts";
import { closing, follow } from "./follow.ts";
import { moveAgent } from "./cpu-placement.ts";
import { drainPushing } from "./push-out.ts";
import { fillDisk, findThrottle, isOwnDisk, slowDisk, type Throttle, whyNoDisk } from "./outside.ts";
import { awaitRest } from "./rest.ts";
import { agentOf, scenarioOf, startAgent, type StartedAgent } from "./start-agent.ts";
import { inPulses, suspend, type Suspension } from "./suspend.ts";
import { findLeftovers, inScope } from "./turn-scope.ts";

/** Once its readers run again, an agent that still holds the workload up for this long is broken. */
const AFTERWARDS_MS = 60_000;

export const runBackpressure = async (context: RunContext, turn: BackpressureTurn): Promise<void> => {
  const { id, load } = turn.trial;
  const agent = agentOf(context, turn.agent);
  const scenario = scenarioOf(context, turn.trial.scenario);
  context.emit({ kind: "overflow", agent: agent.id, scenario: scenario.id });
  const startedAt = context.host.date();
  const before = await readNodeState(context.host);
  const { outcome, problems } = await inScope(
    context,
    `overflow of ${agent.id} by ${scenario.id}`,
    (effects) => overflow(context, effects, agent, scenario, turn),
  );
  const { leftovers, foreign } = await findLeftovers(context, agent.id, before);
  await context.append({
    type: "overflow",
    id,
    agent: agent.id,
    scenario: scenario.id,
    load,
    ...(turn.outside === undefined ? {} : { outside: turn.outside }),
    startedAt,
    outcome,
    leftovers: [...problems, ...leftovers],
    ...(foreign.length === 0 ? {} : { foreign }),
  });
};

const overflow = async (
  context: RunContext,
  effects: EffectScope,
  agent: Agent,
  scenario: Scenario,
  { trial, outside }: BackpressureTurn,
): Promise<BackpressureOutcome> => {
  const { host, signal } = context;
  const noDisk = isOwnDisk(outside) ? await whyNoDisk(host) : undefined;
  if (noDisk !== undefined) return { kind: "skipped", reason: noDisk };
  return await closing(async (keep) => {
    const started = await startAgent(context, effects, agent, "smallest", { outside });
    const { running, cgroup, namespaces, settings, bound } = started;
    keep(bound);
    const means = await meansOf(context, started, outside);
    if (means.kind === "none") return { kind: "skipped", reason: means.why };
    if ((running.consumers ?? running.processes).length === 0) {
      return { kind: "skipped", reason: "no process of it reads events, so there is none to stop" };
    }
    const refusal = agent.tooManyOperations?.(operationsOf(trial.load));
    if (refusal !== undefined) return { kind: "skipped", reason: refusal };
    const gap = gapIn(agent, scenario, context.plan.filesOn);
    if (gap?.extent === "all") return { kind: "skipped", reason: `by design: ${gap.why}` };
    const { emits } = scenario;
    const follower =
      emits === undefined ? undefined : keep(await follow(host, running.outputs, emits, trial));
    if (follower === undefined) {
      return { kind: "skipped", reason: "its output does not tell of these operations" };
    }
    await moveAgent(host, await ownPids(host, started), trial.placement);
    const driver = await prepareDriver(host, effects, {
      scenario,
      trial,
      directory: context.watchedDirectory,
      snapshots: [],
      stderr: `${context.scratch}/driver.stderr`,
      paddingBytes: 0,
      namespaces,
      signal,
    });
    await attachTo(driver.workers, running);
    const activity = keep(await watchActivity(host, { agentCgroup: cgroup.cpuFile, agentTasks: [] }));
    await awaitRest(host, {
      activity,
      follower,
      usual: { share: 0 },
      quietMs: agent.flushIntervalMs,
      signal,
    });
    follower.forget();
    const declaredBefore = await running.lost();
    const memory = keep(await watchCharged(host, cgroup));
    const heldBefore = await memory.read();

    const suspension = await standStill(context, effects, means);
    const stoppedAt = host.now();
    const window = driver.go();
    let continued;
    let heldAfter;
    try {
      continued = await awaitProgress(host, driver.workers, window, signal);
      heldAfter = await memory.read();
    } finally {
      suspension.release();
    }
    const stoppedMs = host.now() - stoppedAt;

    const result = await within(host, window, AFTERWARDS_MS, "overflow", signal);
    const done = result.operations.reduce((sum, operation) => sum + operation.count, 0);
    const place = {
      directory: context.watchedDirectory,
      namespaces,
      stderr: `${context.scratch}/sentinel.stderr`,
    };
    const drained = await drainPushing(
      { host, effects, agent, follower, sentinel: scenario, place, signal },
      done,
    );
    await refuseIfDead(host, agent, running, "overflow");
    const declaredAfter = await running.lost();
    await follower.advance();
    const cut = bound.cut();
    if (cut !== undefined) return { kind: "skipped", reason: `not counted: ${cut}` };
    const written = await follower.written();
    if (written.kind === "missing") return { kind: "skipped", reason: `not counted: ${written.reason}` };
    const { delivered, duplicates } = follower.counts();
    const [timed] = result.operations;
    if (timed === undefined) throw new StageFailure("overflow", `the ${scenario.id} driver timed nothing`);
    return {
      kind: "measured",
      settings,
      operations: done,
      delivered,
      duplicates,
      declaredLost: rise(declaredAfter, declaredBefore, "declared loss"),
      drainMs: Math.round(drained.drainMs),
      drained: drained.drained,
      stoppedMs: Math.round(stoppedMs),
      continued,
      windowNs: result.endNs - result.startNs,
      service: timed.service,
      ...(outside === undefined ? {} : { grownBytes: grownBy(heldBefore, heldAfter) }),
    };
  });
};

/** What it gave back meanwhile is no growth. */
const grownBy = (before: Reading<number>, after: Reading<number>): Reading<number> => {
  if (before.kind === "missing") return before;
  return after.kind === "missing" ? after : value(Math.max(0, after.value - before.value));
};

const folderOf = ({ scratch }: RunContext): string => `${scratch}/agent`;

/** By what something is made to stand still, or why nothing can. */
type Means =
  | { readonly kind: "stop"; readonly pids: readonly number[]; readonly inPulses?: true }
  | { readonly kind: "fill" }
  | { readonly kind: "throttle"; readonly throttle: Throttle }
  | { readonly kind: "none"; readonly why: string };

const meansOf = async (
  context: RunContext,
  started: StartedAgent,
  outside: BackpressureTurn["outside"],
): Promise<Means> => {
  const { running, cgroup, readers } = started;
  const { outputs, peers = [] } = running;
  const noDisk =
    peers.length > 0
      ? "the client at its socket writes to the disk, not it"
      : outputs.some(({ path }) => path.startsWith(`${folderOf(context)}/`))
        ? undefined
        : "it writes no events into its folder";
  switch (outside) {
    case undefined:
      return { kind: "stop", pids: await readersOf(context, started) };
    case "reader-stopped": {
      const pids = outputs.flatMap(({ path }) => readers.get(path) ?? []);
      return pids.length > 0
        ? { kind: "stop", pids }
        : { kind: "none", why: "it prints no events, so nobody reads them from it" };
    }
    case "disk-full":
      return noDisk === undefined ? { kind: "fill" } : { kind: "none", why: noDisk };
    case "disk-slow": {
      if (noDisk !== undefined) return { kind: "none", why: noDisk };
      const throttle = await findThrottle(context.host, folderOf(context), cgroup);
      return typeof throttle === "string" ? { kind: "none", why: throttle } : { kind: "throttle", throttle };
    }
    case "peer-slow":
    case "peer-stopped":
      if (peers.length === 0)
        return { kind: "none", why: "no client of tare's takes its events from a socket" };
      return { kind: "stop", pids: pidsOf(peers), ...(outside === "peer-slow" ? { inPulses: true } : {}) };
  }
};

/** From now until it is released, or its guard's time is over. */
const standStill = async (
  context: RunContext,
  effects: EffectScope,
  means: Exclude<Means, { readonly kind: "none" }>,
): Promise<Suspension> => {
  const { host, scratch, signal } = context;
  const stderr = `${scratch}/guard.stderr`;
  switch (means.kind) {
    case "stop": {
      const stopped = await suspend(host, effects, means.pids, stderr, signal);
      return means.inPulses === true ? inPulses(host, means.pids, stopped) : stopped;
    }
    case "fill":
      return await fillDisk(host, effects, folderOf(context), { stderr, signal });
    case "throttle":
      return await slowDisk(host, effects, folderOf(context), means.throttle, { stderr, signal });
  }
};

const pidsOf = (processes: RunningAgent["processes"]): readonly number[] => processes.map(({ pid }) => pid);

/** Those that the agent names, or else all that it runs, children included: a supervisor's worker may be the reader. */
const readersOf = async ({ host }: RunContext, started: StartedAgent): Promise<readonly number[]> => {
  const { consumers, processes } = started.running;
  if (consumers !== undefined) return pidsOf(consumers);
  return processes.length === 0 ? [] : await ownPids(host, started);
};
