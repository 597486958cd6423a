/**
 * What a bench of a cluster is told, once, by whoever starts it: which nodes, which agents, how long a node may be
 * without them. It travels as JSON in the environment of the conductor's Job and of nobody else.
 */
import { z } from "zod";
import { ToldOfNode } from "../domain/cluster-node.ts";
import { nodeFolderFault } from "./node-folder.ts";

/** Where the conductor finds it. */
export const PLAN_VARIABLE = "TARE_K8S_PLAN";

export const MIN_HOLD_SECONDS = 30;
/** What the admission policy of the manifests allows, too: nobody is without an agent for longer after a crash. */
export const MAX_HOLD_SECONDS = 900;
/** Names become part of label values (at most 63 characters) and of objects' names. */
const BENCH_ID = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;
const DNS_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const DAEMONSET = /^daemonset:([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)\/([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)$/;

/** What nodes must have in common to be compared. */
const Stratum = z.strictObject({
  instanceType: z.string(),
  architecture: z.string(),
  kernel: z.string(),
  osImage: z.string(),
});
export type Stratum = z.infer<typeof Stratum>;

const BenchedNode = z.strictObject({
  name: z.string().regex(DNS_NAME),
  stratum: Stratum,
  /** What its cluster calls it, for its record. */
  told: ToldOfNode.exactOptional(),
});
export type BenchedNode = z.infer<typeof BenchedNode>;

export const BenchPlan = z.strictObject({
  version: z.literal(1),
  bench: z.string().regex(BENCH_ID),
  namespaces: z.strictObject({
    /** Privileged: the node Jobs. */
    nodes: z.string().regex(DNS_NAME),
    /** Restricted: conductor, holds, places, Leases. */
    control: z.string().regex(DNS_NAME),
  }),
  image: z.string().min(1),
  imagePullPolicy: z.enum(["IfNotPresent", "Always", "Never"]).default("IfNotPresent"),
  imagePullSecrets: z.array(z.string()).default([]),
  nodes: z.array(BenchedNode).min(1),
  /** The agents that are turned off and on. Empty: nothing is ever stopped. */
  agents: z.array(z.string().regex(DAEMONSET)),
  off: z.strictObject({
    /** A hold's deadline: how long an agent stays away after everything else has died. */
    holdSeconds: z.int().min(MIN_HOLD_SECONDS).max(MAX_HOLD_SECONDS),
    /** How long one node may be without an agent in one go, however often its hold is prolonged. */
    maxSeconds: z.int().min(MIN_HOLD_SECONDS),
  }),
  /** Nodes without an agent at one time, over all benches of the cluster. */
  maxUnprotected: z.int().min(1),
  node: z.strictObject({
    /** What follows `tare k8s node`. */
    args: z.array(z.string()),
    /** Folders of the node that it reads as well, such as one to which an agent writes its events. */
    folders: z
      .array(
        z.string().refine((path) => nodeFolderFault(path) === undefined, {
          error: "no folder that a node's pod can be given",
        }),
      )
      .default([]),
    /** The node Job's deadline. */
    deadlineSeconds: z.int().min(60),
    /** The pod's requests, which set its CPU weight. */
    requests: z.strictObject({ cpu: z.string(), memory: z.string() }),
  }),
  /** Which nodes were drawn from each stratum. */
  seed: z.int().min(0),
});
export type BenchPlan = z.infer<typeof BenchPlan>;

export interface DaemonSetName {
  readonly namespace: string;
  readonly name: string;
}

/** `daemonset:kube-system/tetragon` in its parts; undefined for any other name of an agent. */
export const daemonSetOf = (agent: string): DaemonSetName | undefined => {
  const [, namespace, , name] = DAEMONSET.exec(agent) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
};
