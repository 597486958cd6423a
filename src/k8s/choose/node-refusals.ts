/** Whether a node can be benched, by what the cluster says of it. What only the node itself knows, its pod tells first. */
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { nodeLabel } from "../objects/labels.ts";
import type { NodeRefusal } from "./refusal.ts";
import { type Amounts, RESOURCES, requestsOf, roomOn } from "./room.ts";

export const HOSTNAME = "kubernetes.io/hostname";

/** Labels of nodes that are no machines: virtual-kubelet's own, Fargate's, and those of providers that build on the former. */
const VIRTUAL: readonly (readonly [label: string, value: string])[] = [
  ["type", "virtual-kubelet"],
  ["eks.amazonaws.com/compute-type", "fargate"],
  ["kubernetes.azure.com/virtual-node", "true"],
];

const ARCHITECTURES = ["amd64", "arm64"];

/** An agent with its pods in the cluster. */
export interface AgentPods {
  /** `daemonset:NAMESPACE/NAME`. */
  readonly name: string;
  readonly pods: readonly V1Pod[];
}

/** What the bench itself puts on a node. */
export interface Needs {
  /** Whether agents are stopped, and so their places kept. */
  readonly withHolds: boolean;
  /** Of the node pod. */
  readonly nodePod: Amounts;
}

export interface Around {
  /** Of the whole cluster: a hostname must be unique. */
  readonly nodes: readonly V1Node[];
  /** Of the whole cluster. */
  readonly pods: readonly V1Pod[];
  readonly agents: readonly AgentPods[];
  readonly needs: Needs;
  /** Which bench holds a node's Lease, by the label of the node. */
  readonly leases: ReadonlyMap<string, string>;
}

const nameOf = ({ metadata }: V1Node | V1Pod): string => metadata?.name ?? "";

const isTrue = (
  conditions: readonly { readonly type: string; readonly status: string }[] | undefined,
  type: string,
): boolean => conditions?.some((one) => one.type === type && one.status === "True") === true;

export const isReadyPod = ({ status, metadata }: V1Pod): boolean =>
  metadata?.deletionTimestamp === undefined && isTrue(status?.conditions, "Ready");

/** All that is in the way, not only the first: a user mends them together. */
export const nodeRefusals = (node: V1Node, around: Around): readonly NodeRefusal[] => {
  const kind = machineRefusals(node);
  // Of what is no machine nothing else needs to be said.
  if (kind.length > 0) return kind;
  return [
    ...stateRefusals(node),
    ...leaseRefusals(node, around),
    ...(around.needs.withHolds ? hostnameRefusals(node, around.nodes) : []),
    ...around.agents.flatMap((agent) => agentRefusals(node, agent)),
    ...roomRefusals(node, around),
  ];
};

const machineRefusals = ({ metadata, status }: V1Node): readonly NodeRefusal[] => {
  const labels = metadata?.labels ?? {};
  const virtual = VIRTUAL.find(([label, value]) => labels[label] === value);
  if (virtual !== undefined) return [{ kind: "virtual", label: virtual.join("=") }];
  const { operatingSystem = "linux", architecture = "" } = status?.nodeInfo ?? {};
  if (operatingSystem !== "linux") return [{ kind: "other-system", system: operatingSystem }];
  return ARCHITECTURES.includes(architecture) ? [] : [{ kind: "other-architecture", architecture }];
};

const stateRefusals = ({ spec, status }: V1Node): readonly NodeRefusal[] => [
  ...(isTrue(status?.conditions, "Ready") ? [] : [{ kind: "not-ready" } as const]),
  ...(spec?.unschedulable === true ? [{ kind: "cordoned" } as const] : []),
];

const leaseRefusals = (node: V1Node, { leases }: Around): readonly NodeRefusal[] => {
  const by = leases.get(nodeLabel(nameOf(node)));
  return by === undefined ? [] : [{ kind: "leased", by }];
};

const hostnameRefusals = (node: V1Node, nodes: readonly V1Node[]): readonly NodeRefusal[] => {
  const hostname = node.metadata?.labels?.[HOSTNAME];
  if (hostname === undefined || hostname === "") return [{ kind: "no-hostname-label" }];
  const others = nodes
    .filter((other) => nameOf(other) !== nameOf(node) && other.metadata?.labels?.[HOSTNAME] === hostname)
    .map(nameOf);
  return others.length === 0 ? [] : [{ kind: "shared-hostname", hostname, nodes: others }];
};

const podsOn = (node: V1Node, { pods }: AgentPods): readonly V1Pod[] =>
  pods.filter(({ spec }) => spec?.nodeName === nameOf(node));

const agentRefusals = (node: V1Node, agent: AgentPods): readonly NodeRefusal[] => {
  const own = podsOn(node, agent);
  const [first] = own;
  if (first === undefined) return [{ kind: "no-agent-pod", agent: agent.name }];
  return own.some(isReadyPod) ? [] : [{ kind: "agent-not-ready", agent: agent.name, pod: nameOf(first) }];
};

/** A hold is prolonged by a second one before it ends. */
const HOLDS_AT_ONCE = 2;
const PLACES = 1;
const NODE_PODS = 1;

const roomRefusals = (node: V1Node, { pods, agents, needs }: Around): readonly NodeRefusal[] => {
  const { slots, free } = roomOn(node, pods);
  // One agent is off at a time.
  const needed = NODE_PODS + (needs.withHolds ? HOLDS_AT_ONCE + PLACES : 0);
  const places = needs.withHolds
    ? agents
        .flatMap((agent) => podsOn(node, agent).map(({ spec }) => spec))
        .filter((spec) => spec !== undefined)
    : [];
  const short = RESOURCES.flatMap((resource): readonly NodeRefusal[] => {
    const place = Math.max(0, ...places.map((spec) => requestsOf(spec)[resource]));
    const wanted = needs.nodePod[resource] + place;
    return wanted > free[resource]
      ? [{ kind: "no-room", resource, free: free[resource], needed: wanted }]
      : [];
  });
  return [...(slots < needed ? [{ kind: "few-slots", free: slots, needed } as const] : []), ...short];
};
