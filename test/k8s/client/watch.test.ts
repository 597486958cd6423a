/** Watching, over HTTP: what the server says comes as the port has it, and whatever becomes of the connection is told. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { KubeConfig } from "@kubernetes/client-node";
import { createCluster } from "../../../src/k8s/client/client.ts";
import { ClusterError, type Watched, type WatchQuery } from "../../../src/k8s/cluster.ts";
import type { UserCluster } from "../../../src/k8s/user-cluster.ts";
import { keepWatching } from "../../../src/k8s/watch/keep-watching.ts";
import { systemClock } from "../../../src/cli/k8s/clock.ts";
import { type ApiServer, kubeconfigFor, startApiServer } from "../server/api-server.ts";

const PODS: WatchQuery = { resource: "pods", namespace: "tare", labelSelector: "tare.dev/bench=b1" };

let api: ApiServer;
let config: KubeConfig;
let cluster: UserCluster;
let stop: AbortController;

beforeEach(async () => {
  api = await startApiServer();
  config = new KubeConfig();
  config.loadFromString(kubeconfigFor(api.url));
  cluster = createCluster(config);
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await api.close();
});

const pod = (name: string, bench = "b1") => ({
  metadata: { name, namespace: "tare", labels: { "tare.dev/bench": bench } },
  spec: { containers: [{ name: "node", image: "i" }], nodeName: "node-a" },
});

/** Until it ends, and with what. */
const watching = (query = PODS, since = "1") => {
  const told: Watched[] = [];
  const ended = (async (): Promise<unknown> => {
    try {
      for await (const one of cluster.watch(query, since, stop.signal)) told.push(one);
      return "in order";
    } catch (error) {
      return error;
    }
  })();
  return { told, ended };
};
const isOpen = async (): Promise<void> => {
  await expect.poll(() => api.watchers.count()).toBe(1);
};
const errorOf = async (ended: Promise<unknown>): Promise<ClusterError> => {
  const error = await ended;
  expect(error).toBeInstanceOf(ClusterError);
  return error as ClusterError;
};

test("from the version of a list on every change is told, of what is meant alone", async () => {
  api.put("pods", pod("before"));
  const since = await cluster.versionOf(PODS);
  const { told, ended } = watching(PODS, since);
  await isOpen();
  api.put("pods", pod("one"));
  api.put("pods", pod("other", "b2"));
  api.remove("pods", "tare", "one");
  api.watchers.send({ type: "BOOKMARK", object: { kind: "Pod", metadata: { resourceVersion: "900" } } });
  await expect.poll(() => told).toHaveLength(4);
  const labels = { "tare.dev/bench": "b1" };
  expect(told).toEqual([
    { what: "open" },
    { what: "change", changed: { name: "one", labels, node: "node-a" }, version: "102" },
    { what: "change", changed: { name: "one", labels, node: "node-a" }, version: "104" },
    { what: "bookmark", version: "900" },
  ]);
  const [list, asked] = api.asked;
  expect(list?.query.get("limit")).toBe("1");
  expect(Object.fromEntries(asked?.query ?? [])).toMatchObject({
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: since,
    labelSelector: "tare.dev/bench=b1",
  });
  expect(Number(asked?.query.get("timeoutSeconds"))).toBeGreaterThanOrEqual(240);
  expect(asked?.headers).toMatchObject({ authorization: "Bearer a-token", "user-agent": "tare" });
  api.watchers.end();
  expect(await ended).toBe("in order");
});

test("a pod that no node was found for is told with the node that it is meant for", async () => {
  const { told } = watching();
  await isOpen();
  const matchFields = [{ key: "metadata.name", operator: "In", values: ["node-b"] }];
  const terms = { nodeSelectorTerms: [{ matchFields }] };
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } };
  api.put("pods", { ...pod("agent"), spec: { containers: [], affinity } });
  await expect.poll(() => told[1]).toMatchObject({ changed: { node: "node-b" } });
});

test("a Lease is told with its holder, and without one once it is gone", async () => {
  const leases: WatchQuery = { resource: "leases", namespace: "tare-control", labelSelector: "" };
  const { told } = watching(leases);
  await isOpen();
  const metadata = { name: "tare-slot-0", namespace: "tare-control" };
  api.put("leases", { metadata, spec: { holderIdentity: "b1/node-a" } });
  api.remove("leases", "tare-control", "tare-slot-0");
  await expect.poll(() => told).toHaveLength(3);
  expect(told.slice(1)).toMatchObject([
    { changed: { holder: "b1/node-a" } },
    { changed: { holder: undefined } },
  ]);
});

test.each([
  ["as an answer", () => (api.fault = () => ({ status: 410, reason: "Expired", message: "too old" }))],
  [
    "as an event",
    async () => {
      await isOpen();
      api.watchers.send({ type: "ERROR", object: { kind: "Status", code: 410, message: "too old" } });
    },
  ],
])("a version that is too old is told %s", async (_, happens) => {
  const happening = happens();
  const { ended } = watching();
  await happening;
  expect(await errorOf(ended)).toMatchObject({ kind: "gone", message: "too old" });
});

