/** A pod's log through whatever happens to its connection. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { KubeConfig } from "@kubernetes/client-node";
import { createCluster } from "../../../src/k8s/client/client.ts";
import { ClusterError, isClusterError } from "../../../src/k8s/cluster.ts";
import type { UserCluster } from "../../../src/k8s/user-cluster.ts";
import { type ApiServer, kubeconfigFor, startApiServer } from "../server/api-server.ts";

let api: ApiServer;
let cluster: UserCluster;

const putPod = (phase: string): void => {
  api.put("pods", {
    metadata: { name: "p", namespace: "tare" },
    spec: { containers: [{ name: "node" }] },
    status: { phase },
  });
};

beforeEach(async () => {
  api = await startApiServer();
  const config = new KubeConfig();
  config.loadFromString(kubeconfigFor(api.url));
  cluster = createCluster(config);
  putPod("Running");
});
afterEach(async () => {
  await api.close();
});

/** As a conductor and a collector do it: goes on from the next line after each break. */
const readWhole = async (
  onBreak: (error: ClusterError) => void = () => undefined,
): Promise<readonly string[]> => {
  const lines: string[] = [];
  for (;;) {
    try {
      for await (const line of cluster.followLog("tare", "p", { fromLine: lines.length })) lines.push(line);
      return lines;
    } catch (error) {
      if (!isClusterError(error, "unreachable")) throw error;
      onBreak(error as ClusterError);
    }
  }
};

test("what is there is read, and what comes is followed to the container's end", async () => {
  api.say("tare", "p", "one", "two");
  const reading = readWhole();
  await expect.poll(() => api.asked.length).toBe(1);
  api.say("tare", "p", "three, with 2026-01-01T00:00:00Z in it");
  putPod("Succeeded");
  api.end("tare", "p");
  expect(await reading).toEqual(["one", "two", "three, with 2026-01-01T00:00:00Z in it"]);
});

test.each([45, 60, 61, 62, 130, 200])(
  "a connection that breaks after %i bytes costs no line, and repeats none",
  async (cutAfter) => {
    const texts = Array.from({ length: 9 }, (_, at) => `line ${at}`);
    api.say("tare", "p", ...texts);
    putPod("Succeeded");
    api.end("tare", "p");
    let isCut = false;
    api.fault = ({ path }) => {
      if (isCut || !path.endsWith("/log")) return undefined;
      isCut = true;
      return { cutAfter };
    };
    const broken: ClusterError[] = [];
    expect(await readWhole((error) => broken.push(error))).toEqual(texts);
    expect(broken).toHaveLength(1);
  },
);

test("a log that was rotated while nobody read goes on behind the last line that was", async () => {
  api.say("tare", "p", "0", "1", "2", "3");
  api.fault = ({ path }) =>
    path.endsWith("/log") && api.asked.length === 1 ? { cutAfter: 3 * 35 } : undefined;
  const lines: string[] = [];
  const first = (async () => {
    for await (const line of cluster.followLog("tare", "p", {})) lines.push(line);
  })();
  await expect(first).rejects.toMatchObject({ kind: "unreachable" });
  const seen = lines.length;
  api.say("tare", "p", "4", "5");
  // The node has thrown the older file away, which held what was read and no more.
  api.log("tare", "p").from = seen;
  putPod("Succeeded");
  api.end("tare", "p");
  for await (const line of cluster.followLog("tare", "p", { fromLine: lines.length })) lines.push(line);
  expect(lines).toEqual(["0", "1", "2", "3", "4", "5"]);
});

test("a stream that ends while its container runs is no end", async () => {
  api.say("tare", "p", "one");
  api.end("tare", "p");
  await expect(cluster.followLog("tare", "p", {})[Symbol.asyncIterator]().next()).resolves.toMatchObject({
    value: "one",
  });
  const reading = (async () => {
    for await (const _ of cluster.followLog("tare", "p", {}));
  })();
  await expect(reading).rejects.toMatchObject({ kind: "unreachable" });
});

test("a container that is about to start is waited for, and a pod that is not there is told", async () => {
  putPod("Pending");
  const next = () => cluster.followLog("tare", "p", {})[Symbol.asyncIterator]().next();
  await expect(next()).rejects.toMatchObject({ kind: "unreachable", message: /waiting to start/ });
  api.remove("pods", "tare", "p");
  await expect(next()).rejects.toMatchObject({ kind: "not-found", message: 'pods "p" not found' });
});

test("half a line at the end of what is followed is none; read as it is, it is one", async () => {
  api.say("tare", "p", "one", "two");
  putPod("Succeeded");
  const whole: string[] = [];
  for await (const line of cluster.followLog("tare", "p", { follow: false })) whole.push(line);
  expect(whole).toEqual(["one", "two"]);
});

test("who has heard enough ends it", async () => {
  api.say("tare", "p", "one");
  const stop = new AbortController();
  const reading = (async () => {
    for await (const _ of cluster.followLog("tare", "p", { signal: stop.signal }))
      stop.abort(new Error("enough"));
  })();
  await expect(reading).rejects.toThrow("enough");
});
