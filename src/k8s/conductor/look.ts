/** Looks at one node of a bench: a few small requests, each of this node alone. */
import type { V1DaemonSet, V1LabelSelector, V1Node, V1Pod } from "@kubernetes/client-node";
import { isOver, type Room, roomOn } from "../choose/room.ts";
import { type Cluster, isClusterError } from "../cluster.ts";
import { APP, BENCH, labelsOf, NODE, nodeLabel, ROLE, selectorOf } from "../objects/labels.ts";
import { daemonSetOf } from "../plan.ts";
import { isOfDaemonSet, selectorText } from "./agent-facts.ts";
import type { NodeTerms } from "./terms.ts";
import { nodeMeantBy } from "./view.ts";

export type NodePod =
  | { readonly kind: "none" }
  | { readonly kind: "waiting"; readonly name: string; readonly why: string }
  | { readonly kind: "running"; readonly name: string }
  | { readonly kind: "ended"; readonly name: string; readonly why: string };

/** The pod that measures: its Job makes one and no other. */
export const lookAtNodePod = async (
  cluster: Pick<Cluster, "listPods">,
  { plan, node }: NodeTerms,
): Promise<NodePod> => {
  const [pod] = await cluster.listPods({
    namespace: plan.namespaces.nodes,
    labelSelector: selectorOf(labelsOf(plan.bench, "node", node.name)),
  });
  const name = pod?.metadata?.name;
  if (pod === undefined || name === undefined) return { kind: "none" };
  // One that is being ended measures nothing any more.
  if (isOver(pod) || pod.metadata?.deletionTimestamp !== undefined)
    return { kind: "ended", name, why: endOf(pod) };
  return pod.status?.phase === "Running"
    ? { kind: "running", name }
    : { kind: "waiting", name, why: waitOf(pod) };
};

const endOf = ({ status, metadata }: V1Pod): string => {
  if (status?.reason !== undefined) return [status.reason, status.message].filter(Boolean).join(": ");
  const ended = status?.containerStatuses?.[0]?.state?.terminated;
  if (ended !== undefined) return `${ended.reason ?? "ended"}, exit code ${ended.exitCode}`;
  return metadata?.deletionTimestamp === undefined ? (status?.phase ?? "ended") : "deleted";
};

const waitOf = ({ status }: V1Pod): string => {
  const waiting = status?.containerStatuses?.[0]?.state?.waiting;
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  return waiting?.message ?? waiting?.reason ?? scheduled?.message ?? "it has not started";
};

/** Holds and places of this bench on this node. */
export const lookAtOwnPods = (
  cluster: Pick<Cluster, "listPods">,
  { plan, node }: NodeTerms,
): Promise<readonly V1Pod[]> =>
  cluster.listPods({
    namespace: plan.namespaces.control,
    labelSelector: `${selectorOf({ [APP]: "tare", [BENCH]: plan.bench, [NODE]: nodeLabel(node.name) })},${ROLE} in (hold,place)`,
  });

/** Undefined for a node that is no more. */
export const lookAtNode = (
  cluster: Pick<Cluster, "getNode">,
  { node }: NodeTerms,
): Promise<V1Node | undefined> => unlessGone(() => cluster.getNode(node.name));

export const lookAtDaemonSet = async (
  cluster: Pick<Cluster, "getDaemonSet">,
  agent: string,
): Promise<V1DaemonSet | undefined> => {
  const name = daemonSetOf(agent);
  if (name === undefined) return undefined;
  const found = await unlessGone(() => cluster.getDaemonSet(name.namespace, name.name));
  // It makes no pods any more.
  return found?.metadata?.deletionTimestamp === undefined ? found : undefined;
};

/** Those of the agent that are on this node or meant for it, and are not over. */
export const lookAtAgentPods = async (
  cluster: Pick<Cluster, "listPods">,
  { node }: NodeTerms,
  agent: string,
  selector: V1LabelSelector,
): Promise<readonly V1Pod[]> => {
  const name = daemonSetOf(agent);
  if (name === undefined) return [];
  const of = { namespace: name.namespace, labelSelector: selectorText(selector) };
  // Before the others: one that is bound in between is then seen twice, and not never.
  const unbound = await cluster.listPods({ ...of, fieldSelector: "spec.nodeName=" });
  const bound = await cluster.listPods({ ...of, fieldSelector: `spec.nodeName=${node.name}` });
  const seen = new Map([...unbound, ...bound].map((pod) => [pod.metadata?.uid, pod]));
  return [...seen.values()].filter(
    (pod) => !isOver(pod) && nodeMeantBy(pod) === node.name && isOfDaemonSet(name.name)(pod),
  );
};

export const lookAtRoom = async (cluster: Pick<Cluster, "listPods">, node: V1Node): Promise<Room> =>
  roomOn(node, await cluster.listPods({ fieldSelector: `spec.nodeName=${node.metadata?.name ?? ""}` }));

const unlessGone = async <T>(get: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await get();
  } catch (error) {
    if (isClusterError(error, "not-found")) return undefined;
    throw error;
  }
};
