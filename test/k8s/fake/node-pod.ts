/**
 * The pod that measures, as the conductor meets it: wishes, sees and prints. It sees its node by the agents' pods that
 * run there, and gives a wish up after its time. It ends with its pod, whatever ends that.
 */
import type { V1Pod } from "@kubernetes/client-node";
import { writeNodeLine, type NodeLine } from "../../../src/k8s/node/lines.ts";
import { labelsOf } from "../../../src/k8s/objects/labels.ts";
import type { World } from "./world.ts";

export interface NodePodOptions {
  readonly world: World;
  readonly bench: string;
  readonly namespace: string;
  readonly node: string;
  readonly agents: readonly string[];
  readonly turns: number;
  readonly turnSeconds: number;
  readonly withinSeconds: number;
}

export interface NodePod {
  readonly uid: string;
  /** What a whole record would hold, as far as it was printed. */
  readonly printed: readonly string[];
  /** Turns that were without their agent from beginning to end, by what the node saw. */
  readonly whole: () => number;
  readonly isOver: () => boolean;
}

const LOOK_MS = 500;

export const startNodePod = (options: NodePodOptions): NodePod => {
  const { world, bench, namespace, node, agents } = options;
  const { time, pods } = world;
  const made = pods.create(
    {
      metadata: { generateName: "tare-node-", namespace, labels: labelsOf(bench, "node", node) },
      spec: { nodeName: node, containers: [{ name: "node", image: "tare" }] },
      status: { phase: "Pending" },
    },
    time.now(),
  );
  const uid = made.metadata?.uid ?? "";
  const printed: string[] = [];
  const log: string[] = [];
  world.logs.set(uid, log);
  let index = 0;
  let turn = 0;
  let whole = 0;
  let isOver = false;

  const self = (): V1Pod | undefined => pods.all().find(({ metadata }) => metadata?.uid === uid);
  const isAlive = (): boolean =>
    self()?.status?.phase === "Running" && self()?.metadata?.deletionTimestamp === undefined;
  const print = (line: NodeLine): void => {
    log.push(writeNodeLine(line));
  };
  const record = (text: string): void => {
    print({ tare: "record", index, text });
    printed.push(text);
    index += 1;
  };
  /** A container that was started runs until its pod is taken away. */
  const runs = (agent: string): boolean =>
    pods
      .all()
      .some(
        ({ metadata, spec, status }) =>
          `daemonset:${metadata?.namespace ?? ""}/${metadata?.ownerReferences?.[0]?.name ?? ""}` === agent &&
          spec?.nodeName === node &&
          status?.phase === "Running",
      );
  const is = (agent: string, state: "off" | "on"): boolean => runs(agent) === (state === "on");

  /** False: not within its time. */
  const wish = async (agent: string, state: "off" | "on"): Promise<boolean> => {
    const isUnkept = state === "on" && runs(agent);
    const before = turn;
    turn += 1;
    print({
      tare: "want",
      agent,
      state,
      turn,
      within: options.withinSeconds,
      ...(isUnkept ? { unkept: { turn: before, back: ["a pod of it"] } } : {}),
    });
    for (let ms = 0; ms < options.withinSeconds * 1000; ms += LOOK_MS) {
      await time.sleep(LOOK_MS);
      if (!isAlive()) return false;
      if (!is(agent, state)) continue;
      print({ tare: "seen", agent, state, turn });
      return true;
    }
    return false;
  };
  const measure = async (agent: string): Promise<void> => {
    let isWhole = true;
    for (let ms = 0; ms < options.turnSeconds * 1000 && isAlive(); ms += LOOK_MS) {
      await time.sleep(LOOK_MS);
      if (!isAlive()) return;
      isWhole &&= is(agent, "off");
      if (ms % 5000 === 0) record(`${node} turn ${turn} at ${ms}`);
    }
    record(`${node} turn ${turn} ${isWhole ? "whole" : "void"}`);
    if (isWhole) whole += 1;
  };
  const run = async (): Promise<number | undefined> => {
    for (let block = 0; block < options.turns; block++)
      for (const agent of agents) {
        if (!(await wish(agent, "off"))) return isAlive() ? 5 : undefined;
        await measure(agent);
        if (!isAlive()) return undefined;
        if (!(await wish(agent, "on"))) return isAlive() ? 5 : undefined;
      }
    return 0;
  };
  const live = async (): Promise<void> => {
    while (self() !== undefined && self()?.status?.phase === "Pending") await time.sleep(LOOK_MS);
    const exitCode = isAlive() ? await run() : undefined;
    if (exitCode !== undefined) {
      print({ tare: "done", exitCode, blocks: whole, said: "ended" });
      pods.patch(uid, (pod) => ({ ...pod, status: { ...pod.status, phase: "Succeeded" } }));
    }
    isOver = true;
  };
  live().catch((error: unknown) => {
    throw error;
  });
  return { uid, printed, whole: () => whole, isOver: () => isOver };
};
