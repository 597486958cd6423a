/** Does what was decided about one agent on one node. A step that came too late is none: the next look tells. */
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { RESOURCES } from "../choose/room.ts";
import { type Cluster, ClusterError, isClusterError } from "../cluster.ts";
import { holdPod } from "../objects/hold.ts";
import { placePod } from "../objects/place.ts";
import type { Resting } from "../objects/resting.ts";
import { daemonSetOf } from "../plan.ts";
import type { AgentState } from "./agent-state.ts";
import type { Clock } from "./clock.ts";
import { lookAtRoom } from "./look.ts";
import type { Step } from "./next-step.ts";
import type { NodeTerms } from "./terms.ts";
import type { AgentPod, OwnPod } from "./view.ts";

type Doing = Exclude<Step, { readonly do: "void" | "end" | "take-slot" }>;
/** Undefined: done. `void` and `end` as in a step. */
export type Done = Extract<Step, { readonly do: "void" | "end" }> | undefined;

export interface Acting {
  readonly cluster: Pick<Cluster, "listPods" | "createPod" | "deletePod">;
  readonly clock: Clock;
  readonly terms: NodeTerms;
  readonly node: V1Node | undefined;
}

export const act = (step: Doing, state: AgentState, acting: Acting): Promise<Done> => {
  switch (step.do) {
    case "make-place":
      return makePlace(state, acting);
    case "make-hold":
      return makeHold(state, acting);
    case "remove":
      return remove(step.pods, acting);
    case "delete-agent-pod":
      return deleteAgentPod(step.pod, state, acting);
  }
};

/** Its own slot, and the hold's. */
const SLOTS_FOR_PLACE = 2;
const SLOTS_FOR_HOLD = 1;

const makePlace = async (state: AgentState, acting: Acting): Promise<Done> => {
  const { facts } = state;
  if (facts === undefined) return undefined;
  const full = await fullness(acting, SLOTS_FOR_PLACE, (free) =>
    RESOURCES.filter((resource) => facts.requests[resource] > free[resource]),
  );
  if (full !== undefined) return full;
  return made(
    "place",
    state,
    acting,
    placePod({ ...resting(state.agent, acting), requests: facts.requests }),
  );
};

const makeHold = async (state: AgentState, acting: Acting): Promise<Done> => {
  const { facts } = state;
  const name = daemonSetOf(state.agent);
  if (facts === undefined || name === undefined) return undefined;
  // A critical pod that finds no slot makes the kubelet end another one.
  const full = await fullness(acting, SLOTS_FOR_HOLD, () => []);
  if (full !== undefined) return full;
  const { priorityClassName, selector } = facts;
  return made(
    "hold",
    state,
    acting,
    holdPod({
      ...resting(state.agent, acting),
      agentNamespace: name.namespace,
      selector,
      ...(priorityClassName === undefined ? {} : { priorityClassName }),
    }),
  );
};

const fullness = async (
  { cluster, node }: Acting,
  slots: number,
  lacking: (free: Awaited<ReturnType<typeof lookAtRoom>>["free"]) => readonly string[],
): Promise<Done> => {
  if (node === undefined) return { do: "void", why: "the node is gone" };
  const room = await lookAtRoom(cluster, node);
  if (room.slots < slots)
    return { do: "void", why: `the node is full: ${room.slots} free pod slots, ${slots} are needed` };
  const short = lacking(room.free);
  return short.length === 0
    ? undefined
    : { do: "void", why: `the node is full: not as much ${short.join(" and ")} free as the agent asks for` };
};

const resting = (agent: string, { terms: { plan, node, owner } }: Acting): Resting => ({
  bench: plan.bench,
  namespace: plan.namespaces.control,
  node: node.name,
  agent,
  image: plan.image,
  imagePullPolicy: plan.imagePullPolicy,
  imagePullSecrets: plan.imagePullSecrets,
  deadlineSeconds: plan.off.holdSeconds,
  ...(owner === undefined ? {} : { owner }),
});

const made = async (
  what: "hold" | "place",
  state: AgentState,
  { cluster, clock }: Acting,
  wanted: V1Pod,
): Promise<Done> => {
  let pod: V1Pod;
  try {
    pod = await cluster.createPod(wanted);
  } catch (error) {
    return endOf(error, `make a ${what}`);
  }
  state.bornMs.set(pod.metadata?.uid ?? "", clock.elapsedMs());
  return what === "hold" ? admittedOtherwise(pod) : undefined;
};

/** Admission may add requests to it: with its agent's priority it would then make room for itself. */
const admittedOtherwise = ({ metadata, spec }: V1Pod): Done => {
  const requests = Object.keys(spec?.containers[0]?.resources?.requests ?? {});
  return requests.length === 0
    ? undefined
    : {
        do: "end",
        why: `a hold must ask for nothing, and a LimitRange in ${metadata?.namespace ?? ""} made it ask for ${requests.join(" and ")}`,
      };
};

/** What no second try mends. */
const endOf = (error: unknown, what: string): Done => {
  if (error instanceof ClusterError && isClusterError(error, "forbidden", "refused", "not-found"))
    return { do: "end", why: `cannot ${what}: ${error.message}` };
  throw error;
};

const remove = async (pods: readonly OwnPod[], { cluster, terms }: Acting): Promise<Done> => {
  const namespace = terms.plan.namespaces.control;
  for (const { name, uid } of pods) await unlessLate(() => cluster.deletePod(namespace, name, { uid }));
  return undefined;
};

const deleteAgentPod = async (pod: AgentPod, state: AgentState, { cluster }: Acting): Promise<Done> => {
  const name = daemonSetOf(state.agent);
  if (name === undefined) return undefined;
  // One that has been bound meanwhile is on its way, and left alone.
  const exactly = pod.isBound ? { uid: pod.uid } : { uid: pod.uid, resourceVersion: pod.resourceVersion };
  try {
    await unlessLate(() => cluster.deletePod(name.namespace, pod.name, exactly));
  } catch (error) {
    return endOf(error, `delete the agent's pod ${pod.name}`);
  }
  return undefined;
};

const unlessLate = async (request: () => Promise<void>): Promise<void> => {
  try {
    await request();
  } catch (error) {
    if (!isClusterError(error, "not-found", "conflict")) throw error;
  }
};
