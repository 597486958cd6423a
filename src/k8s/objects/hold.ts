/**
 * A pod that keeps one agent off one node: the scheduler lets no pod onto a node where a pod is whose required
 * anti-affinity matches it. Nothing of the agent, the node or the cluster is changed, and the kubelet ends it at its
 * deadline, whoever else has died.
 *
 * One hold an agent, with one term, and that with `namespaces`: with two terms, or with labels of namespaces, the
 * scheduler misses that the hold has gone and leaves the agent pending for minutes.
 */
import type { V1LabelSelector, V1Pod } from "@kubernetes/client-node";
import { HOSTNAME } from "../choose/node-refusals.ts";
import { type Resting, restingPod } from "./resting.ts";

export interface Hold extends Resting {
  readonly agentNamespace: string;
  /** The DaemonSet's own, and nothing narrower: a pod of its next revision must not pass. */
  readonly selector: V1LabelSelector;
  /** The agent's own: one of a higher priority would preempt its hold. Absent if it has none. */
  readonly priorityClassName?: string;
}

/**
 * It asks for nothing: a critical pod that does not fit makes the kubelet evict others.
 */
export const holdPod = (hold: Hold): V1Pod =>
  restingPod("hold", hold, {
    ...(hold.priorityClassName === undefined ? {} : { priorityClassName: hold.priorityClassName }),
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: HOSTNAME, namespaces: [hold.agentNamespace], labelSelector: hold.selector },
        ],
      },
    },
  });
