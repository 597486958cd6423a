/** Each way in which a bench can go wrong by itself: what is said, and that the agent is back. */
import { expect, test } from "vitest";
import { ClusterError } from "../../../src/k8s/cluster.ts";
import type { ConductorLine } from "../../../src/k8s/conductor/lines.ts";
import { writeNodeLine } from "../../../src/k8s/node/lines.ts";
import { ROLE } from "../../../src/k8s/objects/labels.ts";
import {
  AGENT,
  clusterWithAgent,
  isAgentReady,
  leftOf,
  planOf,
  type Running,
  rollOut,
  startBench,
} from "../fake/bench.ts";
import { newcomer } from "../fake/faults.ts";
import type { World } from "../fake/world.ts";

const HOUR_MS = 3_600_000;
const NODE = "node-a";
const ONE = { nodes: [NODE] };
const [FIRST] = planOf().nodes;
const PLAN = planOf({ nodes: FIRST === undefined ? [] : [FIRST] });

const ends = async (world: World, bench: Running): Promise<void> => {
  expect(await world.time.run(bench.isOver, HOUR_MS)).toBe(true);
};
const isOff = (world: World) => (): boolean =>
  podsOf(world, "hold").some(({ status }) => status?.phase === "Running") && !isAgentReady(world, NODE);
/** Off, and well into what is measured. */
const intoTurn = async (world: World): Promise<void> => {
  expect(await world.time.run(isOff(world), HOUR_MS)).toBe(true);
  await world.time.run(() => false, 8000);
};
const podsOf = (world: World, role: "hold" | "place" | "node") =>
  world.pods.all().filter(({ metadata }) => metadata?.labels?.[ROLE] === role);
const said = <K extends ConductorLine["tare"]>(bench: Running, tare: K) =>
  bench.said.filter((line): line is Extract<ConductorLine, { tare: K }> => line.tare === tare);
const whyVoid = (bench: Running) => said(bench, "void").map(({ why }) => why);
const outcome = (bench: Running) => bench.ended()?.outcomes.get(NODE);

const expectBack = (world: World): void => {
  expect(isAgentReady(world, NODE)).toBe(true);
  expect(leftOf(world)).toEqual([]);
};

test("a turn that is longer than a hold is held by one after the other, without a gap", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN, { turns: 1, turnSeconds: 200 });
  await ends(world, bench);
  expect(bench.nodePods[0]?.whole()).toBe(1);
  expect(whyVoid(bench)).toEqual([]);
  expect(bench.client().requests.filter((one) => one === "create pod tare-hold-").length).toBeGreaterThan(3);
  expectBack(world);
});

test("a node that is full for a second pair gets its agent back before the first place ends", async () => {
  const world = clusterWithAgent({ ...ONE, cpu: "200m" });
  const bench = startBench(world, PLAN, { turns: 1, turnSeconds: 200 });
  await intoTurn(world);
  world.pods.create(newcomer(NODE, "100m"), world.time.now());
  await ends(world, bench);
  expect(whyVoid(bench)).toEqual([expect.stringContaining("the node is full")]);
  expectBack(world);
});

test("no node is without its agent for longer than the plan says", async () => {
  const world = clusterWithAgent(ONE);
  const plan = { ...PLAN, off: { holdSeconds: 60, maxSeconds: 120 } };
  const bench = startBench(world, plan, { turns: 1, turnSeconds: 600 });
  await ends(world, bench);
  expect(said(bench, "ended").map(({ why }) => why)).toEqual([
    "the node was without its agent for more than 120 s",
  ]);
  expectBack(world);
});

test("an agent is not taken from a node that has no room for it twice", async () => {
  const world = clusterWithAgent({ ...ONE, cpu: "150m" });
  const bench = startBench(world, PLAN, { withinSeconds: 30 });
  await ends(world, bench);
  expect(whyVoid(bench)).toEqual(["the node is full: not as much cpu free as the agent asks for"]);
  expect(world.deleted).toEqual([]);
  expectBack(world);
});

