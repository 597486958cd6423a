import type { V1Lease, V1Pod } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { type Ended, endBench } from "../../../src/k8s/bench/end.ts";
import { findBenches } from "../../../src/k8s/bench/find.ts";
import type { Cluster } from "../../../src/k8s/cluster.ts";
import { conductorJobName } from "../../../src/k8s/objects/conductor-job.ts";
import { AGENT as AGENT_KEY, labelsOf, ROLE } from "../../../src/k8s/objects/labels.ts";
import { leaseObject, nodeLease } from "../../../src/k8s/objects/leases.ts";
import { nodeJob } from "../../../src/k8s/objects/node-job.ts";
import { AGENT, clusterWithAgent, isAgentReady, leftOf, planOf, startBench } from "../fake/bench.ts";
import { fakeCluster, newClient } from "../fake/fake-cluster.ts";
import type { World } from "../fake/world.ts";

const HOUR_MS = 3_600_000;
const NODE = "node-a";
const CONTROL_NODE = "node-b";
const [FIRST] = planOf().nodes;
const PLAN = planOf({ nodes: FIRST === undefined ? [] : [FIRST] });

const podsOf = (world: World, role: "hold" | "place" | "node" | "conductor") =>
  world.pods.all().filter(({ metadata }) => metadata?.labels?.[ROLE] === role);

/** In the middle of a turn, with its conductor on another node. */
const away = async () => {
  const world = clusterWithAgent({ nodes: [NODE, CONTROL_NODE] });
  const bench = startBench(world, PLAN, { turnSeconds: 3000 });
  world.pods.create(
    {
      metadata: {
        name: "conductor-1",
        namespace: PLAN.namespaces.control,
        labels: labelsOf("b1", "conductor"),
      },
      spec: { nodeName: CONTROL_NODE, containers: [{ name: "conductor", image: "tare" }] },
      status: { phase: "Pending" },
    },
    world.time.now(),
  );
  const isOff = (): boolean =>
    podsOf(world, "hold").some(({ status }) => status?.phase === "Running") && !isAgentReady(world, NODE);
  expect(await world.time.run(isOff, HOUR_MS)).toBe(true);
  return { world, bench };
};

/** The same, when its conductor's machine has been silent for long enough. */
const deserted = async (): Promise<World> => {
  const { world, bench } = await away();
  bench.kill();
  world.away.kubelets.add(CONTROL_NODE);
  const isSilent = (): boolean =>
    podsOf(world, "conductor").some(({ status }) => status?.conditions?.[0]?.status === "False");
  expect(await world.time.run(isSilent, HOUR_MS)).toBe(true);
  return world;
};

/** The collector of garbage may have been before anybody looks again. */
const collectedAtOnce = (world: World, cluster: Cluster): Cluster => ({
  ...cluster,
  deleteJob: async (namespace, name, options) => {
    const uid = world.jobs.find(namespace, name)?.metadata?.uid;
    await cluster.deleteJob(namespace, name, options);
    const isOwned = ({ metadata }: V1Pod | V1Lease): boolean =>
      metadata?.ownerReferences?.some((owner) => owner.uid === uid) === true;
    for (const store of [world.pods, world.leases])
      for (const one of store.all()) if (isOwned(one)) store.remove(one.metadata?.uid ?? "");
  },
});

const endIt = (world: World, seen = (cluster: Cluster): Cluster => cluster) => {
  const client = newClient();
  const cluster = seen(fakeCluster(world, client));
  const { namespaces } = PLAN;
  let ended: Ended | undefined;
  const ending = async (): Promise<void> => {
    const [found] = await findBenches(cluster, namespaces, "b1");
    if (found === undefined) throw new Error("no bench");
    ended = await endBench({ cluster, clock: world.time, namespaces, say: () => undefined }, found);
  };
  ending().catch((error: unknown) => {
    throw error;
  });
  return { client, ended: () => ended };
};

