/** Why a node, an agent or a cluster cannot be benched: found out before anything is made. */
import type { Resource } from "./room.ts";

/** Of one node: it is left out and listed, the others are benched. */
export type NodeRefusal =
  | { readonly kind: "not-ready" }
  | { readonly kind: "cordoned" }
  /** A node without a kernel of its own: Fargate, virtual-kubelet. */
  | { readonly kind: "virtual"; readonly label: string }
  | { readonly kind: "other-system"; readonly system: string }
  | { readonly kind: "other-architecture"; readonly architecture: string }
  /** A hold works by it. */
  | { readonly kind: "no-hostname-label" }
  | { readonly kind: "shared-hostname"; readonly hostname: string; readonly nodes: readonly string[] }
  | { readonly kind: "no-agent-pod"; readonly agent: string }
  | { readonly kind: "agent-not-ready"; readonly agent: string; readonly pod: string }
  | { readonly kind: "few-slots"; readonly free: number; readonly needed: number }
  | {
      readonly kind: "no-room";
      readonly resource: Resource;
      readonly free: number;
      readonly needed: number;
    }
  | { readonly kind: "leased"; readonly by: string };

/** Of an agent that is to be stopped and started: nothing is benched. */
export type AgentRefusal =
  | { readonly kind: "half-rolled-out"; readonly updated: number; readonly desired: number }
  /** Deleting its pod would bring up another revision. */
  | { readonly kind: "on-delete"; readonly updated: number; readonly desired: number }
  | { readonly kind: "foreign-pods"; readonly pods: readonly string[] }
  | { readonly kind: "static-pods"; readonly pods: readonly string[] }
  | { readonly kind: "other-scheduler"; readonly scheduler: string }
  | { readonly kind: "runtime-hooks"; readonly pods: readonly string[] }
  | { readonly kind: "keeps-sensors"; readonly where: string }
  | { readonly kind: "no-priority-class"; readonly className: string }
  | {
      readonly kind: "preempts";
      readonly className: string | undefined;
      readonly agent: number;
      readonly hold: number;
    };

/** Of the namespaces in which tare's own objects are made: nothing is benched. */
export type ControlRefusal =
  | { readonly kind: "no-namespace"; readonly namespace: string }
  | {
      readonly kind: "quota";
      readonly namespace: string;
      readonly quota: string;
      readonly resources: readonly string[];
    }
  | {
      readonly kind: "quota-full";
      readonly namespace: string;
      readonly quota: string;
      readonly used: number;
      readonly hard: number;
    }
  | { readonly kind: "quota-not-counted"; readonly namespace: string; readonly quota: string }
  | { readonly kind: "limit-range"; readonly namespace: string; readonly limitRange: string }
  | { readonly kind: "critical-quota"; readonly namespace: string; readonly className: string }
  /** What the server said to a dry run. */
  | { readonly kind: "server"; readonly what: string; readonly message: string };

export type Refusal = NodeRefusal | AgentRefusal | ControlRefusal;