test("an error of the server in the middle is no orderly end", async () => {
  const { ended } = watching();
  await isOpen();
  api.watchers.send({
    type: "ERROR",
    object: { kind: "Status", code: 500, message: "etcd: leader changed" },
  });
  expect(await errorOf(ended)).toMatchObject({ kind: "unreachable", message: "etcd: leader changed" });
});

test("what it may not watch is told in the server's own words", async () => {
  const message = 'pods is forbidden: User "jane" cannot watch resource "pods"';
  api.fault = () => ({ status: 403, reason: "Forbidden", message });
  expect(await errorOf(watching().ended)).toMatchObject({ kind: "forbidden", message });
});

test("a token that has run out is told, and not the word Unauthorized", async () => {
  api.fault = () => ({ status: 401, reason: "Unauthorized", message: "Unauthorized" });
  const error = await errorOf(watching().ended);
  expect(error.kind).toBe("forbidden");
  expect(error.message).toMatch(/does not accept these credentials/);
});

test("a busy server says when it wants to be asked again", async () => {
  const headers = { "retry-after": "7" };
  api.fault = () => ({ status: 429, reason: "TooManyRequests", message: "too many requests", headers });
  expect(await errorOf(watching().ended)).toMatchObject({ kind: "unreachable", retryAfterMs: 7000 });
  const error = await errorOf(cluster.createPod(pod("one")).catch((thrown: unknown) => thrown));
  expect(error).toMatchObject({ kind: "unreachable", retryAfterMs: 7000 });
  // Longer than it is waited for: no second try.
  const asked = api.asked.length;
  expect(await errorOf(cluster.getNode("node-a").catch((thrown: unknown) => thrown))).toMatchObject({
    retryAfterMs: 7000,
  });
  expect(api.asked).toHaveLength(asked + 1);
});

test("what was busy for a moment is asked again when it wants to be", async () => {
  api.put("nodes", { metadata: { name: "node-a" } });
  const headers = { "retry-after": "1" };
  api.fault = () =>
    api.asked.length < 2 ? { status: 429, message: "too many requests", headers } : undefined;
  expect((await cluster.getNode("node-a")).metadata?.name).toBe("node-a");
});

test.each([
  ["a sign-in page", { text: "<html>\n<body>sign in</body></html>\n", type: "text/html" }],
  ["a list", { text: '{"kind":"PodList","items":[]}', type: "application/json" }],
])("%s is no watch", async (_, fault) => {
  api.fault = () => fault;
  const error = await errorOf(watching().ended);
  expect(error.kind).toBe("refused");
  expect(error.message).toMatch(/does not answer a watch as a Kubernetes API server does/);
});

test("a connection that breaks is told, in the middle of a line too", async () => {
  const whole = watching();
  await isOpen();
  api.watchers.cut();
  expect((await errorOf(whole.ended)).kind).toBe("unreachable");
  const half = watching();
  await isOpen();
  api.put("pods", pod("one"));
  await expect.poll(() => half.told).toHaveLength(2);
  api.watchers.send('{"type":"MODIFIED","obj');
  expect((await errorOf(half.ended)).kind).toBe("unreachable");
});

test("who has seen enough ends it, and its connection", async () => {
  const { ended } = watching();
  await isOpen();
  stop.abort();
  expect(await ended).toBe("in order");
  await expect.poll(() => api.watchers.count()).toBe(0);
});

test("kept, it loses nothing that happens while the connection is away", async () => {
  const names: string[] = [];
  const kept = keepWatching({
    cluster,
    clock: systemClock,
    signal: stop.signal,
    random: () => 0,
    query: () => Promise.resolve(PODS),
    onChange: (changed) => {
      if (changed !== undefined) names.push(changed.name);
    },
    onDenied: () => undefined,
  });
  await isOpen();
  api.put("pods", pod("one"));
  await expect.poll(() => names).toEqual(["one"]);
  api.watchers.cut();
  api.put("pods", pod("two"));
  await expect.poll(() => names).toEqual(["one", "two"]);
  api.watchers.end();
  api.put("pods", pod("three"));
  await expect.poll(() => names).toEqual(["one", "two", "three"]);
  expect(kept.isLive()).toBe(true);
  stop.abort();
  await kept.done;
});

test("all requests of a client go over a few connections, and with a renewed certificate over new ones", async () => {
  const [user] = config.users;
  for (let at = 0; at < 30; at++) await cluster.listNodes();
  const first = api.connections();
  expect(first).toBeLessThan(5);
  Object.assign(user ?? {}, { certData: Buffer.from("renewed").toString("base64") });
  for (let at = 0; at < 30; at++) await cluster.listNodes();
  expect(api.asked).toHaveLength(60);
  expect(api.connections()).toBeGreaterThan(first);
  expect(api.connections()).toBeLessThan(10);
});
