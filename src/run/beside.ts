/** What a trial has around its workload beyond the agent: for a service that is looked at alone and beside a storm, else nothing. */
import type { RunningAgent } from "../domain/agent.ts";
import { LOW_WEIGHT, USUAL_WEIGHT } from "../domain/beside.ts";
import { MAX_STORM_BYTES, MAX_STORM_TASKS } from "../domain/bounds.ts";
import type { EffectScope } from "../domain/host.ts";
import { BASELINE, type Trial } from "../domain/plan.ts";
import type { TimedOutcome } from "../domain/trial-outcome.ts";
import type { View } from "../domain/scenario.ts";
import { createBoundedCgroup } from "../observe/bounded-cgroup.ts";
import { limitAgent } from "./agent-quota.ts";
import type { RunContext } from "./context.ts";
import { scenarioOf, type StartedAgent } from "./start-agent.ts";
import { besideStorm, type StormAsked, whyNoSetting } from "./storm.ts";
import { watchNode } from "./watch-node.ts";

export interface Surroundings {
  readonly kind: "ready";
  /** In which the workload's driver is started; empty: where tare is. */
  readonly cgroup: readonly string[];
  /** What ends the trial. */
  readonly signals: readonly AbortSignal[];
  /** Does the work with all that is to be beside it. */
  during<T>(
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<{
    readonly result: T;
    readonly storm?: { readonly asked: StormAsked; readonly problems: readonly string[] };
  }>;
  close(): Promise<void>;
}

type Skipped = Extract<TimedOutcome, { readonly kind: "skipped" }>;
type Request = StartedAgent & { readonly trial: Trial };

const NOTHING: Surroundings = {
  kind: "ready",
  cgroup: [],
  signals: [],
  during: async (_, work) => ({ result: await work() }),
  close: () => Promise.resolve(),
};

const skipped = (reason: string, hint = "the other settings of the scenario do not need it"): Skipped => ({
  kind: "skipped",
  reason,
  hint,
});

/** `pids`: of everything that the agent runs. */
export const prepareBeside = async (
  context: RunContext,
  effects: EffectScope,
  request: Request,
  pids: readonly number[],
): Promise<Surroundings | Skipped> => {
  const { host, name } = context;
  const { beside } = request.trial;
  if (beside === undefined) return NOTHING;
  const { setting, storm } = beside;
  const why = whyNoSetting(host, setting) ?? whyNotSeen(request.running);
  if (why !== undefined) return skipped(why);
  if (setting === "agent-quota") {
    const refusal = await limit(context, effects, request, pids);
    if (refusal !== undefined) return skipped(`no quota: ${refusal}`);
  }
  // Like a container beside another: each has a cgroup of the usual weight.
  const { folders } = await createBoundedCgroup(host, effects, `${name}-service`, {
    cpuWeight: USUAL_WEIGHT,
  });
  if (storm === undefined) return { ...NOTHING, cgroup: folders };
  const { folders: cgroup, lacking } = await createBoundedCgroup(host, effects, `${name}-storm`, {
    cpuWeight: setting === "low-weight" ? LOW_WEIGHT : USUAL_WEIGHT,
    tasks: MAX_STORM_TASKS,
    memoryBytes: MAX_STORM_BYTES,
  });
  if (setting === "low-weight" && lacking.cpuWeight !== undefined)
    return skipped(`no low weight for the storm: ${lacking.cpuWeight}`);
  const watch = await watchNode(host, context.disks, "storm");
  const shortage = await watch.shortage();
  if (shortage !== undefined) {
    await watch.close();
    return skipped(`no storm: ${shortage}`, "see what else runs on the node");
  }
  const scenario = scenarioOf(context, storm.scenario);
  return {
    kind: "ready",
    cgroup: folders,
    signals: [watch.signal],
    during: async (signal, work) => {
      const { namespaces } = request;
      const asked = { scenario, storm, setting, cgroup, namespaces, signal };
      const done = await besideStorm(context, asked, work);
      return { result: done.result, storm: { asked: done.asked, problems: done.problems } };
    },
    close: () => watch.close(),
  };
};

/** A tracer that attaches to processes is given the clients', and the server is none of them. */
const whyNotSeen = ({ attach }: RunningAgent): string | undefined =>
  attach === undefined
    ? undefined
    : "it traces the processes that it is given, and the service's server is none of them";

const limit = async (
  { host, name }: RunContext,
  effects: EffectScope,
  { agent, running, cgroup }: Request,
  pids: readonly number[],
): Promise<string | undefined> => {
  if (agent.id === BASELINE) return undefined;
  if (running.controlGroup !== undefined) return "its cgroup belongs to the node's owner";
  if (pids.length === 0) return "no process of it runs";
  return await limitAgent(host, effects, cgroup, pids, `${name}-quota`);
};

/** An agent that names no operation cannot tell the service's from the storm's. */
export const tellsFromStorm = (
  { running }: Pick<StartedAgent, "running">,
  { family }: View,
  { beside }: Trial,
): boolean =>
  beside?.storm === undefined || !running.outputs.some(({ forms }) => forms[family]?.kind === "records");
