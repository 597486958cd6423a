/**
 * One agent inside a block: start, ready, settle, every scenario as a trial, stop, look for leftovers.
 * Whatever fails is recorded and the run goes on; whatever was started is stopped on every path.
 */
import type { Agent, AgentContext, RunningAgent } from "../domain/agent.ts";
import type { EffectScope, StartSpec, StopProcedure } from "../domain/host.ts";
import type { Turn } from "../domain/plan.ts";
import { BASELINE } from "../domain/plan.ts";
import type { TrialOutcome, TurnOutcome } from "../domain/record.ts";
import { viewOf } from "../domain/scenario.ts";
import type { Scenario } from "../domain/scenario.ts";
import { FAMILIES } from "../domain/units.ts";
import type { Family } from "../domain/units.ts";
import type { AgentCgroup } from "../observe/cgroup.ts";
import { createAgentCgroup, findCgroup, NO_CGROUP } from "../observe/cgroup.ts";
import { changedSince, holdersOf, newPrograms, readNodeState } from "../observe/node-state.ts";
import { TareError } from "../domain/errors.ts";
import { AUDIT_GUARD } from "./audit-guard.ts";
import { seesAnyOf } from "./blindness.ts";
import type { RunContext } from "./context.ts";
import { StageFailure } from "./context.ts";
import { openNamespaces } from "./isolation.ts";
import { ON_THE_NODE, startedIn } from "./namespaces.ts";
import type { Namespaces } from "./namespaces.ts";
import { waitUntilReady } from "./readiness.ts";
import { recordTrial, retryTrial } from "./retry-trial.ts";

const SETTLE_MS = 200;
/** The kernel frees BPF programs and moves audit's owner a moment after a process has ended. */
const LEFTOVER_TRIES = 10;
const LEFTOVER_PAUSE_MS = 150;

export const runTurn = async (
  context: RunContext,
  block: number,
  index: number,
  turn: Turn,
): Promise<void> => {
  const agent = context.agents.get(turn.agent);
  if (agent === undefined) throw new Error(`the plan names the agent "${turn.agent}", which was not loaded`);
  const { host } = context;
  const effects = host.effects.scope(`turn ${block}.${index} (${agent.id})`);
  const owner = { block, turn: index, agent: agent.id, baseline: turn.baseline ?? null };
  const notDone = new Set(turn.trials);

  let outcome: TurnOutcome;
  let stopMs = 0;
  try {
    context.emit({ kind: "turn", block, turn, step: "start" });
    const started = await startAgent(context, effects, agent, "usual");
    context.emit({ kind: "turn", block, turn, step: "ready" });
    const used = turn.trials.map(({ id }) => id);
    for (const trial of turn.trials) {
      const scenario = scenarioOf(context, trial.scenario);
      const request = { ...started, agent, scenario, stderr: `${context.scratch}/driver.stderr` };
      await retryTrial(context, owner, trial, request, used);
      notDone.delete(trial);
    }
    outcome = {
      kind: "started",
      readyMs: Math.round(started.readyMs),
      stopMs: 0,
      settings: settingsOf(context, agent, started.running),
    };
  } catch (error) {
    if (!isExpected(error)) throw error;
    const lastLines = error instanceof StageFailure ? error.lastLines : [];
    outcome = {
      kind: "failed",
      stage: error instanceof StageFailure ? error.stage : "start",
      message: error.message,
      lastLines,
    };
    const failed: TrialOutcome = { ...outcome, kind: "failed" };
    for (const trial of notDone) {
      await recordTrial(context, owner, trial, {
        attempt: 1,
        rejected: null,
        startedAt: host.date(),
        outcome: failed,
      });
    }
  } finally {
    context.emit({ kind: "turn", block, turn, step: "stop" });
    const stopStart = host.now();
    for (const problem of await effects.undo()) context.emit({ kind: "problem", message: problem });
    stopMs = Math.round(host.now() - stopStart);
  }
  const leftovers = agent.id === BASELINE ? [] : await findLeftovers(context);
  for (const leftover of leftovers)
    context.emit({ kind: "problem", message: `after ${agent.id}: ${leftover}` });
  await context.append({
    type: "turn",
    block,
    turn: index,
    agent: agent.id,
    outcome: outcome.kind === "started" ? { ...outcome, stopMs } : outcome,
    leftovers,
    endedAt: host.date(),
  });
};

interface StartedAgent {
  readonly running: RunningAgent;
  readonly cgroup: AgentCgroup;
  readonly place: Namespaces;
  readonly readyMs: number;
}