test.each([
  ["above its place", 1_000_000, ["place", "hold"]],
  ["no higher than its place", 0, ["hold", "place"]],
] as const)(
  "an agent %s comes back to its room, though somebody has taken what it left",
  async (_, priority, order) => {
    const world = clusterWithAgent({ ...ONE, cpu: "200m", priority });
    const bench = startBench(world, PLAN, { turns: 1 });
    await intoTurn(world);
    world.pods.create(newcomer(NODE, "100m"), world.time.now());
    await ends(world, bench);
    const roles = world.deleted
      .map(({ pod }) => pod.metadata?.labels?.[ROLE])
      .filter((role) => role !== undefined);
    expect(roles).toEqual(order);
    expect(world.pods.all().some(({ metadata }) => metadata?.labels?.["app"] === "newcomer")).toBe(true);
    expectBack(world);
  },
);

test("where the scheduler misses that a hold has gone, the agent is back as fast", async () => {
  const world = clusterWithAgent({ ...ONE, hasHintBug: true });
  const bench = startBench(world, PLAN, { withinSeconds: 20 });
  await ends(world, bench);
  expect(outcome(bench)).toEqual({ kind: "done", exitCode: 0 });
  expectBack(world);
});

test("a hold that ends in the middle makes the turn void, and the next one counts", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN);
  await intoTurn(world);
  for (const hold of podsOf(world, "hold")) world.evict(hold);
  await ends(world, bench);
  expect(said(bench, "void")).toEqual([
    expect.objectContaining({
      agent: AGENT,
      turn: 1,
      why: "the hold ended: Evicted: The node was low on resource: memory.",
    }),
  ]);
  expect(bench.nodePods[0]?.whole()).toBe(1);
  expectBack(world);
});

test("a hold that is preempted does not stand in its agent's way", async () => {
  const world = clusterWithAgent(ONE);
  world.admission.changes = (pod) => ({ ...pod, spec: { containers: [], ...pod.spec, priority: 0 } });
  const bench = startBench(world, PLAN, { turns: 1 });
  await ends(world, bench);
  expect(whyVoid(bench)).toEqual(["the hold was deleted"]);
  expectBack(world);
});

test("a place that is lost brings the agent back while there may still be room", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN, { turns: 1 });
  await intoTurn(world);
  for (const place of podsOf(world, "place")) world.terminate(place);
  await ends(world, bench);
  expect(whyVoid(bench)).toEqual(["the place was deleted"]);
  expectBack(world);
});

test("what the server does not admit is told in its words, and no agent is touched", async () => {
  const world = clusterWithAgent(ONE);
  world.admission.refuses = () =>
    new ClusterError("forbidden", "failed quota: cpu: must specify requests.cpu");
  const bench = startBench(world, PLAN, { withinSeconds: 30 });
  await ends(world, bench);
  expect(said(bench, "ended").map(({ why }) => why)).toEqual([
    "cannot make a place: failed quota: cpu: must specify requests.cpu",
  ]);
  expect(world.deleted).toEqual([]);
  expectBack(world);
});

test("a hold that a LimitRange made ask for something is taken back", async () => {
  const world = clusterWithAgent(ONE);
  world.admission.changes = (pod) => ({
    ...pod,
    spec: {
      ...pod.spec,
      containers: (pod.spec?.containers ?? []).map((container) => ({
        ...container,
        resources: { requests: { cpu: "10m", ...container.resources?.requests } },
      })),
    },
  });
  const bench = startBench(world, PLAN, { withinSeconds: 30 });
  await ends(world, bench);
  expect(said(bench, "ended").map(({ why }) => why)).toEqual([
    "a hold must ask for nothing, and a LimitRange in tare-control made it ask for cpu",
  ]);
  expectBack(world);
});

test("where no controller recreates the agent it is given back, and Ready once the controller is back", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN);
  expect(await world.time.run(() => podsOf(world, "hold").length > 0, HOUR_MS)).toBe(true);
  world.away.controllers = true;
  expect(await world.time.run(() => said(bench, "ended").length > 0, HOUR_MS)).toBe(true);
  expect(said(bench, "ended")[0]?.why).toBe("no controller recreates the agent: no pod of it within 30 s");
  expect(podsOf(world, "hold")).toEqual([]);
  world.away.controllers = false;
  world.changed();
  await ends(world, bench);
  expectBack(world);
});

