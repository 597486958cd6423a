/** What is seen of one agent on one node, in the words in which `next-step.ts` decides. */
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { isReadyPod } from "../choose/node-refusals.ts";
import { isOver } from "../choose/room.ts";
import { REVISION } from "../objects/labels.ts";

/** Which agent it is: its owner may change it at any time, and then it is not the one that was measured. */
export interface Identity {
  readonly revision: string;
  /** `container=image`. */
  readonly images: readonly string[];
  /** As the node resolved them, of a pod that runs: a tag may have moved. */
  readonly imageIds: readonly string[];
}

export interface AgentPod {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** A node was found for it. */
  readonly isBound: boolean;
  readonly isReady: boolean;
  readonly isTerminating: boolean;
  /** The scheduler found the node full. */
  readonly lacksRoom: boolean;
  readonly identity: Identity;
  /** What the API says of it, for a person. */
  readonly condition: string;
}

/** A hold or a place. */
export interface OwnPod {
  readonly name: string;
  readonly uid: string;
  readonly phase: "pending" | "running" | "over";
  readonly isTerminating: boolean;
  /** Why it is over; empty for one that is not. */
  readonly why: string;
  readonly ageSeconds: number;
}

/**
 * `off`: its node pod wishes so, and nothing speaks against it. `as-is`: what it wishes is not known yet, since its log
 * could not be read so far.
 */
export type Wanted = "on" | "off" | "as-is";

export interface AgentView {
  readonly wanted: Wanted;
  /** It was without its agent in this turn, by the node's word or because its pod was deleted for it. */
  readonly wasOff: boolean;
  /** The node has said that it is off. */
  readonly isSeenOff: boolean;
  readonly hasDaemonSet: boolean;
  readonly isRolledOut: boolean;
  /** In what the agent differs from the one at the beginning; undefined: in nothing. */
  readonly changed: string | undefined;
  /** None of them is over. */
  readonly pods: readonly AgentPod[];
  readonly holds: readonly OwnPod[];
  readonly places: readonly OwnPod[];
  /** The agent's priority is above its place's: it would preempt somebody else for want of room. */
  readonly isAbovePlace: boolean;
  readonly hasSlot: boolean;
  readonly isNodeThere: boolean;
  readonly isNodeReady: boolean;
  /** Pods of the agent that were kept away by a hold, or have waited so long that the scheduler must have missed them. */
  readonly stuck: ReadonlySet<string>;
  /** How long something has been so, without a break and with the cluster answering; 0: it is not. */
  readonly seconds: {
    readonly withoutPod: number;
    readonly withoutHold: number;
    readonly nodeUnready: number;
    readonly off: number;
  };
}

export const isReadyNode = ({ status }: V1Node): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true;

const identityOf = ({ metadata, spec, status }: V1Pod): Identity => ({
  revision: metadata?.labels?.[REVISION] ?? "",
  images: (spec?.containers ?? []).map(({ name, image = "" }) => `${name}=${image}`).toSorted(),
  imageIds: (status?.containerStatuses ?? [])
    .filter(({ imageID }) => imageID !== "")
    .map(({ name, imageID }) => `${name}=${imageID}`)
    .toSorted(),
});

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one, index) => one === b[index]);

/** In what `now` is another agent than `before`; of a pod that does not run yet the images' ids are not known. */
export const changeOf = (before: Identity, now: Identity): string | undefined => {
  if (before.revision !== now.revision)
    return `revision ${before.revision || "none"} is now ${now.revision || "none"}`;
  if (!isSame(before.images, now.images)) return `image ${before.images.join()} is now ${now.images.join()}`;
  const areKnown = before.imageIds.length > 0 && now.imageIds.length === before.imageIds.length;
  return areKnown && !isSame(before.imageIds, now.imageIds)
    ? `image ${before.imageIds.join()} is now ${now.imageIds.join()}`
    : undefined;
};

/** The node that a DaemonSet's pod is for, bound or not. */
export const nodeMeantBy = ({ spec }: V1Pod): string | undefined => {
  if (spec?.nodeName !== undefined && spec.nodeName !== "") return spec.nodeName;
  const terms =
    spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms
    .flatMap(({ matchFields = [] }) => matchFields)
    .find(({ key, operator }) => key === "metadata.name" && operator === "In")?.values?.[0];
};

/** As the scheduler words it; a hold hides behind it on a full node, so it says only that there is no room. */
const NO_ROOM = /Insufficient |Too many pods/;

export const agentPod = (pod: V1Pod): AgentPod => {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  return {
    name: pod.metadata?.name ?? "",
    uid: pod.metadata?.uid ?? "",
    resourceVersion: pod.metadata?.resourceVersion ?? "",
    isBound: pod.spec?.nodeName !== undefined && pod.spec.nodeName !== "",
    isReady: isReadyPod(pod),
    isTerminating: pod.metadata?.deletionTimestamp !== undefined,
    lacksRoom: scheduled?.status === "False" && NO_ROOM.test(scheduled.message ?? ""),
    identity: identityOf(pod),
    condition: conditionOf(pod),
  };
};

const conditionOf = ({ status, metadata }: V1Pod): string => {
  if (metadata?.deletionTimestamp !== undefined) return "is being deleted";
  const failing = status?.conditions?.find(({ status: is, type }) => is === "False" && type !== "Ready");
  const waiting = status?.containerStatuses?.find(({ state }) => state?.waiting !== undefined);
  const reason = waiting?.state?.waiting?.reason;
  return [
    status?.phase ?? "unknown",
    failing === undefined ? undefined : `${failing.type} ${failing.reason ?? ""}: ${failing.message ?? ""}`,
    reason === undefined ? undefined : `container ${waiting?.name ?? ""}: ${reason}`,
  ]
    .filter((part) => part !== undefined)
    .join(", ");
};

const phaseOf = (pod: V1Pod): OwnPod["phase"] => {
  if (isOver(pod)) return "over";
  return pod.status?.phase === "Running" ? "running" : "pending";
};

export const ownPod = (pod: V1Pod, ageSeconds: number): OwnPod => {
  const phase = phaseOf(pod);
  return {
    name: pod.metadata?.name ?? "",
    uid: pod.metadata?.uid ?? "",
    phase,
    isTerminating: pod.metadata?.deletionTimestamp !== undefined,
    why:
      phase === "over"
        ? [pod.status?.reason, pod.status?.message].filter((part) => part !== undefined).join(": ")
        : "",
    ageSeconds,
  };
};