test("a conductor that is up gives its agents back itself, before its Job goes", async () => {
  const { world, bench } = await away();
  const { client, ended } = endIt(world);
  await world.time.run(() => false, 5000);
  expect(client.requests).not.toContain("delete job tare-b1");
  for (const pod of podsOf(world, "node")) world.terminate(pod);
  expect(await world.time.run(bench.isOver, HOUR_MS)).toBe(true);
  const job = world.jobs.get(PLAN.namespaces.control, "tare-b1");
  world.jobs.patch(job.metadata?.uid ?? "", (now) => ({
    ...now,
    status: { conditions: [{ type: "Complete", status: "True" }] },
  }));
  expect(await world.time.run(() => ended() !== undefined, HOUR_MS)).toBe(true);
  expect(ended()?.left).toEqual([]);
  expect(isAgentReady(world, NODE)).toBe(true);
  expect(leftOf(world)).toEqual([]);
});

test("one whose machine is silent is not waited for until its time is over", async () => {
  const world = await deserted();
  const { ended } = endIt(world);
  expect(await world.time.run(() => ended() !== undefined, 60_000)).toBe(true);
  expect(ended()?.outcomes.get(NODE)).toEqual({ kind: "interrupted", why: "the bench was stopped" });
  expect(isAgentReady(world, NODE)).toBe(true);
  expect(leftOf(world)).toEqual([]);
});

test("an agent is waited for though nothing is left by which it could be away", async () => {
  const world = await deserted();
  const { ended } = endIt(world, (cluster) => collectedAtOnce(world, cluster));
  expect(await world.time.run(() => ended() !== undefined, 60_000)).toBe(true);
  expect(isAgentReady(world, NODE)).toBe(true);
  expect(leftOf(world)).toEqual([]);
});

/** By somebody who knows nothing of tare. */
const removeHolds = (world: World): void => {
  for (const pod of [...podsOf(world, "hold"), ...podsOf(world, "place")])
    world.pods.remove(pod.metadata?.uid ?? "");
};

test("nor though its hold had gone before", async () => {
  const world = await deserted();
  removeHolds(world);
  const { ended } = endIt(world);
  expect(await world.time.run(() => ended() !== undefined, 60_000)).toBe(true);
  expect(isAgentReady(world, NODE)).toBe(true);
  expect(leftOf(world)).toEqual([]);
});

test("nor though only the Jobs of its nodes are left", async () => {
  const world = await deserted();
  removeHolds(world);
  for (const lease of world.leases.all()) world.leases.remove(lease.metadata?.uid ?? "");
  const { control } = PLAN.namespaces;
  world.jobs.remove(world.jobs.get(control, conductorJobName("b1")).metadata?.uid ?? "");
  for (const node of PLAN.nodes) world.jobs.create(nodeJob(PLAN, node), world.time.now());
  const { ended } = endIt(world);
  expect(await world.time.run(() => ended() !== undefined, 60_000)).toBe(true);
  expect(ended()?.outcomes.get(NODE)).toEqual({ kind: "interrupted", why: "the bench was stopped" });
  expect(isAgentReady(world, NODE)).toBe(true);
  expect(leftOf(world)).toEqual([]);
});

test("what another bench keeps away from the node is not waited for", async () => {
  const world = await deserted();
  for (const lease of world.leases.all()) world.leases.remove(lease.metadata?.uid ?? "");
  world.leases.create(
    leaseObject(nodeLease("b2", PLAN.namespaces.control, NODE, undefined), world.time.now()),
    world.time.now(),
  );
  const [hold] = podsOf(world, "hold");
  removeHolds(world);
  world.pods.create(
    {
      ...hold,
      metadata: {
        name: "hold-of-b2",
        namespace: PLAN.namespaces.control,
        labels: labelsOf("b2", "hold", NODE),
        annotations: { [AGENT_KEY]: AGENT },
      },
    },
    world.time.now(),
  );
  const { ended } = endIt(world);
  expect(await world.time.run(() => ended() !== undefined, 30_000)).toBe(true);
  expect(ended()?.left).toEqual([]);
  expect(isAgentReady(world, NODE)).toBe(false);
  expect(podsOf(world, "hold").map(({ metadata }) => metadata?.name)).toEqual(["hold-of-b2"]);
});
