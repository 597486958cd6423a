/**
 * A forced overflow, to learn what an agent does when it cannot keep up and whether it admits to it:
 *
 *     start with smallest buffers -> ready -> stop its readers -> workload, as fast as it goes -> continue them -> drain -> count
 *
 * An agent that blocks makes the workload stand still; its readers are then continued after a bounded time. None of it is a cost.
 */
import type { Agent, RunningAgent } from "../domain/agent.ts";
import type { EffectScope } from "../domain/host.ts";
import type { BackpressureTurn } from "../domain/plan.ts";
import type { BackpressureOutcome } from "../domain/record.ts";
import type { Scenario } from "../domain/scenario.ts";
import { operationsOf } from "../domain/scenario.ts";
import { agentPids } from "../observe/cgroup.ts";
import type { AgentCgroup } from "../observe/cgroup.ts";
import { attachTo } from "./attach.ts";
import { awaitProgress } from "./await-progress.ts";
import { blindnessTo } from "./blindness.ts";
import type { RunContext } from "./context.ts";
import { StageFailure } from "./context.ts";
import { drain } from "./drain.ts";
import { prepareDriver, within } from "./drive.ts";
import { closing, follow } from "./follow.ts";
import { moveAgent } from "./cpu-placement.ts";
import { refuseIfDead } from "./readiness.ts";
import { difference } from "./run-trial.ts";
import { findLeftovers, isExpected, scenarioOf, settingsOf, startAgent } from "./run-turn.ts";
import { suspend } from "./suspend.ts";

/** Once its readers run again, an agent that still holds the workload up for this long is broken. */
const AFTERWARDS_MS = 60_000;

export const runBackpressure = async (context: RunContext, turn: BackpressureTurn): Promise<void> => {
  const agent = context.agents.get(turn.agent);
  if (agent === undefined) throw new Error(`the plan names the agent "${turn.agent}", which was not loaded`);
  const { host } = context;
  const { id, load } = turn.trial;
  const scenario = scenarioOf(context, turn.trial.scenario);
  context.emit({ kind: "overflow", agent: agent.id, scenario: scenario.id });
  const effects = host.effects.scope(`overflow of ${agent.id} by ${scenario.id}`);
  const startedAt = host.date();
  let outcome: BackpressureOutcome;
  try {
    outcome = await overflow(context, effects, agent, scenario, turn);
  } catch (error) {
    if (!isExpected(error)) throw error;
    const isStage = error instanceof StageFailure;
    outcome = {
      kind: "failed",
      stage: isStage ? error.stage : "start",
      message: error.message,
      lastLines: isStage ? error.lastLines : [],
    };
  } finally {
    for (const problem of await effects.undo()) context.emit({ kind: "problem", message: problem });
  }
  const leftovers = await findLeftovers(context);
  for (const leftover of leftovers)
    context.emit({ kind: "problem", message: `after ${agent.id}: ${leftover}` });
  await context.append({
    type: "overflow",
    id,
    agent: agent.id,
    scenario: scenario.id,
    load,
    startedAt,
    outcome,
    leftovers,
  });
};

const overflow = async (
  context: RunContext,
  effects: EffectScope,
  agent: Agent,
  scenario: Scenario,
  { trial }: BackpressureTurn,
): Promise<BackpressureOutcome> => {
  const { host, signal } = context;
  const { running, cgroup, place } = await startAgent(context, effects, agent, "smallest");
  if ((running.consumers ?? running.processes).length === 0) {
    return { kind: "skipped", reason: "no process of it reads events, so there is none to stop" };
  }
  const refusal = agent.tooManyOperations?.(operationsOf(trial.load));
  if (refusal !== undefined) return { kind: "skipped", reason: refusal };
  const blindness = blindnessTo(agent, scenario, context.plan.filesOn);
  if (blindness?.extent === "all") return { kind: "skipped", reason: `by design: ${blindness.why}` };
  const { family } = scenario;
  const operations = operationsOf(trial.load);
  const follower =
    family === undefined
      ? undefined
      : await follow(host, running.outputs, {
          family,
          trial: trial.id,
          operations,
          warmup: trial.load.warmupOperations,
        });
  if (follower === undefined) {
    return { kind: "skipped", reason: "its output does not tell of these operations" };
  }
  return await closing([follower], async () => {
    await moveAgent(host, await agentPids(host, cgroup, pidsOf(running.processes)), trial.placement);
    const driver = await prepareDriver(host, effects, {
      scenario,
      trial,
      directory: context.watchedDirectory,
      snapshots: [],
      stderr: `${context.scratch}/driver.stderr`,
      paddingBytes: 0,
      place,
      signal,
    });
    await attachTo(driver.pid, running);
    const readers = await readersOf(context, running, cgroup);
    const declaredBefore = await agent.declaredLoss(host, running);

    const suspension = await suspend(host, effects, readers, `${context.scratch}/guard.stderr`, signal);
    const stoppedAt = host.now();
    const window = driver.go();
    let continued;
    try {
      continued = await awaitProgress(host, driver.pid, window, signal);
    } finally {
      suspension.release();
    }
    const stoppedMs = host.now() - stoppedAt;

    const result = await within(host, window, AFTERWARDS_MS, "overflow", signal);
    const done = result.operations.reduce((sum, operation) => sum + operation.count, 0);
    const drained = await drain(host, follower, done, signal, agent.flushIntervalMs);
    await refuseIfDead(host, agent, running, "overflow");
    const declaredAfter = await agent.declaredLoss(host, running);
    await follower.advance();
    const written = await follower.written();
    if (written.kind === "missing") return { kind: "skipped", reason: `not counted: ${written.reason}` };
    const { delivered, duplicates } = follower.counts();
    const [timed] = result.operations;
    if (timed === undefined) throw new StageFailure("overflow", `the ${scenario.id} driver timed nothing`);
    return {
      kind: "measured",
      settings: settingsOf(context, agent, running),
      operations: done,
      delivered,
      duplicates,
      declaredLost: difference(declaredAfter, declaredBefore, "declared loss"),
      drainMs: Math.round(drained.drainMs),
      drained: drained.drained,
      stoppedMs: Math.round(stoppedMs),
      continued,
      windowNs: result.endNs - result.startNs,
      service: timed.service,
    };
  });
};

const pidsOf = (processes: RunningAgent["processes"]): readonly number[] => processes.map(({ pid }) => pid);

/** Those that the agent names, or else all that it runs, children included: a supervisor's worker may be the reader. */
const readersOf = async (
  context: RunContext,
  { consumers, processes }: RunningAgent,
  cgroup: AgentCgroup,
): Promise<readonly number[]> => {
  if (consumers !== undefined) return pidsOf(consumers);
  return processes.length === 0 ? [] : await agentPids(context.host, cgroup, pidsOf(processes));
};
