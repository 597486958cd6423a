/** What a cluster calls a node, for its record: the node itself shows none of it. */
import { createHash } from "node:crypto";
import type { V1Namespace, V1Node, V1Pod } from "@kubernetes/client-node";
import type { ToldOfNode } from "../../domain/cluster-node.ts";
import { REVISION } from "../objects/labels.ts";

/** Of cloud providers and autoscalers, in which one of them is set at most. */
const POOLS = [
  "eks.amazonaws.com/nodegroup",
  "cloud.google.com/gke-nodepool",
  "kubernetes.azure.com/agentpool",
  "karpenter.sh/nodepool",
];
const SPOT: readonly (readonly [label: string, value: string])[] = [
  ["eks.amazonaws.com/capacityType", "SPOT"],
  ["cloud.google.com/gke-spot", "true"],
  ["kubernetes.azure.com/scalesetpriority", "spot"],
  ["karpenter.sh/capacity-type", "spot"],
];
const HASH_LENGTH = 16;

/** A cluster has no name of its own; this namespace is made once and never replaced. `undefined`: it may not be read. */
export const clusterHash = (kubeSystem: V1Namespace | undefined): string | undefined => {
  const uid = kubeSystem?.metadata?.uid;
  return uid === undefined ? undefined : createHash("sha256").update(uid).digest("hex").slice(0, HASH_LENGTH);
};

const given = <K extends string>(key: K, text: string | undefined): { readonly [key in K]?: string } =>
  (text === undefined || text === "" ? {} : { [key]: text }) as { readonly [key in K]?: string };

/** `agents`: those that are stopped and started, with their pods. */
export const toldOf = (
  { metadata, status }: V1Node,
  cluster: string | undefined,
  agents: readonly { readonly name: string; readonly pods: readonly V1Pod[] }[],
): ToldOfNode => {
  const labels = metadata?.labels ?? {};
  const info = status?.nodeInfo;
  const spot = SPOT.filter(([label]) => labels[label] !== undefined);
  const images = Object.fromEntries(
    agents.flatMap(({ name, pods }) => {
      const pod = pods.find(({ spec }) => spec?.nodeName === metadata?.name);
      return pod === undefined ? [] : [[name, imagesOf(pod)]];
    }),
  );
  return {
    ...given("cluster", cluster),
    ...given(
      "pool",
      POOLS.map((label) => labels[label]).find((pool) => pool !== undefined),
    ),
    ...given("instanceType", labels["node.kubernetes.io/instance-type"]),
    ...given("zone", labels["topology.kubernetes.io/zone"]),
    ...(spot.length === 0 ? {} : { spot: spot.some(([label, value]) => labels[label] === value) }),
    ...given("osImage", info?.osImage),
    ...given("kubelet", info?.kubeletVersion),
    ...given("runtime", info?.containerRuntimeVersion),
    ...(Object.keys(images).length === 0 ? {} : { images }),
  };
};

const imagesOf = ({ metadata, status }: V1Pod): string =>
  [
    ...(status?.containerStatuses ?? []).map(({ imageID, image }) => imageID || image),
    ...(metadata?.labels?.[REVISION] === undefined ? [] : [`revision ${metadata.labels[REVISION]}`]),
  ].join(", ");
