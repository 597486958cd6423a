/** The port over the client library, against a server that speaks the few API paths. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { KubeConfig } from "@kubernetes/client-node";
import { createCluster } from "../../../src/k8s/client/client.ts";
import { ClusterError, type ClusterErrorKind } from "../../../src/k8s/cluster.ts";
import type { UserCluster } from "../../../src/k8s/user-cluster.ts";
import { type ApiServer, kubeconfigFor, startApiServer } from "../server/api-server.ts";

let api: ApiServer;
let cluster: UserCluster;

const clusterAt = (url: string, requestMs = 2000): UserCluster => {
  const config = new KubeConfig();
  config.loadFromString(kubeconfigFor(url));
  return createCluster(config, { requestMs });
};

beforeEach(async () => {
  api = await startApiServer();
  cluster = clusterAt(api.url);
});
afterEach(async () => {
  await api.close();
});

const errorOf = async (work: Promise<unknown>): Promise<ClusterError> => {
  const error: unknown = await work.then(
    () => new Error("it went well"),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ClusterError) return error;
  throw error;
};

const pod = (name: string, labels: Record<string, string> = {}) => ({
  metadata: { name, namespace: "tare", labels },
  spec: { containers: [{ name: "node", image: "i" }], nodeName: "node-a" },
});

test("objects come in Kubernetes' own types, by selectors", async () => {
  api.put("pods", pod("one", { "tare.dev/bench": "b1" }));
  api.put("pods", pod("two"));
  const found = await cluster.listPods({ namespace: "tare", labelSelector: "tare.dev/bench=b1" });
  expect(found.map(({ metadata }) => metadata?.name)).toEqual(["one"]);
  expect(found[0]?.metadata?.creationTimestamp).toEqual(new Date("2026-01-01T00:00:00Z"));
  expect(await cluster.listPods({ fieldSelector: "spec.nodeName=node-a" })).toHaveLength(2);
  expect(api.asked[0]?.headers["authorization"]).toBe("Bearer a-token");
  expect(api.asked[0]?.headers["user-agent"]).toBe("tare");
});

test("a list longer than a page is gathered whole", async () => {
  for (let at = 0; at < 1203; at++) api.put("pods", pod(`pod-${at}`));
  expect(await cluster.listPods({})).toHaveLength(1203);
  expect(api.asked.map(({ query }) => query.get("continue"))).toEqual([null, "500", "1000"]);
});

test("a list whose next page has gone is asked for at once", async () => {
  for (let at = 0; at < 600; at++) api.put("pods", pod(`pod-${at}`));
  api.fault = ({ query }) =>
    query.get("continue") === null
      ? undefined
      : { status: 410, reason: "Expired", message: "The provided continue parameter is too old" };
  expect(await cluster.listPods({})).toHaveLength(600);
});

test("a delete says its precondition in a body whose length it tells", async () => {
  const { metadata } = api.put("pods", pod("agent-1"));
  const other = await errorOf(cluster.deletePod("tare", "agent-1", { uid: "another" }));
  expect(other.kind).toBe("conflict");
  expect(other.message).toMatch(/the UID in the precondition \(another\)/);
  expect(api.all("pods")).toHaveLength(1);
  await cluster.deletePod("tare", "agent-1", { uid: metadata.uid ?? "" });
  expect(api.all("pods")).toEqual([]);
  const last = api.asked.at(-1);
  expect(Number(last?.headers["content-length"])).toBeGreaterThan(0);
  expect(last?.body).toEqual({
    apiVersion: "v1",
    kind: "DeleteOptions",
    preconditions: { uid: metadata.uid },
  });
});

test("a Job is deleted with what it owns, and a dry run deletes nothing", async () => {
  api.put("jobs", { metadata: { name: "bench", namespace: "tare" }, spec: {} });
  await cluster.deleteJob("tare", "bench", { dryRun: true });
  expect(api.all("jobs")).toHaveLength(1);
  await cluster.deleteJob("tare", "bench");
  expect(api.asked.map(({ body }) => body?.["propagationPolicy"])).toEqual(["Background", "Background"]);
  expect(api.all("jobs")).toEqual([]);
});

test("a dry run of a pod comes back as the server would make it, and is not kept", async () => {
  const made = await cluster.createPod(
    { metadata: { generateName: "tare-hold-", namespace: "tare-control" }, spec: { containers: [] } },
    { dryRun: true },
  );
  expect(made.metadata?.name).toBe("tare-hold-x");
  expect(api.all("pods")).toEqual([]);
});

test("Leases keep their times through six digits", async () => {
  const renewTime = new Date("2026-01-01T12:00:00.123Z");
  const made = await cluster.createLease({
    metadata: { name: "tare-slot-0", namespace: "tare-control" },
    spec: { holderIdentity: "b1", leaseDurationSeconds: 60, renewTime, acquireTime: renewTime },
  });
  expect(made.spec?.renewTime?.getTime()).toBe(renewTime.getTime());
  expect(api.all("leases")[0]?.spec?.["renewTime"]).toBe("2026-01-01T12:00:00.123000Z");
  const later = new Date("2026-01-01T12:00:15Z");
  const read = await cluster.getLease("tare-control", "tare-slot-0");
  await cluster.replaceLease({ ...made, spec: { ...read.spec, renewTime: later } });
  expect((await errorOf(cluster.replaceLease(made))).kind).toBe("conflict");
  expect((await cluster.listLeases("tare-control", ""))[0]?.spec?.renewTime?.getTime()).toBe(later.getTime());
});

test("events come with the newest last", async () => {
  const event = (name: string, lastTimestamp: string) =>
    api.put("events", {
      metadata: { name, namespace: "kube-system" },
      involvedObject: { name: "tetragon-1" },
      lastTimestamp,
      message: name,
    });
  event("second", "2026-01-01T00:02:00Z");
  event("first", "2026-01-01T00:01:00Z");
  const events = await cluster.listEvents("kube-system", "tetragon-1");
  expect(events.map(({ message }) => message)).toEqual(["first", "second"]);
});

test("whether one may do something is asked of the server", async () => {
  api.forbidden.add("delete pods kube-system");
  const asked = { resource: "pods", namespace: "kube-system" };
  expect(await cluster.mayI({ ...asked, verb: "list" })).toBe(true);
  expect(await cluster.mayI({ ...asked, verb: "delete" })).toBe(false);
});

const CRITICAL =
  'pods "tare-hold-" is forbidden: insufficient quota to match these scopes: [{PriorityClass In [system-node-critical system-cluster-critical]}]';

test.each<[number, string | undefined, string, ClusterErrorKind]>([
  [401, "Unauthorized", "Unauthorized", "forbidden"],
  [403, "Forbidden", 'pods is forbidden: User "u" cannot create resource "pods"', "forbidden"],
  [404, "NotFound", 'namespaces "tare" not found', "not-found"],
  [409, "AlreadyExists", 'pods "one" already exists', "exists"],
  [409, "Conflict", "the object has been modified", "conflict"],
  [410, "Expired", "too old resource version", "gone"],
  [422, "Invalid", "must be less than or equal to previous value", "refused"],
  [429, "TooManyRequests", "too many requests", "unreachable"],
  [500, "InternalError", CRITICAL, "refused"],
  [500, "InternalError", "etcdserver: leader changed", "unreachable"],
  [503, "ServiceUnavailable", "apiserver not ready", "unreachable"],
])("answer %i %s to a create is one of the port's kinds", async (status, reason, message, kind) => {
  api.fault = () => ({ status, message, ...(reason === undefined ? {} : { reason }) });
  const error = await errorOf(cluster.createPod({ metadata: { name: "one", namespace: "tare" } }));
  expect(error.kind).toBe(kind);
  expect(error.message).toContain(status === 401 ? "does not accept these credentials" : message);
  // What may have been done is not done twice.
  expect(api.asked).toHaveLength(1);
});

test("a broken connection is tried again where nothing can be done twice", async () => {
  api.put("nodes", { metadata: { name: "node-a" } });
  api.fault = () => (api.asked.length < 3 ? "reset" : undefined);
  expect((await cluster.getNode("node-a")).metadata?.name).toBe("node-a");
  expect(api.asked).toHaveLength(3);
  api.fault = () => "reset";
  const error = await errorOf(cluster.createPod({ metadata: { name: "one", namespace: "tare" } }));
  expect(error.kind).toBe("unreachable");
  expect(error.message).toMatch(/^http:\/\/127\.0\.0\.1:\d+: /);
  expect(api.asked).toHaveLength(4);
});

test("an API server that does not answer, or is not there, is unreachable and named", async () => {
  api.fault = () => "silence";
  const late = await errorOf(clusterAt(api.url, 50).createPod({ metadata: { namespace: "tare" } }));
  expect(late.kind).toBe("unreachable");
  expect(late.message).toMatch(/no answer in time/);
  await api.close();
  const none = await errorOf(clusterAt(api.url).getNode("node-a"));
  expect(none.kind).toBe("unreachable");
  expect(none.message).toMatch(/nothing listens there \(ECONNREFUSED\)/);
});

test("a sign-in page is no empty cluster", async () => {
  api.fault = () => ({ text: "<html>sign in</html>", type: "text/html" });
  const error = await errorOf(cluster.listNodes());
  expect(error.kind).toBe("refused");
  expect(error.message).toMatch(/does not answer as a Kubernetes API server does/);
});
