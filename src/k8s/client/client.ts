/** The port to a cluster, by Kubernetes' own client library. */
import {
  AppsV1Api,
  AuthorizationV1Api,
  BatchV1Api,
  CoordinationV1Api,
  type CoreV1Event,
  CoreV1Api,
  createConfiguration,
  type KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  SchedulingV1Api,
  ServerConfiguration,
  type V1DeleteOptions,
  type V1Pod,
} from "@kubernetes/client-node";
import { setTimeout as sleep } from "node:timers/promises";
import { ClusterError, type Creating, type Deleting, isClusterError } from "../cluster.ts";
import type { UserCluster } from "../user-cluster.ts";
import { authenticationOf } from "./connections.ts";
import { clusterErrorOf } from "./errors.ts";
import { createLogs } from "./log.ts";
import { withTimes } from "./micro-time.ts";
import { streams } from "./stream.ts";
import { createWatch } from "./watch.ts";

/** Of one request, its answer included. */
const MAX_REQUEST_MS = 30_000;
/** A list of all pods of a large cluster is tens of megabytes: it comes in pieces. */
const PAGE = 500;
/** A connection that was kept open may have been closed by a load balancer since: reading again costs nothing. */
const READS = 3;
const PAUSE_MS = 250;
const MAX_PAUSE_MS = 5000;

export interface ClientOptions {
  /** By what tare is known in the API server's audit log. */
  readonly userAgent?: string;
  readonly requestMs?: number;
}

