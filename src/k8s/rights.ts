/**
 * Every right that tare has in a cluster, and what for: manifests and docs are made of it. What is not here it does
 * not have; the pod on a benched node has none, and no token.
 */

/** Whose pods: tare's own restricted namespace, that of the node pods, each agent's, or the cluster's. */
export type Where = "control" | "nodes" | "agent" | "cluster";

export interface Right {
  readonly where: Where;
  readonly group: "" | "apps" | "coordination.k8s.io";
  readonly resource: string;
  readonly verbs: readonly ("get" | "list" | "watch" | "create" | "update" | "delete")[];
  /** Only the object that the plan names. */
  readonly named?: "agent";
  readonly why: string;
}

/** Of the conductor, in its Job. With `--conductor local` whoever runs tare needs them. */
export const CONDUCTOR_RIGHTS: readonly Right[] = [
  {
    where: "nodes",
    group: "",
    resource: "pods",
    verbs: ["get", "list", "watch"],
    why: "sees whether a node pod runs, has ended, or is gone",
  },
  {
    where: "nodes",
    group: "",
    resource: "pods/log",
    verbs: ["get"],
    why: "reads what a node pod wishes: off, on",
  },
  {
    where: "control",
    group: "",
    resource: "pods",
    verbs: ["get", "list", "watch", "create", "delete"],
    why: "makes and removes holds and places, and finds the Job that owns them",
  },
  {
    where: "control",
    group: "coordination.k8s.io",
    resource: "leases",
    verbs: ["get", "list", "watch", "create", "update", "delete"],
    why: "keeps nodes for one bench, and the number of nodes without an agent within what is allowed",
  },
  {
    where: "agent",
    group: "apps",
    resource: "daemonsets",
    verbs: ["get"],
    named: "agent",
    why: "reads the agent's selector and priority, and whether it is being rolled out",
  },
  {
    where: "agent",
    group: "",
    resource: "pods",
    verbs: ["get", "list", "watch", "delete"],
    why: "turns the agent off and on by deleting its pod, and sees it Ready; an admission policy leaves it this agent's alone",
  },
  {
    where: "agent",
    group: "",
    resource: "events",
    verbs: ["list"],
    why: "tells why an agent does not come back",
  },
  {
    where: "cluster",
    group: "",
    resource: "nodes",
    verbs: ["get"],
    why: "sees whether a node is Ready, gone, and how many pods it takes",
  },
  {
    where: "cluster",
    group: "",
    resource: "pods",
    verbs: ["list"],
    why: "counts what is free on a node: a critical pod without a slot would make the kubelet end another",
  },
];
