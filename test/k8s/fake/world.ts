/**
 * A cluster in memory, as far as a bench meets it: scheduler, DaemonSet controller, garbage collector and a kubelet on
 * each node, in the times that a real control plane took. Each of them can be away. What is wrong with it is that it is
 * simple; `npm run test:k8s` asks a real one.
 */
import type {
  CoreV1Event,
  V1DaemonSet,
  V1Job,
  V1Lease,
  V1Node,
  V1Pod,
  V1PodStatus,
} from "@kubernetes/client-node";
import { matches } from "../../../src/k8s/choose/selector.ts";
import { RESOURCES, isOver, requestsOf, roomOn } from "../../../src/k8s/choose/room.ts";
import { nodeMeantBy } from "../../../src/k8s/conductor/view.ts";
import type { ClusterError } from "../../../src/k8s/cluster.ts";
import { store } from "./store.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface Away {
  api: boolean;
  scheduler: boolean;
  controllers: boolean;
  readonly kubelets: Set<string>;
}

export interface WorldOptions {
  /** Its scheduler looks at a pod that a hold kept away only when that is new, or after five minutes. */
  readonly hasHintBug?: boolean;
}

/** What stands between a request and its object. */
export interface Admission {
  refuses: (pod: V1Pod) => ClusterError | undefined;
  changes: (pod: V1Pod) => V1Pod;
}

export interface Deleted {
  readonly pod: V1Pod;
  readonly by: unknown;
  readonly atMs: number;
}

export type World = ReturnType<typeof createWorld>;

const CONTROLLERS_MS = 100;
const START_MS = 1000;
const STOP_MS = 500;
const UNREADY_AFTER_MS = 50_000;
const LOST_AFTER_MS = 60_000;
const HINT_MS = 300_000;