export const createCluster = (
  config: KubeConfig,
  { userAgent = "tare", requestMs = MAX_REQUEST_MS }: ClientOptions = {},
): UserCluster => {
  const server = config.getCurrentCluster()?.server ?? "";
  const authentication = authenticationOf(config);
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    authMethods: { default: authentication },
    promiseMiddleware: [
      {
        pre: (request) => {
          request.setHeaderParam("User-Agent", userAgent);
          request.setSignal(AbortSignal.timeout(requestMs));
          return Promise.resolve(request);
        },
        post: (response) => Promise.resolve(response),
      },
    ],
  });
  const core = new CoreV1Api(configuration);
  const apps = new AppsV1Api(configuration);
  const batch = new BatchV1Api(configuration);
  const coordination = new CoordinationV1Api(configuration);
  const scheduling = new SchedulingV1Api(configuration);
  const authorization = new AuthorizationV1Api(configuration);

  const ask = async <T>(request: () => Promise<T>, creates = false): Promise<T> => {
    try {
      return await request();
    } catch (error) {
      throw clusterErrorOf(error, { server, creates });
    }
  };
  const read = async <T>(request: () => Promise<T>): Promise<T> => {
    for (let tried = 1; ; tried++) {
      try {
        return await ask(request);
      } catch (error) {
        if (tried === READS || !(error instanceof ClusterError) || error.kind !== "unreachable") throw error;
        const pauseMs = Math.max(PAUSE_MS * 2 ** (tried - 1), error.retryAfterMs ?? 0);
        // Whoever asked has other things to do than to wait here for a busy server.
        if (pauseMs > MAX_PAUSE_MS) throw error;
        await sleep(pauseMs);
      }
    }
  };
  const list = async <T extends KubernetesObject>(page: Page<T>): Promise<readonly T[]> => {
    try {
      return await allPages(page, server, read);
    } catch (error) {
      // Where it went on was too long ago; all at once cannot be.
      if (!isClusterError(error, "gone")) throw error;
      return itemsOf(await read(() => page({})), server);
    }
  };

  const open = streams(authentication, server, { "User-Agent": userAgent });
  const watch = createWatch(open, server);
  const logs = createLogs(open, server, async (namespace, name) => {
    try {
      return isOver(await read(() => core.readNamespacedPod({ namespace, name })));
    } catch (error) {
      // With the pod its log has gone: what was read is all that there is.
      if (isClusterError(error, "not-found")) return true;
      throw error;
    }
  });

  return {
    getNode: (name) => read(() => core.readNode({ name })),
    listNodes: (labelSelector) => list((at) => core.listNode({ ...at, ...given({ labelSelector }) })),

    getPod: (namespace, name) => read(() => core.readNamespacedPod({ namespace, name })),
    listPods: ({ namespace, labelSelector, fieldSelector }) => {
      const selectors = given({ labelSelector, fieldSelector });
      return list((at) =>
        namespace === undefined
          ? core.listPodForAllNamespaces({ ...at, ...selectors })
          : core.listNamespacedPod({ ...at, namespace, ...selectors }),
      );
    },
    createPod: (body, options) =>
      ask(() => core.createNamespacedPod({ namespace: namespaceOf(body), body, ...dryRunOf(options) }), true),
    deletePod: async (namespace, name, options) => {
      await ask(() => core.deleteNamespacedPod({ namespace, name, body: deleteOptions(options) }));
    },

    getJob: (namespace, name) => read(() => batch.readNamespacedJob({ namespace, name })),
    listJobs: (namespace, labelSelector) =>
      list((at) => batch.listNamespacedJob({ ...at, namespace, labelSelector })),
    createJob: (body, options) =>
      ask(
        () => batch.createNamespacedJob({ namespace: namespaceOf(body), body, ...dryRunOf(options) }),
        true,
      ),
    deleteJob: async (namespace, name, options) => {
      const body = deleteOptions(options, "Background");
      await ask(() => batch.deleteNamespacedJob({ namespace, name, body }));
    },

    getDaemonSet: (namespace, name) => read(() => apps.readNamespacedDaemonSet({ namespace, name })),
    listDaemonSets: (namespace) =>
      list((at) =>
        namespace === undefined
          ? apps.listDaemonSetForAllNamespaces(at)
          : apps.listNamespacedDaemonSet({ ...at, namespace }),
      ),

    getLease: async (namespace, name) =>
      withTimes(await read(() => coordination.readNamespacedLease({ namespace, name }))),
    listLeases: async (namespace, labelSelector) =>
      (await list((at) => coordination.listNamespacedLease({ ...at, namespace, labelSelector }))).map(
        withTimes,
      ),
    createLease: async (lease) =>
      withTimes(
        await ask(
          () => coordination.createNamespacedLease({ namespace: namespaceOf(lease), body: withTimes(lease) }),
          true,
        ),
      ),
    replaceLease: async (lease) =>
      withTimes(
        await ask(() =>
          coordination.replaceNamespacedLease({
            namespace: namespaceOf(lease),
            name: lease.metadata?.name ?? "",
            body: withTimes(lease),
          }),
        ),
      ),
    deleteLease: async (namespace, name, options) => {
      await ask(() => coordination.deleteNamespacedLease({ namespace, name, body: deleteOptions(options) }));
    },

    getNamespace: (name) => read(() => core.readNamespace({ name })),
    getPriorityClass: (name) => read(() => scheduling.readPriorityClass({ name })),
    listResourceQuotas: (namespace) => list((at) => core.listNamespacedResourceQuota({ ...at, namespace })),
    listLimitRanges: (namespace) => list((at) => core.listNamespacedLimitRange({ ...at, namespace })),
    listEvents: async (namespace, involvedName) => {
      const fieldSelector = `involvedObject.name=${involvedName}`;
      const events = await list((at) => core.listNamespacedEvent({ ...at, namespace, fieldSelector }));
      return events.toSorted((a, b) => momentOf(a) - momentOf(b));
    },
    getConfigMap: (namespace, name) => read(() => core.readNamespacedConfigMap({ namespace, name })),

    followLog: (namespace, pod, options = {}) => logs.follow(namespace, pod, options),

    versionOf: async ({ resource, namespace, labelSelector }) => {
      const of = { namespace, labelSelector, limit: 1 };
      const { metadata } = await read<KubernetesListObject<KubernetesObject>>(() =>
        resource === "pods" ? core.listNamespacedPod(of) : coordination.listNamespacedLease(of),
      );
      const { resourceVersion } = metadata ?? {};
      if (resourceVersion === undefined || resourceVersion === "") throw noApiServer(server);
      return resourceVersion;
    },
    watch,

    mayI: async ({ verb, resource, group, subresource, namespace, name }) => {
      const resourceAttributes = { verb, resource, ...given({ group, subresource, namespace, name }) };
      const review = await read(() =>
        authorization.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } }),
      );
      return review.status?.allowed === true;
    },
    mayAccount: async (account, { verb, resource, group, subresource, namespace, name }) => {
      const spec = {
        user: `system:serviceaccount:${account.namespace}:${account.name}`,
        groups: [
          "system:serviceaccounts",
          `system:serviceaccounts:${account.namespace}`,
          "system:authenticated",
        ],
        resourceAttributes: { verb, resource, ...given({ group, subresource, namespace, name }) },
      };
      try {
        const review = await read(() => authorization.createSubjectAccessReview({ body: { spec } }));
        return review.status?.allowed === true;
      } catch (error) {
        if (namespace === undefined || !isClusterError(error, "forbidden")) throw error;
        // Who owns that namespace alone may ask for it alone.
        const local = await read(() =>
          authorization.createNamespacedLocalSubjectAccessReview({
            namespace,
            body: { metadata: { namespace }, spec },
          }),
        );
        return local.status?.allowed === true;
      }
    },
  };
};