test("an agent that nobody brings back is exit code 4, with what is missing and what to run", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN, { withinSeconds: 60 });
  expect(await world.time.run(() => podsOf(world, "hold").length > 0, HOUR_MS)).toBe(true);
  world.away.controllers = true;
  await ends(world, bench);
  expect(bench.ended()?.exitCode).toBe(4);
  expect(outcome(bench)).toEqual({
    kind: "not-back",
    missing: [`${AGENT} has no pod on ${NODE}: no controller recreates it`],
    run: ["kubectl -n kube-system describe daemonset tetragon", "tare k8s clean b1"],
  });
});

test("an agent that is rolled out meanwhile is another one: the turn is void, and the run ends", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN, { withinSeconds: 60 });
  await intoTurn(world);
  rollOut(world, "tetragon", "tetragon:2");
  await ends(world, bench);
  expect(said(bench, "void")).toEqual([
    expect.objectContaining({
      turn: 1,
      why: expect.stringMatching(/^the agent has changed: revision \w+ is now/),
    }),
  ]);
  expect(said(bench, "ended")).toHaveLength(1);
  expectBack(world);
});

test("a DaemonSet that is deleted while its agent is away has nothing to come back", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN, { withinSeconds: 30 });
  await intoTurn(world);
  world.daemonSets.remove(world.daemonSets.get("kube-system", "tetragon").metadata?.uid ?? "");
  await ends(world, bench);
  expect(said(bench, "ended")[0]?.why).toBe("the DaemonSet is gone");
  expect(leftOf(world)).toEqual([]);
});

test("a node pod that is evicted leaves its agent Ready", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN);
  await intoTurn(world);
  for (const pod of podsOf(world, "node")) world.evict(pod);
  await ends(world, bench);
  expect(outcome(bench)).toEqual({
    kind: "interrupted",
    why: "the node pod ended before its run: Evicted: The node was low on resource: memory.",
  });
  expectBack(world);
});

test("a node pod that is stopped and says so has not measured what it was to", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN);
  await intoTurn(world);
  const [pod] = podsOf(world, "node");
  if (pod === undefined) throw new Error("no node pod");
  world.logs
    .get(pod.metadata?.uid ?? "")
    ?.push(writeNodeLine({ tare: "done", exitCode: 130, blocks: 0, said: "interrupted by SIGTERM" }));
  world.terminate(pod);
  await ends(world, bench);
  expect(outcome(bench)).toMatchObject({ kind: "interrupted" });
  expectBack(world);
});

test("a node that is gone is said to be, and nothing of it is left", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN);
  await intoTurn(world);
  world.nodes.remove(world.nodes.get("", NODE).metadata?.uid ?? "");
  await ends(world, bench);
  expect(outcome(bench)).toEqual({ kind: "node-gone" });
  expect(leftOf(world)).toEqual([]);
});

test("while the API server is away nothing is done, and after it the agent comes back", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN, { withinSeconds: 900 });
  await intoTurn(world);
  world.away.api = true;
  await world.time.run(() => false, 600_000);
  world.away.api = false;
  world.changed();
  await ends(world, bench);
  expect(whyVoid(bench)).toEqual([
    "the hold ended: DeadlineExceeded: Pod was active on the node longer than the specified deadline",
  ]);
  expect(bench.ended()?.exitCode).toBe(0);
  expectBack(world);
});

test("a kubelet that does not answer makes the turn void, and the agent is back after it", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN, { turnSeconds: 300 });
  await intoTurn(world);
  world.away.kubelets.add(NODE);
  expect(await world.time.run(() => whyVoid(bench).length > 0, HOUR_MS)).toBe(true);
  expect(whyVoid(bench)).toEqual(["the kubelet has not answered for 60 s"]);
  expect(await world.time.run(() => podsOf(world, "hold").length === 0, 5000)).toBe(true);
  world.away.kubelets.delete(NODE);
  world.changed();
  await ends(world, bench);
  expectBack(world);
});

