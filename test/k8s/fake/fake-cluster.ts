/** The port, onto a cluster in memory: as one client sees it, with its own faults. */
import type { V1Pod } from "@kubernetes/client-node";
import {
  type Cluster,
  ClusterError,
  type Creating,
  type Deleting,
  type FollowOptions,
} from "../../../src/k8s/cluster.ts";
import { fakeWatch, type Watcher } from "./fake-watch.ts";
import { isMeant } from "./selectors.ts";
import { presentVersion } from "./store.ts";
import type { World } from "./world.ts";

/** `lost`: it is carried out, and the answer does not arrive. */
export type Luck = "answered" | "unreachable" | "lost";

export interface Client extends Watcher {
  /** Of the next request. */
  luck: () => Luck;
  /** How long it stands still before a request, beside what that takes. */
  stillMs: (what: string) => number;
  /** A process that was killed: nothing that it waits for ever comes. */
  isDead: boolean;
  readonly requests: string[];
}

export const newClient = (): Client => ({
  luck: () => "answered",
  watchLuck: "well",
  stillMs: () => 0,
  isDead: false,
  requests: [],
});

const LATENCY_MS = 10;

export const fakeCluster = (world: World, client: Client = newClient()): Cluster => {
  const { time, nodes, pods, jobs, daemonSets, leases } = world;
  const unreachable = (): ClusterError => new ClusterError("unreachable", "the API server does not answer");
  const never = new Promise<never>(() => undefined);

  const request = async <T>(what: string, carryOut: () => T): Promise<T> => {
    client.requests.push(what);
    await time.sleep(LATENCY_MS + client.stillMs(what));
    if (client.isDead) return never;
    const luck = world.away.api ? "unreachable" : client.luck();
    if (luck === "unreachable") throw unreachable();
    const answer = carryOut();
    if (luck === "lost") throw unreachable();
    return answer;
  };
  const found = <T extends { metadata?: { namespace?: string } | undefined }>(
    all: readonly T[],
    namespace: string | undefined,
  ): readonly T[] =>
    all.filter(({ metadata }) => namespace === undefined || metadata?.namespace === namespace);

  return {
    getNode: (name) => request(`get node ${name}`, () => nodes.get("", name)),
    listNodes: (selector) =>
      request("list nodes", () => nodes.all().filter(({ metadata }) => isMeant(selector, metadata?.labels))),
    getPod: (namespace, name) => request(`get pod ${name}`, () => pods.get(namespace, name)),
    listPods: ({ namespace, labelSelector, fieldSelector }) =>
      request(`list pods in ${namespace ?? "all"}`, () =>
        found(pods.all(), namespace).filter(
          (pod) => isMeant(labelSelector, pod.metadata?.labels) && isOnNode(fieldSelector, pod),
        ),
      ),
    createPod: (pod, options) =>
      request(`create pod ${pod.metadata?.generateName ?? ""}`, () => admitted(world, pod, options)),
    deletePod: (namespace, name, options = {}) =>
      request(`delete pod ${name}`, () => {
        const pod = pods.meant(namespace, name, options);
        world.deletes(pod, client);
      }),
    getJob: (namespace, name) => request(`get job ${name}`, () => jobs.get(namespace, name)),
    listJobs: (namespace, selector) =>
      request("list jobs", () =>
        found(jobs.all(), namespace).filter(({ metadata }) => isMeant(selector, metadata?.labels)),
      ),
    createJob: (job) => request("create job", () => jobs.create(job, time.now())),
    deleteJob: (namespace, name, options = {}) =>
      request(`delete job ${name}`, () => {
        jobs.remove(jobs.meant(namespace, name, options).metadata?.uid ?? "");
      }),
    getDaemonSet: (namespace, name) =>
      request(`get daemonset ${name}`, () => daemonSets.get(namespace, name)),
    getLease: (namespace, name) => request(`get lease ${name}`, () => leases.get(namespace, name)),
    listLeases: (namespace, selector) =>
      request("list leases", () =>
        found(leases.all(), namespace).filter(({ metadata }) => isMeant(selector, metadata?.labels)),
      ),
    createLease: (lease) =>
      request(`create lease ${lease.metadata?.name ?? ""}`, () => leases.create(lease, time.now())),
    replaceLease: (lease) =>
      request(`replace lease ${lease.metadata?.name ?? ""}`, () => leases.replace(lease)),
    deleteLease: (namespace, name, options: Deleting = {}) =>
      request(`delete lease ${name}`, () => {
        leases.remove(leases.meant(namespace, name, options).metadata?.uid ?? "");
      }),
    getNamespace: (name) => request(`get namespace ${name}`, () => ({ metadata: { name } })),
    getPriorityClass: (name) =>
      request(`get priorityclass ${name}`, () => ({
        metadata: { name },
        value: world.priorities.get(name) ?? 0,
      })),
    listResourceQuotas: () => request("list resourcequotas", () => []),
    listLimitRanges: () => request("list limitranges", () => []),
    listEvents: (_, name) =>
      request("list events", () => world.events.filter(({ involvedObject }) => involvedObject.name === name)),
    followLog: (namespace, pod, options) => followed(world, client, namespace, pod, options),
    versionOf: ({ resource }) => request(`list one of ${resource}`, presentVersion),
    watch: (query, since, signal) => {
      client.requests.push(`watch ${query.resource}`);
      return fakeWatch(world, client, query, since, signal);
    },
    mayI: () => request("create selfsubjectaccessreview", () => true),
  };
};

const admitted = (world: World, pod: V1Pod, options: Creating | undefined): V1Pod => {
  const refusal = world.admission.refuses(pod);
  if (refusal !== undefined) throw refusal;
  const priority = world.priorities.get(pod.spec?.priorityClassName ?? "") ?? 0;
  const made = world.admission.changes({
    ...pod,
    spec: { containers: [], ...pod.spec, priority },
    status: { phase: "Pending" },
  });
  return options?.dryRun === true ? made : world.pods.create(made, world.time.now());
};

const isOnNode = (fieldSelector: string | undefined, { spec }: V1Pod): boolean =>
  fieldSelector === undefined || (spec?.nodeName ?? "") === fieldSelector.replace("spec.nodeName=", "");

async function* followed(
  world: World,
  client: Client,
  namespace: string,
  name: string,
  { fromLine = 0, follow = true, signal }: FollowOptions = {},
): AsyncGenerator<string> {
  const uid = world.pods.find(namespace, name)?.metadata?.uid;
  let next = fromLine;
  for (;;) {
    await world.time.sleep(follow ? LOG_MS : LATENCY_MS, signal);
    if (client.isDead || signal?.aborted === true) return;
    if (world.away.api) throw new ClusterError("unreachable", "the connection broke");
    const pod = world.pods.find(namespace, name);
    if (pod === undefined || pod.metadata?.uid !== uid)
      throw new ClusterError("not-found", `pods "${name}" not found`);
    const node = pod.spec?.nodeName ?? "";
    if (world.away.kubelets.has(node))
      throw new ClusterError("unreachable", `dial ${node}: no route to host`);
    const lines = world.logs.get(uid ?? "") ?? [];
    const isEnded = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
    for (; next < lines.length; next++) yield lines[next] ?? "";
    if (isEnded || !follow) return;
  }
}

const LOG_MS = 500;
