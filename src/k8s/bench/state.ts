/** How a benched node is, by its Job and its pod. */
import type { V1Job, V1Pod } from "@kubernetes/client-node";
import { nodeMeantBy } from "../conductor/view.ts";

export type NodeState =
  /** No container runs yet; `why` where something is in the way, and not only time. */
  | { readonly kind: "starting"; readonly why?: string }
  | { readonly kind: "running" }
  | { readonly kind: "done"; readonly exitCode: number }
  /** Its container did not come to its end: evicted, out of memory, its node gone. */
  | { readonly kind: "interrupted"; readonly why: string };

/** The node that a Job's pod is for. */
export const nodeOf = (job: V1Job): string =>
  nodeMeantBy(job.spec?.template.spec === undefined ? {} : { spec: job.spec.template.spec }) ?? "";

const isTrue = (job: V1Job, type: string): string | undefined => {
  const found = job.status?.conditions?.find((one) => one.type === type && one.status === "True");
  return found === undefined ? undefined : [found.reason, found.message].filter(Boolean).join(": ");
};

export const isComplete = (job: V1Job): boolean => isTrue(job, "Complete") !== undefined;

export const isEnded = (job: V1Job): boolean => isComplete(job) || isTrue(job, "Failed") !== undefined;

/** @param unmade Why there is no pod, as far as it is known */
export const stateOf = (job: V1Job, pod: V1Pod | undefined, unmade?: string): NodeState => {
  if (pod === undefined) {
    const failed = isTrue(job, "Failed");
    if (failed !== undefined) return { kind: "interrupted", why: failed };
    return isTrue(job, "Complete") === undefined
      ? { kind: "starting", ...(unmade === undefined ? {} : { why: unmade }) }
      : { kind: "interrupted", why: "its pod is gone, and its log with it" };
  }
  return stateOfPod(pod);
};

const stateOfPod = ({ status, metadata }: V1Pod): NodeState => {
  const [container] = status?.containerStatuses ?? [];
  const terminated = container?.state?.terminated;
  if (terminated !== undefined) return ended(terminated.exitCode, terminated.reason, status?.reason);
  if (status?.phase === "Failed" || status?.phase === "Succeeded")
    return { kind: "interrupted", why: reasonOf(status.reason, status.message) };
  if (metadata?.deletionTimestamp !== undefined)
    return { kind: "interrupted", why: "its pod is being deleted" };
  if (container?.state?.running !== undefined) return { kind: "running" };
  const why = obstacle(status);
  return why === undefined ? { kind: "starting" } : { kind: "starting", why };
};

/** Codes above are those of signals. */
const FIRST_SIGNAL = 128;

/** tare ends itself with 130 after a signal, in order; anything else from there on ended it. */
const ORDERLY = 130;

const ended = (exitCode: number, reason: string | undefined, podReason: string | undefined): NodeState =>
  exitCode < FIRST_SIGNAL && podReason === undefined
    ? { kind: "done", exitCode }
    : {
        kind: "interrupted",
        why:
          exitCode === ORDERLY
            ? (podReason ?? "stopped")
            : reasonOf(podReason ?? reason, `exit code ${exitCode}`),
      };

const reasonOf = (reason: string | undefined, message: string | undefined): string =>
  [reason, message].filter((part) => part !== undefined && part !== "").join(": ") || "no reason is told";

/** Reasons of a container that is on its way. */
const USUAL = ["ContainerCreating", "PodInitializing"];

const obstacle = (status: V1Pod["status"]): string | undefined => {
  const waiting = status?.containerStatuses?.[0]?.state?.waiting;
  if (waiting?.reason !== undefined && !USUAL.includes(waiting.reason))
    return reasonOf(waiting.reason, waiting.message);
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  return scheduled?.status === "False" ? reasonOf(scheduled.reason, scheduled.message) : undefined;
};

const HINTS: readonly (readonly [words: RegExp, hint: string])[] = [
  [
    /ImagePullBackOff|ErrImagePull|InvalidImageName|ErrImageNeverPull/,
    "is the image's name right, can the node reach its registry, and does it need --image-pull-secret?",
  ],
  [
    /exceeded quota/,
    "raise that quota: the pod is tried again by itself; or stop the bench, and bench fewer nodes (--nodes)",
  ],
  [
    /failed quota: .* must specify/,
    "that namespace's quota wants what tare's pods do not ask for: use one without it",
  ],
];

export const hintFor = (state: NodeState): string | undefined => {
  switch (state.kind) {
    case "running":
    case "done":
      return undefined;
    case "starting":
      return HINTS.find(([words]) => state.why !== undefined && words.test(state.why))?.[1];
    case "interrupted":
      return /OOM/.test(state.why) ? "give the pod more memory: --memory 1Gi" : undefined;
  }
};
