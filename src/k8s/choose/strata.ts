/** Kinds of node. Nodes are drawn at random within each: a figure of one kind says nothing of another. */
import type { V1Node } from "@kubernetes/client-node";
import type { Stratum } from "../plan.ts";

/** The second is what clusters before 1.17 have. */
const INSTANCE_TYPE = ["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"] as const;
/** On machines of one's own nothing tells the type. */
const UNKNOWN = "unknown";

const known = (text: string | undefined): string => (text === undefined || text === "" ? UNKNOWN : text);

export const stratumOf = ({ metadata, status }: V1Node): Stratum => {
  const labels = metadata?.labels;
  const info = status?.nodeInfo;
  return {
    instanceType: known(INSTANCE_TYPE.map((label) => labels?.[label]).find((type) => type !== undefined)),
    architecture: known(info?.architecture),
    kernel: known(info?.kernelVersion),
    osImage: known(info?.osImage),
  };
};

/** Equal for nodes of one kind alone. */
export const stratumText = ({ instanceType, architecture, kernel, osImage }: Stratum): string =>
  [instanceType, architecture, kernel, osImage].join(", ");
