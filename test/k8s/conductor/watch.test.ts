/** Whatever becomes of all its watches for all of a bench: every turn is measured. Watched well, it asks a fraction. */
import { expect, test } from "vitest";
import { clusterWithAgent, leftOf, NODES, type Running, startBench } from "../fake/bench.ts";
import { WATCH_LUCKS, type WatchLuck } from "../fake/fake-watch.ts";

const DAY_MS = 24 * 3_600_000;
const TURN_SECONDS = 120;

const benchWith = async (luck: WatchLuck): Promise<Running & { readonly tookMs: number }> => {
  const world = clusterWithAgent();
  const bench = startBench(world, undefined, { turnSeconds: TURN_SECONDS, withinSeconds: 3600 });
  bench.client().watchLuck = luck;
  expect(await world.time.run(bench.isOver, DAY_MS)).toBe(true);
  expect(leftOf(world)).toEqual([]);
  return { ...bench, tookMs: world.time.elapsedMs() };
};

test.each(WATCH_LUCKS)("watches that go %s", async (luck) => {
  const bench = await benchWith(luck);
  expect(bench.ended()?.exitCode).toBe(0);
  expect(bench.nodePods.map((pod) => pod.whole())).toEqual(NODES.map(() => 2));
  expect(bench.said.filter(({ tare }) => tare === "void" || tare === "ended")).toEqual([]);
});

test("what it may not watch is told once, each with the server's word", async () => {
  const bench = await benchWith("denied");
  const told = bench.said.flatMap((line) => (line.tare === "unwatched" ? [[line.what, line.why]] : []));
  expect(told).toEqual([
    ["pods in namespace tare", 'cannot watch resource "pods"'],
    ["pods in namespace tare-control", 'cannot watch resource "pods"'],
    ["leases in namespace tare-control", 'cannot watch resource "leases"'],
    ["pods of daemonset:kube-system/tetragon", 'cannot watch resource "pods"'],
  ]);
});

test("what is told is acted upon sooner than what is found", async () => {
  expect((await benchWith("well")).tookMs).toBeLessThan((await benchWith("mute")).tookMs);
});

test("where it may, it asks less than a third as often", async () => {
  const asked = (bench: Running): number => bench.client().requests.length;
  expect(asked(await benchWith("well")) * 3).toBeLessThan(asked(await benchWith("denied")));
});