export const createWorld = (time: VirtualTime, { hasHintBug = false }: WorldOptions = {}) => {
  let isPassDue = false;
  const changed = (): void => {
    if (isPassDue) return;
    isPassDue = true;
    time.after(CONTROLLERS_MS, () => {
      isPassDue = false;
      pass();
    });
  };
  const nodes = store<V1Node>("nodes", changed);
  const pods = store<V1Pod>("pods", changed);
  const jobs = store<V1Job>("jobs", changed);
  const daemonSets = store<V1DaemonSet>("daemonsets.apps", changed);
  const leases = store<V1Lease>("leases.coordination.k8s.io", changed);
  const events: CoreV1Event[] = [];
  const away: Away = { api: false, scheduler: false, controllers: false, kubelets: new Set() };
  const logs = new Map<string, string[]>();
  /** When a kubelet was last heard of. */
  const heardMs = new Map<string, number>();
  /** What a kubelet has begun and not done yet. */
  const begun = new Set<string>();
  const nodeGoneMs = new Map<string, number>();
  const priorities = new Map<string, number>();
  const admission: Admission = { refuses: () => undefined, changes: (pod) => pod };
  /** By clients of the API, in their order. */
  const deleted: Deleted[] = [];

  const uidOf = ({ metadata }: V1Pod): string => metadata?.uid ?? "";
  const patchStatus = (pod: V1Pod, status: V1PodStatus): void => {
    pods.patch(uidOf(pod), (now) => ({ ...now, status: { ...now.status, ...status } }));
  };
  const ready = (is: boolean) => [{ type: "Ready", status: is ? "True" : "False" }];
  const fail = (pod: V1Pod, reason: string, message: string): void => {
    patchStatus(pod, { phase: "Failed", reason, message, conditions: ready(false) });
  };

  // Kubelets: they go on without the API server, and report when it is back.

  const later = (key: string, ms: number, what: () => void): void => {
    if (begun.has(key)) return;
    begun.add(key);
    time.after(ms, () => {
      begun.delete(key);
      what();
      changed();
    });
  };
  const kubelet = (node: V1Node): void => {
    const name = node.metadata?.name ?? "";
    if (away.kubelets.has(name) || away.api) return;
    heardMs.set(name, time.elapsedMs());
    for (const pod of pods.all()) if (pod.spec?.nodeName === name) tend(pod, node);
  };
  const tend = (pod: V1Pod, node: V1Node): void => {
    const name = node.metadata?.name ?? "";
    const isHere = (): boolean => !away.kubelets.has(name) && !away.api;
    if (pod.metadata?.deletionTimestamp !== undefined) {
      later(`stop ${uidOf(pod)}`, STOP_MS, () => {
        if (isHere()) pods.remove(uidOf(pod));
      });
      return;
    }
    if (isOver(pod)) return;
    if (pod.status?.phase !== "Running") {
      const others = pods
        .all()
        .filter((other) => uidOf(other) !== uidOf(pod) && other.status?.phase === "Running");
      const lack = lackOf(pod, node, others);
      if (lack !== undefined) fail(pod, `OutOf${lack}`, `Pod was rejected: Node didn't have enough ${lack}`);
      else later(`start ${uidOf(pod)}`, START_MS, () => start(pod, isHere));
      return;
    }
    const startMs = pod.status.startTime?.getTime() ?? 0;
    const deadline = pod.spec?.activeDeadlineSeconds;
    if (deadline === undefined) return;
    const leftMs = startMs + deadline * 1000 - time.now().getTime();
    if (leftMs <= 0)
      fail(pod, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
    else later(`deadline ${uidOf(pod)}`, leftMs, () => undefined);
  };
  const start = (pod: V1Pod, isHere: () => boolean): void => {
    const now = pods.all().find((one) => uidOf(one) === uidOf(pod));
    if (!isHere() || now === undefined || isOver(now) || now.metadata?.deletionTimestamp !== undefined)
      return;
    patchStatus(pod, {
      phase: "Running",
      startTime: time.now(),
      conditions: ready(true),
      containerStatuses: (pod.spec?.containers ?? []).map(({ name, image = "" }) => ({
        name,
        image,
        imageID: `${image}@sha256:0`,
        ready: true,
        restartCount: 0,
      })),
    });
  };

  /** What a pod asks for and a node has not beside `others`. */
  const lackOf = (pod: V1Pod, node: V1Node, others: readonly V1Pod[]): string | undefined => {
    if (pod.spec === undefined) return undefined;
    const { slots, free } = roomOn(node, others);
    if (slots < 1) return "pods";
    const wanted = requestsOf(pod.spec);
    return RESOURCES.find((resource) => wanted[resource] > 0 && wanted[resource] > free[resource]);
  };

  // The scheduler.

  const schedule = (): void => {
    for (const pod of pods.all()) {
      const isNew = pod.spec?.nodeName === undefined && pod.metadata?.deletionTimestamp === undefined;
      if (!isNew || isOver(pod) || isOverlooked(pod)) continue;
      const node = nodes.find("", nodeMeantBy(pod) ?? "");
      if (node !== undefined) place(pod, node);
    }
  };
  /** Found unschedulable, and nothing has told the scheduler to look again. */
  const isOverlooked = (pod: V1Pod): boolean => {
    const since = pod.status?.conditions?.find(({ type }) => type === "PodScheduled")?.lastTransitionTime;
    return hasHintBug && since !== undefined && time.now().getTime() - since.getTime() < HINT_MS;
  };
  const place = (pod: V1Pod, node: V1Node): void => {
    const here = pods.all().filter((other) => other.spec?.nodeName === node.metadata?.name && !isOver(other));
    const repelling = here.filter((other) => repels(other, pod));
    const priority = pod.spec?.priority ?? 0;
    if (repelling.length > 0 && repelling.every((other) => (other.spec?.priority ?? 0) < priority)) {
      for (const other of repelling) pods.remove(uidOf(other));
      return;
    }
    const lack = lackOf(pod, node, here);
    if (repelling.length === 0 && lack === undefined) {
      pods.patch(uidOf(pod), (now) => ({
        ...now,
        spec: { containers: [], ...now.spec, nodeName: node.metadata?.name ?? "" },
      }));
      return;
    }
    if (lack !== undefined && repelling.length === 0 && preempt(here, priority)) return;
    const message =
      lack === undefined ? "didn't satisfy existing pods anti-affinity rules" : `1 Insufficient ${lack}`;
    const told = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
    if (told?.message === message && !hasHintBug) return;
    patchStatus(pod, {
      conditions: [
        {
          type: "PodScheduled",
          status: "False",
          reason: "Unschedulable",
          message,
          lastTransitionTime: time.now(),
        },
      ],
    });
    if (hasHintBug) time.after(HINT_MS, changed);
  };
  const repels = (other: V1Pod, pod: V1Pod): boolean =>
    (other.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some(
      ({ namespaces = [], labelSelector }) =>
        namespaces.includes(pod.metadata?.namespace ?? "") &&
        labelSelector !== undefined &&
        matches(labelSelector, pod.metadata?.labels),
    );
  const preempt = (here: readonly V1Pod[], priority: number): boolean => {
    const [lowest] = here.toSorted((a, b) => (a.spec?.priority ?? 0) - (b.spec?.priority ?? 0));
    if (lowest === undefined || (lowest.spec?.priority ?? 0) >= priority) return false;
    pods.remove(uidOf(lowest));
    return true;
  };

  // Controllers: DaemonSets, nodes, garbage.

  const tendDaemonSet = (daemonSet: V1DaemonSet): void => {
    const own = pods
      .all()
      .filter(({ metadata }) => metadata?.ownerReferences?.[0]?.uid === daemonSet.metadata?.uid);
    const revision = revisionOf(daemonSet);
    let updated = 0;
    for (const node of nodes.all()) {
      const name = node.metadata?.name ?? "";
      const here = own.filter((pod) => nodeMeantBy(pod) === name);
      for (const pod of here) if (isOver(pod)) pods.remove(uidOf(pod));
      const there = here.filter((pod) => !isOver(pod));
      if (there.length === 0) pods.create(podOf(daemonSet, name, revision), time.now());
      if (there.some(({ metadata }) => metadata?.labels?.["controller-revision-hash"] === revision))
        updated += 1;
    }
    for (const pod of own)
      if (nodes.find("", nodeMeantBy(pod) ?? "") === undefined && pod.spec?.nodeName === undefined)
        pods.remove(uidOf(pod));
    rollOut(daemonSet, own, revision);
    const status = {
      observedGeneration: daemonSet.metadata?.generation ?? 0,
      desiredNumberScheduled: nodes.all().length,
      updatedNumberScheduled: updated,
      currentNumberScheduled: own.length,
      numberMisscheduled: 0,
      numberReady: 0,
    };
    if (JSON.stringify(status) !== JSON.stringify(daemonSet.status))
      daemonSets.patch(daemonSet.metadata?.uid ?? "", (now) => ({ ...now, status }));
  };
  /** One node at a time, and Pending ones at once. */
  const rollOut = (daemonSet: V1DaemonSet, own: readonly V1Pod[], revision: string): void => {
    if (daemonSet.spec?.updateStrategy?.type === "OnDelete") return;
    const old = own.filter(({ metadata }) => metadata?.labels?.["controller-revision-hash"] !== revision);
    for (const pod of old) if (pod.spec?.nodeName === undefined) pods.remove(uidOf(pod));
    const isDisturbed = own.some(
      ({ status }) =>
        status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") !== true,
    );
    const [next] = old.filter(({ spec }) => spec?.nodeName !== undefined);
    if (next !== undefined && !isDisturbed) terminate(next);
  };
  const terminate = (pod: V1Pod): void => {
    if (pod.metadata?.deletionTimestamp !== undefined) return;
    const isAtOnce =
      pod.spec?.nodeName === undefined || pod.spec.terminationGracePeriodSeconds === 0 || isOver(pod);
    if (isAtOnce) pods.remove(uidOf(pod));
    else
      pods.patch(uidOf(pod), (now) => ({
        ...now,
        metadata: { ...now.metadata, deletionTimestamp: time.now() },
      }));
  };
  const podOf = (daemonSet: V1DaemonSet, node: string, revision: string): V1Pod => {
    const template = daemonSet.spec?.template;
    const { name = "", namespace = "", uid = "" } = daemonSet.metadata ?? {};
    return {
      metadata: {
        generateName: `${name}-`,
        namespace,
        labels: { ...template?.metadata?.labels, "controller-revision-hash": revision },
        ownerReferences: [{ apiVersion: "apps/v1", kind: "DaemonSet", name, uid, controller: true }],
      },
      spec: {
        containers: [],
        ...template?.spec,
        priority: priorities.get(template?.spec?.priorityClassName ?? "") ?? 0,
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] },
              ],
            },
          },
        },
      },
      status: { phase: "Pending" },
    };
  };

  const collectGarbage = (): void => {
    const owners = new Set([...jobs.all(), ...daemonSets.all()].map(({ metadata }) => metadata?.uid));
    const isOrphan = ({ metadata }: V1Pod | V1Lease): boolean =>
      (metadata?.ownerReferences ?? []).length > 0 &&
      metadata?.ownerReferences?.every(({ uid }) => !owners.has(uid)) === true;
    for (const pod of pods.all()) if (isOrphan(pod)) terminate(pod);
    for (const lease of leases.all()) if (isOrphan(lease)) leases.remove(lease.metadata?.uid ?? "");
    for (const pod of pods.all()) collectLost(pod);
  };
  /** Of a node that is no more. */
  const collectLost = (pod: V1Pod): void => {
    const name = pod.spec?.nodeName;
    if (name === undefined || nodes.find("", name) !== undefined) return;
    const since = nodeGoneMs.get(name) ?? time.elapsedMs();
    nodeGoneMs.set(name, since);
    if (time.elapsedMs() - since >= LOST_AFTER_MS) pods.remove(uidOf(pod));
    else later(`lost ${name}`, LOST_AFTER_MS, () => undefined);
  };
  const watchNodes = (): void => {
    for (const node of nodes.all()) {
      const name = node.metadata?.name ?? "";
      const silentMs = time.elapsedMs() - (heardMs.get(name) ?? 0);
      const is = silentMs < UNREADY_AFTER_MS ? "True" : "False";
      if (silentMs > 0 && silentMs < UNREADY_AFTER_MS)
        later(`silent ${name}`, UNREADY_AFTER_MS, () => undefined);
      const was = node.status?.conditions?.[0]?.status;
      if (was === is) continue;
      nodes.patch(node.metadata?.uid ?? "", (now) => ({
        ...now,
        status: { ...now.status, conditions: [{ type: "Ready", status: is }] },
      }));
      // All pods of a silent node; a kubelet that is back tells of its own.
      for (const pod of pods.all())
        if (pod.spec?.nodeName === name && pod.status?.phase === "Running")
          patchStatus(pod, { conditions: ready(is === "True") });
    }
  };

  const pass = (): void => {
    for (const node of nodes.all()) kubelet(node);
    if (away.api) return;
    if (!away.controllers) {
      watchNodes();
      collectGarbage();
      for (const daemonSet of daemonSets.all()) tendDaemonSet(daemonSet);
    }
    if (!away.scheduler) schedule();
  };

  return {
    time,
    nodes,
    pods,
    jobs,
    daemonSets,
    leases,
    events,
    away,
    logs,
    priorities,
    admission,
    deleted,
    changed,
    terminate,
    deletes: (pod: V1Pod, by: unknown) => {
      deleted.push({ pod, by, atMs: time.elapsedMs() });
      terminate(pod);
    },
    fail,
    /** As a drain or the kubelet under pressure does it. */
    evict: (pod: V1Pod) => {
      fail(pod, "Evicted", "The node was low on resource: memory.");
    },
  };
};

/** Of the template alone, as the DaemonSet controller's hash is. */
const revisionOf = ({ spec }: V1DaemonSet): string => {
  const text = JSON.stringify(spec?.template ?? {});
  let hash = 0;
  for (const char of text) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 1_000_000_007;
  return hash.toString(36);
};