test("a signal gives the agent back at once", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN);
  await intoTurn(world);
  bench.stop();
  await ends(world, bench);
  expect(bench.ended()?.exitCode).toBe(130);
  expect(outcome(bench)).toEqual({ kind: "interrupted", why: "the bench was stopped" });
  expectBack(world);
});

test("a signal while the API server is away ends with what to run later", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN);
  await intoTurn(world);
  world.away.api = true;
  bench.stop();
  await ends(world, bench);
  expect(bench.ended()?.exitCode).toBe(4);
  expect(outcome(bench)).toMatchObject({ run: ["tare k8s clean b1"] });
});

test("a conductor that is restarted in the middle of a turn goes on with it", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN);
  await intoTurn(world);
  bench.kill();
  bench.begin();
  await ends(world, bench);
  expect(bench.nodePods[0]?.whole()).toBe(2);
  expect(whyVoid(bench)).toEqual([]);
  expectBack(world);
});

test("one that comes after the node pod is gone does not wait for it to come", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN);
  await intoTurn(world);
  bench.kill();
  for (const pod of podsOf(world, "node")) world.terminate(pod);
  expect(await world.time.run(() => podsOf(world, "node").length === 0, HOUR_MS)).toBe(true);
  bench.begin();
  await ends(world, bench);
  expect(outcome(bench)).toEqual({ kind: "interrupted", why: "the node pod is gone" });
  expectBack(world);
});

test("one that comes after the hold has ended does not take the agent away for the same wish again", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN, { turns: 1, turnSeconds: 120 });
  await intoTurn(world);
  bench.kill();
  expect(await world.time.run(() => isAgentReady(world, NODE), HOUR_MS)).toBe(true);
  const before = world.deleted.length;
  bench.begin();
  await ends(world, bench);
  expect(world.deleted.slice(before).every(({ pod }) => pod.metadata?.labels?.["app"] !== "tetragon")).toBe(
    true,
  );
  expect(bench.nodePods[0]?.whole()).toBe(0);
  expectBack(world);
});

test.each([false, true])(
  "when nobody follows a conductor that has died, the hold ends by itself (scheduler that misses it: %s)",
  async (hasHintBug) => {
    const world = clusterWithAgent({ ...ONE, hasHintBug });
    const bench = startBench(world, PLAN, { turnSeconds: 400 });
    await intoTurn(world);
    bench.kill();
    expect(await world.time.run(() => isAgentReady(world, NODE), 60_000 + 305_000)).toBe(true);
  },
);

test("whoever deletes the conductor's Job gives the agent back", async () => {
  const world = clusterWithAgent(ONE);
  const bench = startBench(world, PLAN, { turnSeconds: 400 });
  await intoTurn(world);
  bench.kill();
  world.jobs.remove(world.jobs.get("tare-control", "tare-b1").metadata?.uid ?? "");
  expect(await world.time.run(() => isAgentReady(world, NODE), 5000)).toBe(true);
  expect(leftOf(world)).toEqual([]);
});

test("a second bench waits for the slot of the first, and both are measured", async () => {
  const world = clusterWithAgent();
  const [a, b] = planOf().nodes;
  const first = startBench(world, planOf({ bench: "b1", nodes: a === undefined ? [] : [a] }));
  const second = startBench(world, planOf({ bench: "b2", nodes: b === undefined ? [] : [b] }));
  await ends(world, first);
  await ends(world, second);
  expect(said(second, "waiting").map(({ why }) => why)).toContainEqual(
    expect.stringMatching(/^as many nodes as may be are without an agent: b1\/node-a since 2026-/),
  );
  expect([...first.nodePods, ...second.nodePods].map((pod) => pod.whole())).toEqual([2, 2]);
  expect(leftOf(world)).toEqual([]);
});

test("a second bench on the same node is refused, with who has it", async () => {
  const world = clusterWithAgent(ONE);
  const first = startBench(world, PLAN, { turns: 6 });
  await intoTurn(world);
  const second = startBench(world, { ...PLAN, bench: "b2" });
  await ends(world, second);
  expect(outcome(second)).toMatchObject({
    kind: "refused",
    why: expect.stringMatching(/^another bench has the node: b1 since 2026-/),
  });
  await ends(world, first);
  expect(outcome(first)).toEqual({ kind: "done", exitCode: 0 });
  expectBack(world);
});

