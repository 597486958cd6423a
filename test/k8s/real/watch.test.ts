/** Watching a real API server: what it sends to keep a watch alive, and what is noticed although it stood still, or was another one. */
import { setTimeout as sleep } from "node:timers/promises";
import { KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/cli/k8s/clock.ts";
import { createCluster } from "../../../src/k8s/client/client.ts";
import type { Cluster, Watched, WatchQuery } from "../../../src/k8s/cluster.ts";
import { keepWatching } from "../../../src/k8s/watch/keep-watching.ts";
import { ControlPlane } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { OBSTACLE, PROGRAM } from "./obstacle.ts";
import { PATHS } from "./paths.ts";

const LONG = { timeout: 900_000 };
const LEASES: WatchQuery = {
  resource: "leases",
  namespace: "default",
  labelSelector: "tare.test/watched=yes",
};

let plane: ControlPlane;
let cluster: Cluster;

const lease = async (name: string): Promise<void> => {
  await plane.admin.create(PATHS.leases("default"), {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, labels: { "tare.test/watched": "yes" } },
  });
};

describe.skipIf(OBSTACLE !== undefined)(`watching a real API server ${OBSTACLE ?? ""}`, () => {
  beforeAll(async () => {
    plane = await ControlPlane.start(PROGRAM ?? "");
    const config = new KubeConfig();
    config.loadFromString(plane.kubeconfig());
    cluster = createCluster(config);
  });
  afterAll(async () => {
    await plane.stop();
  });

  /** With the names that it has told. */
  const kept = () => {
    const names: string[] = [];
    const stop = new AbortController();
    const watch = keepWatching({
      cluster,
      clock: systemClock,
      signal: stop.signal,
      query: () => Promise.resolve(LEASES),
      onChange: (changed) => {
        if (changed !== undefined) names.push(changed.name);
      },
      onDenied: (why) => {
        throw new Error(why);
      },
    });
    return {
      /** All that it has told by the time that it tells this. */
      tells: async (name: string): Promise<readonly string[]> =>
        await eventually(`${name} told`, async () => {
          if (!names.includes(name)) throw new Error(names.join(", "));
          return await Promise.resolve(names);
        }),
      isLive: async (): Promise<void> => {
        await eventually("the watch to be answered", async () => {
          if (!watch.isLive()) throw new Error("it is not");
          await Promise.resolve();
        });
      },
      end: async (): Promise<void> => {
        stop.abort();
        await watch.done;
      },
    };
  };

  test(
    "an API server that stands still with its connections open, for longer than a watch is trusted",
    LONG,
    async () => {
      const { tells, isLive, end } = kept();
      await isLive();
      await lease("before");
      await tells("before");
      plane.halt("kube-apiserver");
      try {
        await sleep(90_000);
      } finally {
        plane.resume("kube-apiserver");
      }
      await eventually("the API server to answer", async () => plane.admin.text("/readyz"));
      await lease("after-halt");
      expect(new Set(await tells("after-halt"))).toEqual(new Set(["before", "after-halt"]));
      await end();
    },
  );

  test("an API server that was killed, and what was made right after it came back", LONG, async () => {
    const { tells, isLive, end } = kept();
    await isLive();
    await plane.killPart("kube-apiserver");
    await plane.startPart("kube-apiserver");
    await lease("after-restart");
    expect(await tells("after-restart")).toContain("after-restart");
    await end();
  });

  test("a version from before its memory is too old", LONG, async () => {
    const read = async (): Promise<void> => {
      for await (const _ of cluster.watch(LEASES, "1", new AbortController().signal));
    };
    await expect(read()).rejects.toMatchObject({ kind: "gone" });
  });

  test("a quiet watch is kept alive by bookmarks", LONG, async () => {
    const stop = new AbortController();
    const since = await cluster.versionOf(LEASES);
    const told: Watched["what"][] = [];
    for await (const { what } of cluster.watch(LEASES, since, stop.signal)) {
      told.push(what);
      if (what !== "open") stop.abort();
    }
    expect(told).toEqual(["open", "bookmark"]);
  });
});
