/**
 * Whatever fails around a bench, and in whatever order: the agents are Ready again once it is over, nothing of tare's is
 * left, no more nodes were without their agent than allowed, and nobody's pods were touched but the agent's. Where
 * nothing fails, every turn is without its agent from beginning to end; where something does, what was measured beside
 * the agent is said to be void.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { V1Pod } from "@kubernetes/client-node";
import { conduct } from "../../../src/k8s/conductor/conduct.ts";
import { readNodeLine } from "../../../src/k8s/node/lines.ts";
import { ROLE } from "../../../src/k8s/objects/labels.ts";
import {
  AGENT,
  clusterWithAgent,
  isAgentReady,
  leftOf,
  NODES,
  planOf,
  type Running,
  SECOND_AGENT,
  startBench,
} from "../fake/bench.ts";
import { fakeCluster } from "../fake/fake-cluster.ts";
import { type Fault, faultsOn, meet } from "../fake/faults.ts";
import type { World } from "../fake/world.ts";

const RUNS = Number(process.env["TARE_MODEL_RUNS"] ?? 60);
const HOURS_MS = 6 * 3_600_000;
const SETTLING_MS = 900_000;

interface Case {
  readonly faults: readonly Fault[];
  readonly hasHintBug: boolean;
  readonly priority: number;
  readonly maxUnprotected: number;
  readonly hasSecondAgent: boolean;
  /** Of somebody else, on two of the nodes. */
  readonly hasSecondBench: boolean;
}

const CASE: fc.Arbitrary<Case> = fc.record({
  faults: faultsOn(NODES),
  hasHintBug: fc.boolean(),
  priority: fc.constantFrom(0, 1_000_000),
  maxUnprotected: fc.integer({ min: 1, max: 2 }),
  hasSecondAgent: fc.boolean(),
  hasSecondBench: fc.boolean(),
});

const AGENTS = ["tetragon", "falco"];
const isAgentPod = ({ metadata }: V1Pod): boolean => AGENTS.includes(metadata?.labels?.["app"] ?? "");
const areReady = (world: World, node: string): boolean =>
  world.daemonSets.all().every(({ metadata }) => isAgentReady(world, node, metadata?.name ?? ""));

/** Nodes whose agent tare has taken and that have had none since. */
const watchUnprotected = (world: World): { readonly most: () => number } => {
  const taken = new Set<string>();
  let seen = 0;
  let most = 0;
  const look = (): void => {
    for (; seen < world.deleted.length; seen++) {
      const pod = world.deleted[seen]?.pod;
      if (pod?.spec?.nodeName !== undefined && isAgentPod(pod)) taken.add(pod.spec.nodeName);
    }
    for (const node of taken)
      if (areReady(world, node) || world.nodes.find("", node) === undefined) taken.delete(node);
    most = Math.max(most, taken.size);
    world.time.after(100, look);
  };
  look();
  return { most: () => most };
};

/** As `tare k8s clean` does it. */
const clean = async (world: World, { plan }: Running): Promise<void> => {
  let isDone = false;
  conduct({
    plan,
    cluster: fakeCluster(world),
    clock: world.time,
    say: () => undefined,
    stop: AbortSignal.abort(),
  }).then(
    ({ exitCode }) => {
      expect(exitCode).toBe(130);
      isDone = true;
    },
    (error: unknown) => {
      throw error;
    },
  );
  expect(await world.time.run(() => isDone, SETTLING_MS)).toBe(true);
};

const expectRecordKept = (world: World, bench: Running): void => {
  for (const { uid, printed } of bench.nodePods) {
    const lines = (world.logs.get(uid) ?? [])
      .map(readNodeLine)
      .flatMap((read) => (read.kind === "lines" ? read.lines : []));
    expect(lines).toEqual(printed);
  }
};

const expectWholeTurns = ({ nodePods, plan }: Running, isDisturbed: boolean): void => {
  const whole = nodePods.map((pod) => pod.whole());
  expect(whole).toEqual(isDisturbed ? whole : plan.nodes.map(() => 2 * plan.agents.length));
};

const VOID_TURN = /^(\S+) turn (\d+) void$/;

/** What was measured beside an agent that was to be off is said to be void, whoever was away when it came back. */
const expectVoidsTold = ({ nodePods, said, ended }: Running): void => {
  // Whoever is stopped is not asked what it measured, and what is refused counts as a whole for nothing.
  if (ended()?.exitCode === 130) return;
  const told = said.flatMap((line) => (line.tare === "void" ? [`${line.node} turn ${line.turn} void`] : []));
  const seen = nodePods
    .flatMap(({ printed }) => printed.filter((line) => VOID_TURN.test(line)))
    .filter((line) => ended()?.outcomes.get(VOID_TURN.exec(line)?.[1] ?? "")?.kind !== "refused");
  expect(told).toEqual(expect.arrayContaining(seen));
};

const expectOthersUntouched = (world: World): void => {
  const strangers = world.deleted.filter(
    ({ pod }) => !isAgentPod(pod) && !["hold", "place"].includes(pod.metadata?.labels?.[ROLE] ?? ""),
  );
  expect(strangers).toEqual([]);
};

/** Undefined: the case has none. */
const secondBench = (world: World, { hasSecondBench, maxUnprotected }: Case): Running | undefined => {
  if (!hasSecondBench) return undefined;
  const plan = planOf({ maxUnprotected });
  return startBench(world, { ...plan, bench: "b2", nodes: plan.nodes.slice(1) }, { turns: 1 });
};

const expectEnded = async (world: World, bench: Running): Promise<void> => {
  expect([0, 4, 130]).toContain(bench.ended()?.exitCode);
  if (bench.ended()?.exitCode !== 4) return;
  expect(bench.said.some((line) => line.tare === "outcome" && line.outcome.kind === "not-back")).toBe(true);
  await clean(world, bench);
};

test("the agents come back, whatever fails and in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(CASE, async (drawn) => {
      const { faults, maxUnprotected, hasSecondAgent } = drawn;
      const world = clusterWithAgent(drawn);
      const unprotected = watchUnprotected(world);
      const agents = hasSecondAgent ? [AGENT, SECOND_AGENT] : [AGENT];
      const bench = startBench(world, planOf({ maxUnprotected, agents }));
      const other = secondBench(world, drawn);
      const benches = other === undefined ? [bench] : [bench, other];
      const course = meet(world, bench, faults);
      const isOver = (): boolean => benches.every((one) => one.isOver()) && course.areOver();
      expect(await world.time.run(isOver, HOURS_MS)).toBe(true);
      for (const one of benches) await expectEnded(world, one);
      await world.time.run(() => NODES.every((node) => areReady(world, node)), SETTLING_MS);
      expect(NODES.filter((node) => !areReady(world, node))).toEqual([]);
      expect(leftOf(world)).toEqual([]);
      expect(unprotected.most()).toBeLessThanOrEqual(maxUnprotected);
      expectOthersUntouched(world);
      for (const one of benches) expectRecordKept(world, one);
      for (const one of benches) expectVoidsTold(one);
      expectWholeTurns(bench, faults.length > 0 || other !== undefined);
    }),
    { numRuns: RUNS },
  );
});