export const startAgent = async (
  context: RunContext,
  effects: EffectScope,
  agent: Agent,
  buffers: AgentContext["buffers"],
): Promise<StartedAgent> => {
  const { host, signal } = context;
  if (context.guardAudit && agent.residue !== "audit") await effects.perform(AUDIT_GUARD);
  const directory = `${context.scratch}/agent`;
  await effects.perform({ kind: "directory", path: directory, mode: 0o700 });
  const place = await openNamespaces(host, effects, context.plan.isolation, {
    stderr: `${context.scratch}/isolation.stderr`,
    signal,
  });
  // An agent that does not ask for isolation sees the whole node, as it does in production; only the workload is inside.
  const agentNamespaces = agent.isolation === undefined ? ON_THE_NODE : place;
  const cgroup = agent.id === BASELINE ? NO_CGROUP : await createAgentCgroup(host, effects, context.name);
  const families = familiesFor(context, agent);
  const running = await agent.start(host, {
    directory,
    families,
    watchedDirectory: context.watchedDirectory,
    buffers,
    effects,
    inside: (command) => agentNamespaces.inside(command),
    launch: async (spec: Omit<StartSpec, "cgroup" | "cpus">, stop: StopProcedure) =>
      await effects.start(startedIn(agentNamespaces, { ...spec, cgroup: cgroup.folders }), stop),
    signal,
  });
  const seen = scenariosSeen(context, agent);
  const { readyMs, uncounted } = await waitUntilReady(host, effects, {
    agent,
    running,
    families: families.filter((family) => seen.some((scenario) => scenario.family === family)),
    scenarios: seen,
    directory: context.watchedDirectory,
    place,
    stderr: `${context.scratch}/sentinel.stderr`,
    signal,
  });
  if (agent.id !== BASELINE) await host.sleep(SETTLE_MS, signal);
  return {
    running: uncounted.length === 0 ? running : withoutForms(running, uncounted),
    cgroup: running.controlGroup === undefined ? cgroup : await findCgroup(host, running.controlGroup),
    place,
    readyMs,
  };
};

/** Nothing of these families is looked for in its output any more. */
const withoutForms = (running: RunningAgent, families: readonly Family[]): RunningAgent => ({
  ...running,
  outputs: running.outputs.map((output) => ({
    ...output,
    forms: Object.fromEntries(
      FAMILIES.filter((family) => !families.includes(family)).map((family) => [family, output.forms[family]]),
    ),
  })),
});

/** What the agent can observe, restricted to what the plan counts; all of it when the plan counts nothing. */
const familiesFor = (context: RunContext, agent: Agent): readonly Family[] => {
  const observed = FAMILIES.filter((family) => agent.observes.includes(family));
  const counted = observed.filter((family) =>
    context.plan.scenarios.some(
      (scenario) => viewOf(agent, scenarioOf(context, scenario))?.family === family,
    ),
  );
  return counted.length > 0 ? counted : observed;
};

/** Those that can prove it ready: what it cannot see by design would be waited for in vain. */
const scenariosSeen = (context: RunContext, agent: Agent): readonly Scenario[] =>
  [...context.scenarios.values()].filter((scenario) => seesAnyOf(agent, scenario, context.plan.filesOn));

/** The agent's own settings, and what was done around it against the residue of audit. */
export const settingsOf = (
  context: RunContext,
  agent: Agent,
  running: RunningAgent,
): Readonly<Record<string, string>> => ({
  ...running.settings,
  ...(agent.observes.length > 0 && scenariosSeen(context, agent).length === 0
    ? { readiness: "not proved by a sentinel: by design it sees none of the workloads here" }
    : {}),
  ...(context.guardAudit && agent.residue !== "audit"
    ? {
        auditGuard:
          "new processes are exempted from audit (task,never), so that no residue of it is measured",
      }
    : {}),
});

export const scenarioOf = (context: RunContext, id: string): Scenario => {
  const scenario = context.scenarios.get(id);
  if (scenario === undefined) throw new Error(`the plan names the scenario "${id}", which was not loaded`);
  return scenario;
};

/** A failing agent or driver is data; an interruption or a full disk is not. */
export const isExpected = (error: unknown): error is StageFailure | TareError =>
  error instanceof StageFailure || (error instanceof TareError && error.kind === "run-failed");

export const findLeftovers = async (context: RunContext): Promise<readonly string[]> => {
  const { host, before } = context;
  let after = await readNodeState(host);
  for (let attempt = 1; attempt < LEFTOVER_TRIES && changedSince(before, after).length > 0; attempt++) {
    await host.sleep(LEFTOVER_PAUSE_MS, context.signal);
    after = await readNodeState(host);
  }
  const programs = newPrograms(before, after).map(({ id }) => id);
  return changedSince(before, after, programs.length === 0 ? undefined : await holdersOf(host, programs));
};
