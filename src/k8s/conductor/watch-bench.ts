/** What a conductor watches: whatever of the cluster its nodes are looked at for, so that each is looked at when there is something to see. */
import type { Changed, Cluster, WatchQuery } from "../cluster.ts";
import { APP, BENCH, benchSelector, NODE, nodeLabel, ROLE, selectorOf } from "../objects/labels.ts";
import { daemonSetOf, type BenchPlan } from "../plan.ts";
import { type Alarm, createAlarm } from "../watch/alarm.ts";
import { keepWatching, type KeptWatch } from "../watch/keep-watching.ts";
import { selectorText } from "./agent-facts.ts";
import type { Clock } from "./clock.ts";
import type { Told } from "./lines.ts";
import { lookAtDaemonSet } from "./look.ts";

/**
 * `own`: the node pod, its log, holds and places. `agent`: an agent's pods. `lease`: somebody has taken or let go of a
 * node or a slot. `all`: what is told may be incomplete.
 */
export type Cause = "own" | "agent" | "lease" | "all";

export interface NodeWatch extends Alarm<Cause> {
  /** False: nobody tells what changes, or not all of it. */
  isTold(): boolean;
}

export interface BenchWatch {
  of(node: string): NodeWatch;
  stop(): Promise<void>;
}

export interface WatchingBench {
  readonly plan: BenchPlan;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly tell: (line: Told) => void;
  /** A mistake of ours. */
  readonly onFault: (error: unknown) => void;
  readonly random?: (() => number) | undefined;
}

export const watchBench = ({ plan, cluster, clock, tell, onFault, random }: WatchingBench): BenchWatch => {
  const stopping = new AbortController();
  const alarms = new Map(plan.nodes.map(({ name }) => [name, createAlarm<Cause>(clock)]));
  const byLabel = new Map(plan.nodes.map(({ name }) => [nodeLabel(name), name]));
  const { nodes, control } = plan.namespaces;

  const keep = (
    what: string,
    query: () => Promise<WatchQuery | undefined>,
    onChange: (changed: Changed) => void,
  ): KeptWatch => {
    const kept = keepWatching({
      cluster,
      clock,
      query,
      signal: stopping.signal,
      ...(random === undefined ? {} : { random }),
      onChange: (changed) => {
        if (changed === undefined) for (const alarm of alarms.values()) alarm.ring("all");
        else onChange(changed);
      },
      onDenied: (why) => {
        tell({ tare: "unwatched", what, why });
      },
    });
    kept.done.catch(onFault);
    return kept;
  };
  const always = (query: WatchQuery) => (): Promise<WatchQuery> => Promise.resolve(query);

  const ringOwn = ({ labels }: Changed): void => {
    alarms.get(byLabel.get(labels[NODE] ?? "") ?? "")?.ring("own");
  };
  /** Renewing one is no news. */
  const holders = new Map<string, string | undefined>();
  const ringLease = ({ name, holder }: Changed): void => {
    if (holders.has(name) && holders.get(name) === holder) return;
    holders.set(name, holder);
    for (const alarm of alarms.values()) alarm.ring("lease");
  };
  const podsOfAgent = (agent: string) => async (): Promise<WatchQuery | undefined> => {
    const namespace = daemonSetOf(agent)?.namespace;
    const selector = (await lookAtDaemonSet(cluster, agent))?.spec?.selector;
    return namespace === undefined || selector === undefined
      ? undefined
      : { resource: "pods", namespace, labelSelector: selectorText(selector) };
  };

  const kept = [
    keep(
      `pods in namespace ${nodes}`,
      always({ resource: "pods", namespace: nodes, labelSelector: benchSelector(plan.bench, "node") }),
      ringOwn,
    ),
    keep(
      `pods in namespace ${control}`,
      always({
        resource: "pods",
        namespace: control,
        labelSelector: `${selectorOf({ [APP]: "tare", [BENCH]: plan.bench })},${ROLE} in (hold,place)`,
      }),
      ringOwn,
    ),
    keep(
      `leases in namespace ${control}`,
      always({ resource: "leases", namespace: control, labelSelector: selectorOf({ [APP]: "tare" }) }),
      ringLease,
    ),
    ...plan.agents.map((agent) =>
      keep(`pods of ${agent}`, podsOfAgent(agent), ({ node = "" }) => alarms.get(node)?.ring("agent")),
    ),
  ];
  const isTold = (): boolean => kept.every((watch) => watch.isLive());

  return {
    of: (node) => ({ ...(alarms.get(node) ?? createAlarm<Cause>(clock)), isTold }),
    stop: async () => {
      stopping.abort();
      // Their faults have been told.
      await Promise.allSettled(kept.map(({ done }) => done));
    },
  };
};

/** Of a conductor that only gives agents back: it is over before watching would pay, and needs no right for it. */
export const unwatched = (clock: Clock): BenchWatch => ({
  of: () => ({ ...createAlarm<Cause>(clock), isTold: () => false }),
  stop: () => Promise.resolve(),
});
