/** What a node has left for further pods: slots, and what pods have not asked for. */
import type { V1Container, V1Node, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { amountOf } from "./quantity.ts";

/** Of which a pod that does not fit is refused by the node itself. */
export const RESOURCES = ["cpu", "memory", "ephemeral-storage"] as const;
export type Resource = (typeof RESOURCES)[number];

/** CPUs in thousandths, the others in bytes. */
export type Amounts = Readonly<Record<Resource, number>>;

const NONE: Amounts = { cpu: 0, memory: 0, "ephemeral-storage": 0 };

const perResource = (amount: (resource: Resource) => number): Amounts => ({
  cpu: amount("cpu"),
  memory: amount("memory"),
  "ephemeral-storage": amount("ephemeral-storage"),
});

type Quantities = Readonly<Record<string, string>> | undefined;

export const amountsOf = (quantities: Quantities): Amounts =>
  perResource((resource) => {
    const amount = amountOf(quantities?.[resource] ?? "0") ?? 0;
    // What is asked for is rounded up as the scheduler does; a thousandth that only floating point made is none.
    return resource === "cpu" ? Math.ceil(amount * 1000 - 1e-6) : Math.ceil(amount);
  });

const sum = (all: readonly Amounts[]): Amounts =>
  perResource((resource) => all.reduce((total, one) => total + one[resource], 0));

const larger = (a: Amounts, b: Amounts): Amounts =>
  perResource((resource) => Math.max(a[resource], b[resource]));

/** A limit without a request is a request. */
const requestsOfContainer = ({ resources }: V1Container): Amounts =>
  amountsOf({ ...resources?.limits, ...resources?.requests });

/** As the scheduler counts them: containers together, or the largest moment of their preparation, and what the runtime takes. */
export const requestsOf = ({ containers, initContainers = [], overhead }: V1PodSpec): Amounts => {
  let sidecars = NONE;
  let preparing = NONE;
  for (const container of initContainers) {
    const own = requestsOfContainer(container);
    if (container.restartPolicy === "Always") sidecars = sum([sidecars, own]);
    preparing = larger(preparing, container.restartPolicy === "Always" ? sidecars : sum([sidecars, own]));
  }
  const running = sum([sidecars, ...containers.map(requestsOfContainer)]);
  return sum([larger(running, preparing), amountsOf(overhead)]);
};

/** It holds neither a slot nor room any more. */
export const isOver = ({ status }: V1Pod): boolean =>
  status?.phase === "Succeeded" || status?.phase === "Failed";

export interface Room {
  readonly slots: number;
  readonly free: Amounts;
}

/** `pods`: of the whole cluster, or of this node. */
export const roomOn = (node: V1Node, pods: readonly V1Pod[]): Room => {
  const own = pods.filter((pod) => pod.spec?.nodeName === node.metadata?.name && !isOver(pod));
  const allocatable = amountsOf(node.status?.allocatable);
  const taken = sum(own.flatMap(({ spec }) => (spec === undefined ? [] : [requestsOf(spec)])));
  return {
    slots: (amountOf(node.status?.allocatable?.["pods"] ?? "0") ?? 0) - own.length,
    free: perResource((resource) => allocatable[resource] - taken[resource]),
  };
};
