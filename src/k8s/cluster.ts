/**
 * The port to a cluster: the few requests that tare makes, in Kubernetes' own types. `client/` implements it with the
 * client library, tests with a cluster in memory. Each method is one request and rejects with a `ClusterError` alone.
 */
import type {
  CoreV1Event,
  V1DaemonSet,
  V1Job,
  V1Lease,
  V1LimitRange,
  V1Namespace,
  V1Node,
  V1Pod,
  V1PriorityClass,
  V1ResourceQuota,
} from "@kubernetes/client-node";

/**
 * `not-found`: 404. `exists`: a create's 409. `conflict`: any other 409, so a stale resourceVersion or another uid.
 * `gone`: 410. `forbidden`: 401 and 403, also of admission (quota, Pod Security). `unreachable`: no answer, 429, and
 * every 5xx but the quota's. `refused`: the rest, and the 500 "insufficient quota to match these scopes".
 */
export type ClusterErrorKind =
  "not-found" | "conflict" | "forbidden" | "exists" | "gone" | "unreachable" | "refused";

/** What the API server said to a request, or that it said nothing. */
export class ClusterError extends Error {
  readonly kind: ClusterErrorKind;
  /** When the server wants to be asked again, if it says so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: ClusterErrorKind,
    message: string,
    { retryAfterMs, ...options }: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options);
    this.name = "ClusterError";
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

export const isClusterError = (thrown: unknown, ...kinds: readonly ClusterErrorKind[]): boolean =>
  thrown instanceof ClusterError && (kinds.length === 0 || kinds.includes(thrown.kind));

/** Longer than that nobody is left alone: an agent may be away. */
const MAX_RETRY_AFTER_MS = 30_000;

/** Before the same is asked again: as long as the server wants it, and not less than `leastMs`. */
export const pauseAfter = (error: unknown, leastMs: number): number => {
  const wantedMs = error instanceof ClusterError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(leastMs, Math.min(wantedMs, MAX_RETRY_AFTER_MS));
};

export interface PodQuery {
  /** Absent: all namespaces, which is a right at cluster scope. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** `spec.nodeName=NODE`, or `spec.nodeName=` for pods that no node was found for. */
  readonly fieldSelector?: string;
}

export interface Creating {
  /** The server admits and validates, and keeps nothing. */
  readonly dryRun?: boolean;
}

/** Which object exactly is meant: another one of the same name is a `conflict`. */
export interface Deleting {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly dryRun?: boolean;
}

export interface FollowOptions {
  /** The first line wanted, counted from 0 at the container's start. The API cannot skip: the adapter does. */
  readonly fromLine?: number;
  /** False: what is there now, and no waiting for more. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** What a person or service account may want to do; `namespace` absent for what has none. */
export interface Access {
  readonly verb: string;
  readonly resource: string;
  readonly group?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Objects of one kind in one namespace. */
export interface WatchQuery {
  readonly resource: "pods" | "leases";
  readonly namespace: string;
  readonly labelSelector: string;
}

/** What is told of an object that has changed: by whom it has to be looked at, and no more. */
export interface Changed {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** That a pod is on, or is meant for. */
  readonly node?: string | undefined;
  /** Of a Lease; undefined also once that is gone. */
  readonly holder?: string | undefined;
}

/** What a watch tells: that the server has begun to answer, a change, or that there was none up to a version. */
export type Watched =
  | { readonly what: "open" }
  | { readonly what: "change"; readonly changed: Changed; readonly version: string }
  | { readonly what: "bookmark"; readonly version: string };

export interface Cluster {
  getNode(name: string): Promise<V1Node>;
  listNodes(labelSelector?: string): Promise<readonly V1Node[]>;

  getPod(namespace: string, name: string): Promise<V1Pod>;
  listPods(query: PodQuery): Promise<readonly V1Pod[]>;
  /** The pod as the server made it: admission may have added to it. */
  createPod(pod: V1Pod, options?: Creating): Promise<V1Pod>;
  /** With the pod's own grace period. */
  deletePod(namespace: string, name: string, options?: Deleting): Promise<void>;

  getJob(namespace: string, name: string): Promise<V1Job>;
  listJobs(namespace: string, labelSelector: string): Promise<readonly V1Job[]>;
  createJob(job: V1Job, options?: Creating): Promise<V1Job>;
  /** With propagationPolicy Background: a Job's default orphans what it owns. */
  deleteJob(namespace: string, name: string, options?: Deleting): Promise<void>;

  getDaemonSet(namespace: string, name: string): Promise<V1DaemonSet>;

  getLease(namespace: string, name: string): Promise<V1Lease>;
  listLeases(namespace: string, labelSelector: string): Promise<readonly V1Lease[]>;
  createLease(lease: V1Lease): Promise<V1Lease>;
  /** PUT; its resourceVersion must be the one that was read, else `conflict`. */
  replaceLease(lease: V1Lease): Promise<V1Lease>;
  deleteLease(namespace: string, name: string, options?: Deleting): Promise<void>;

  getNamespace(name: string): Promise<V1Namespace>;
  getPriorityClass(name: string): Promise<V1PriorityClass>;
  listResourceQuotas(namespace: string): Promise<readonly V1ResourceQuota[]>;
  listLimitRanges(namespace: string): Promise<readonly V1LimitRange[]>;
  /** Of one object: the newest last. */
  listEvents(namespace: string, involvedName: string): Promise<readonly CoreV1Event[]>;

  /**
   * The lines of a pod's only container, without their line ends. Ends when the container has ended and all is read;
   * rejects with `unreachable` when the connection breaks, so that the caller can go on from the next line.
   */
  followLog(namespace: string, pod: string, options?: FollowOptions): AsyncIterable<string>;

  /** The version of a list of them, to watch from; the list itself is not fetched. */
  versionOf(query: WatchQuery): Promise<string>;
  /**
   * What changes after version `since`. Ends when the server ends it, or `signal` is aborted; rejects with `gone` where
   * `since` is too old. A connection that has died in silence is not noticed: the caller has to.
   */
  watch(query: WatchQuery, since: string, signal: AbortSignal): AsyncIterable<Watched>;

  /** Whether the one who asks may do that. */
  mayI(access: Access): Promise<boolean>;
}
