/** A cluster's agents on the node that they are benched on: what shows whether they are off, and what was found of them before anything was changed. */
import { attachedId } from "../agents/attached/agent.ts";
import { daemonSetName, daemonSetSight, podsOnNode } from "../agents/attached/daemonset.ts";
import { firstProcesses, ownGroup, podProcesses } from "../agents/attached/pods.ts";
import { findTarget } from "../agents/attached/target.ts";
import type { Agent } from "../domain/agent.ts";
import { baseOf } from "../domain/installed.ts";
import type { Host } from "../domain/host.ts";
import { missing, type Reading, value } from "../domain/units.ts";
import type { Sight } from "../domain/wish.ts";

const PREFIX = "daemonset:";

const nameIn = (target: string) =>
  target.startsWith(PREFIX) ? daemonSetName(target.slice(PREFIX.length)) : undefined;

/** By their targets; other services than a cluster's have none. */
export const sightsOf = (
  host: Host,
  targets: readonly string[],
  podLogs: string,
): ReadonlyMap<string, Sight> =>
  new Map(
    targets.flatMap((target) => {
      const name = nameIn(target);
      return name === undefined ? [] : [[target, daemonSetSight(host, name, podLogs)] as const];
    }),
  );

/** As its agent is called in a record; undefined for a target that is no cluster's. */
export const attachedIdOf = (target: string): string | undefined => {
  const name = nameIn(target);
  return name === undefined ? undefined : attachedId(name);
};

export interface FoundAgent {
  readonly agent: string;
  /** The agent that tare knows it as; null: none. */
  readonly product: string | null;
  readonly version: Reading<string>;
  readonly pods: readonly {
    readonly name: string;
    readonly uid: string;
    readonly processes: number;
    readonly programs: readonly string[];
  }[];
  readonly outputs: readonly string[];
  /** Why it cannot be stopped and started as it is; undefined: it can. */
  readonly obstacle: { readonly reason: string; readonly hint: string } | undefined;
}

export const foundAgents = async (
  host: Host,
  targets: readonly string[],
  podLogs: string,
  agents: ReadonlyMap<string, Agent>,
): Promise<readonly FoundAgent[]> => {
  const found: FoundAgent[] = [];
  for (const target of targets) {
    const name = nameIn(target);
    if (name === undefined) continue;
    const { service, known } = await findTarget(host, target, agents, podLogs);
    const state = await service.state(host);
    const pods = await podsOnNode(host, name, podLogs);
    found.push({
      agent: target,
      product: known === undefined ? null : baseOf(known.id),
      version: (await service.version?.(host)) ?? missing("it tells none"),
      pods: pods.map(({ pod, processes }) => ({
        name: pod.name,
        uid: pod.uid,
        processes: processes.length,
        programs: [...new Set(firstProcesses(processes).map(({ comm }) => comm))],
      })),
      outputs: state.kind === "value" ? state.value.outputs.map(({ path }) => path) : [],
      obstacle:
        state.kind === "missing"
          ? { reason: state.reason, hint: "is it on this node, under this name?" }
          : state.value.obstacle,
    });
  }
  return found;
};

/** Pods with a process on the node. */
export const countPods = async (host: Host): Promise<Reading<number>> => {
  const pods = (await podProcesses(host)).size;
  return pods > 0 ? value(pods) : missing("no control group of a process is named after a pod");
};

/** Where this process is: what tare makes lies below. */
export const ownControlGroup = async (host: Host): Promise<string> => await ownGroup(host, process.pid);