test("the Lease of a bench that has died is taken over once it has run out", async () => {
  const world = clusterWithAgent(ONE);
  const first = startBench(world, PLAN, { turns: 1 });
  await intoTurn(world);
  first.kill();
  for (const pod of podsOf(world, "node")) world.terminate(pod);
  const second = startBench(world, { ...PLAN, bench: "b2" }, { withinSeconds: 900 });
  await ends(world, second);
  expect(outcome(second)).toEqual({ kind: "done", exitCode: 0 });
  expect(isAgentReady(world, NODE)).toBe(true);
});

test("pods of others that the agent's selector catches are never deleted", async () => {
  const world = clusterWithAgent(ONE);
  const stranger = {
    ...newcomer(NODE, "10m"),
    metadata: { generateName: "stranger-", namespace: "kube-system", labels: { app: "tetragon" } },
  };
  world.pods.create(stranger, world.time.now());
  const bench = startBench(world, PLAN, { turns: 1 });
  await ends(world, bench);
  expect(bench.nodePods[0]?.whole()).toBe(1);
  expect(world.deleted.filter(({ pod }) => pod.metadata?.name?.startsWith("stranger-"))).toEqual([]);
});

/** One bench on each of two nodes, and one slot. */
const twoBenches = (world: World, turnSeconds: number) => {
  const [a, b] = planOf().nodes;
  if (a === undefined || b === undefined) throw new Error("the plan has two nodes");
  const first = startBench(world, planOf({ bench: "b1", nodes: [a] }), { turnSeconds, withinSeconds: 3000 });
  const second = startBench(world, planOf({ bench: "b2", nodes: [b] }), { turnSeconds, withinSeconds: 3000 });
  return { first, second };
};
/** Whether the second node was without its agent while the first one was. */
const watchBoth = (world: World): (() => boolean) => {
  let wereBoth = false;
  const look = (): void => {
    wereBoth ||= !isAgentReady(world, "node-a") && !isAgentReady(world, "node-b");
    world.time.after(100, look);
  };
  world.time.after(5000, look);
  return () => wereBoth;
};

test("after the API server was away nobody takes the slot of a bench that could not renew it", async () => {
  const world = clusterWithAgent();
  const wereBoth = watchBoth(world);
  const { first, second } = twoBenches(world, 20);
  await intoTurn(world);
  // Its agent takes long to come back.
  world.away.kubelets.add(NODE);
  world.away.api = true;
  await world.time.run(() => false, 900_000);
  // Whoever waits for the slot is the first to ask.
  first.client().stillMs = () => 3000;
  world.away.api = false;
  world.changed();
  await world.time.run(() => false, 100_000);
  first.client().stillMs = () => 0;
  world.away.kubelets.delete(NODE);
  world.changed();
  await ends(world, first);
  await ends(world, second);
  expect(wereBoth()).toBe(false);
  expect(leftOf(world)).toEqual([]);
});

test("the slot of a bench that has died is nobody's until the agent is back, also from a slow scheduler", async () => {
  const world = clusterWithAgent({ hasHintBug: true });
  const wereBoth = watchBoth(world);
  const { first, second } = twoBenches(world, 20);
  await intoTurn(world);
  first.kill();
  await ends(world, second);
  expect(second.nodePods.map((pod) => pod.whole())).toEqual([2]);
  expect(wereBoth()).toBe(false);
});

test("one that stood still in the middle takes no agent with a slot that is another's by now", async () => {
  const world = clusterWithAgent();
  const wereBoth = watchBoth(world);
  const { first, second } = twoBenches(world, 60);
  let isHeld = false;
  first.client().stillMs = (what) => {
    isHeld ||=
      what === "list pods in kube-system" &&
      podsOf(world, "hold").some(({ status }) => status?.phase === "Running");
    if (!isHeld) return 0;
    first.client().stillMs = () => 0;
    return 420_000;
  };
  await ends(world, first);
  await ends(world, second);
  expect(isHeld).toBe(true);
  expect(wereBoth()).toBe(false);
  expect(leftOf(world)).toEqual([]);
});