interface At {
  readonly limit?: number;
  readonly _continue?: string;
}
type Page<T extends KubernetesObject> = (at: At) => Promise<KubernetesListObject<T>>;

const allPages = async <T extends KubernetesObject>(
  page: Page<T>,
  server: string,
  read: <R>(request: () => Promise<R>) => Promise<R>,
): Promise<readonly T[]> => {
  const all: T[] = [];
  let next: string | undefined;
  do {
    const at: At = { limit: PAGE, ...given({ _continue: next }) };
    const found = await read(() => page(at));
    all.push(...itemsOf(found, server));
    const { _continue: more } = found.metadata ?? {};
    next = more;
  } while (next !== undefined && next !== "");
  return all;
};

/** A sign-in page that answers 200 is no list, and would look like an empty one. */
const itemsOf = <T extends KubernetesObject>(
  found: Partial<KubernetesListObject<T>>,
  server: string,
): readonly T[] => {
  if (Array.isArray(found.items)) return found.items;
  throw noApiServer(server);
};

const noApiServer = (server: string): ClusterError =>
  new ClusterError("refused", `${server} does not answer as a Kubernetes API server does`);

/** Without what is undefined, which the library would send as that word. */
const given = <T extends Readonly<Record<string, string | undefined>>>(
  values: T,
): { readonly [K in keyof T]?: string } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: string;
  };

const dryRunOf = (options: Creating | undefined): { readonly dryRun?: string } =>
  options?.dryRun === true ? { dryRun: "All" } : {};

/** All in the body: where there is one, the server reads nothing of this in the address. */
const deleteOptions = (
  { uid, resourceVersion, dryRun }: Deleting = {},
  propagationPolicy?: "Background",
): V1DeleteOptions => {
  const preconditions = given({ uid, resourceVersion });
  return {
    apiVersion: "v1",
    kind: "DeleteOptions",
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
    ...(dryRun === true ? { dryRun: ["All"] } : {}),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
  };
};

const namespaceOf = ({ metadata }: KubernetesObject): string => metadata?.namespace ?? "";

const isOver = ({ status }: V1Pod): boolean =>
  status?.phase === "Succeeded" ||
  status?.phase === "Failed" ||
  status?.containerStatuses?.every(({ state }) => state?.terminated !== undefined) === true;

const momentOf = ({ lastTimestamp, eventTime, metadata }: CoreV1Event): number =>
  new Date(lastTimestamp ?? eventTime ?? metadata?.creationTimestamp ?? 0).getTime();
