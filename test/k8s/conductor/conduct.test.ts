import { expect, test } from "vitest";
import { AGENT, clusterWithAgent, isAgentReady, leftOf, NODES, startBench } from "../fake/bench.ts";

const HOUR_MS = 3_600_000;

test("turns the agent off and on for every wish, one node at a time, and leaves nothing behind", async () => {
  const world = clusterWithAgent();
  const bench = startBench(world);
  expect(await world.time.run(bench.isOver, HOUR_MS)).toBe(true);
  expect(bench.ended()?.exitCode).toBe(0);
  expect([...(bench.ended()?.outcomes.values() ?? [])]).toEqual(
    NODES.map(() => ({ kind: "done", exitCode: 0 })),
  );
  expect(bench.nodePods.map((pod) => pod.whole())).toEqual([2, 2, 2]);
  expect(NODES.every((node) => isAgentReady(world, node))).toBe(true);
  expect(leftOf(world)).toEqual([]);
  expect(bench.said.filter((line) => line.tare === "void" || line.tare === "ended")).toEqual([]);
  expect(AGENT).toBe("daemonset:kube-system/tetragon");
});
