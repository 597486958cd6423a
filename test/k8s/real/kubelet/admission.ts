/** Whether a node takes a pod that was given to it, by whoever: the kubelet's own last word. */
import type { V1Pod } from "@kubernetes/client-node";

export interface Size {
  readonly pods: number;
  readonly milliCpus: number;
}

export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

/** `100m` or `2`: all that the pods here ask for. */
const milliCpusOf = (quantity: string | undefined): number =>
  quantity === undefined
    ? 0
    : quantity.endsWith("m")
      ? Number(quantity.slice(0, -1))
      : Number(quantity) * 1000;

const requestedBy = ({ spec }: V1Pod): number =>
  spec?.containers.reduce((sum, { resources }) => sum + milliCpusOf(resources?.requests?.["cpu"]), 0) ?? 0;

/**
 * Undefined: it may start. A real kubelet ends other pods for a critical one instead of refusing it; here whoever sends one to a full node is
 * refused, too.
 *
 * @param others Those that the node has taken and that are not over
 */
export const rejectionOf = (pod: V1Pod, others: readonly V1Pod[], size: Size): Rejection | undefined => {
  if (others.length >= size.pods) return outOf("pods", 1, others.length, size.pods);
  const requested = requestedBy(pod);
  const used = others.reduce((sum, other) => sum + requestedBy(other), 0);
  return requested > 0 && used + requested > size.milliCpus
    ? outOf("cpu", requested, used, size.milliCpus)
    : undefined;
};

const outOf = (resource: string, requested: number, used: number, capacity: number): Rejection => ({
  reason: `OutOf${resource}`,
  message: `Pod was rejected: Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
});
