/** Whatever fails while an agent is away from its node: it ends Ready, nothing of tare's is left that keeps it away, and the record is kept. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { NodeOutcome } from "../../../src/k8s/conductor/lines.ts";
import { Bench, type BenchWanted, CONTROL, install, NAMESPACE } from "./bench.ts";
import { conductorJobName } from "../../../src/k8s/objects/conductor-job.ts";
import { ControlPlane, type Part } from "./control-plane.ts";
import { eventually, throughout } from "./eventually.ts";
import { FakeKubelet, type NodeWanted } from "./kubelet/kubelet.ts";
import { benchedRun, EXITS, RECORD, Turn } from "./node-program.ts";
import { OBSTACLE, PROGRAM } from "./obstacle.ts";
import { PATHS } from "./paths.ts";
import { AGENT_CPU, IMAGE, isReady, Setting } from "./setting.ts";
import { tareImage } from "./tare-image.ts";
import { stopwatch, tell, type Told } from "./told.ts";

const NAMES = [
  "whole",
  "restarted",
  "dropped",
  "cleaned",
  "evicted",
  "freed",
  "silent",
  "gone",
  "unheard",
  "unscheduled",
  "unmade",
  "wanted",
  "rolled",
  "full",
  "crowded",
] as const;
type Name = (typeof NAMES)[number];
const TURNS = 2;
const LONG = { timeout: 600_000 };
/** Of the node pod; a bench that is ended does not see its next wish fulfilled. */
const MAX_WISH_SECONDS = 40;

let plane: ControlPlane;
let control: FakeKubelet;

/** One agent on its nodes, a bench on them, and the first turn in which the agent is away. */
class Away {
  readonly setting: Setting;
  readonly bench: Bench;
  readonly turn: Turn;
  readonly #told: Omit<Told, "record">[] = [];

  private constructor(setting: Setting, bench: Bench, turn: Turn) {
    this.setting = setting;
    this.bench = bench;
    this.turn = turn;
  }

  static async begin(
    name: Name,
    wanted: Partial<BenchWanted> = {},
    node: Omit<NodeWanted, "name"> = {},
  ): Promise<Away> {
    const turn = new Turn();
    const program = benchedRun({
      agent: `daemonset:${name}/agent`,
      isAgent: ({ metadata }) => metadata?.namespace === name && metadata.labels?.["app"] === "agent",
      turns: TURNS,
      withinSeconds: MAX_WISH_SECONDS,
      whileOff: async (number) => {
        if (number === 1) await turn.whileOff();
      },
    });
    const setting = await Setting.make(plane, {
      name,
      nodes: [node],
      images: { [IMAGE]: tareImage(plane, program) },
    });
    const bench = await Bench.start(setting, { bench: name, ...wanted });
    return new Away(setting, bench, turn);
  }

  /** Waits for the agent Ready and nothing left, tells how long that took, and cleans up. */
  async back(what: string, since: string): Promise<void> {
    const seconds = stopwatch();
    await this.setting.agentReady(this.setting.node.name);
    this.#told.push({ what, since, agentReadySeconds: seconds() });
  }

  toldOf(told: Omit<Told, "record">): void {
    this.#told.push(told);
  }

  /** And with it, by the garbage collector, all that it owns. */
  async dropConductor(): Promise<void> {
    const path = PATHS.jobs(CONTROL, conductorJobName(this.bench.plan.bench));
    await this.setting.admin.delete(path, { propagationPolicy: "Background" });
  }

  /** Its run is over, whatever it came to. */
  async nodeDone(): Promise<number> {
    return await eventually("the node pod done", async () => {
      const { status } = await this.bench.nodePod();
      const ended = status?.containerStatuses?.[0]?.state?.terminated;
      if (ended === undefined) throw new Error(status?.phase);
      return ended.exitCode;
    });
  }

  nothingLeft(): Promise<void> {
    return eventually("nothing of the bench left", async () => {
      const left = await this.bench.left();
      if (left.length > 0) throw new Error(left.join(", "));
    });
  }

  /** How the bench ends on its first node. */
  async outcome(): Promise<NodeOutcome | undefined> {
    this.turn.end();
    const said = await this.bench.conducted();
    return said.findLast((line) => line.tare === "outcome")?.outcome;
  }

  async says(what: RegExp): Promise<void> {
    await eventually(`the conductor to say ${what.source}`, async () => {
      const said = JSON.stringify(await this.bench.said());
      if (!what.test(said)) throw new Error(said);
    });
  }

  /** What was collected, word for word as the node had it, and as far as it had come. */
  async record(): Promise<string> {
    const { lines, isWhole } = await this.bench.collected();
    const other = lines.findIndex((line, index) => line !== RECORD[index]);
    if (other >= 0) throw new Error(`line ${other + 1} is not as the node had it`);
    return isWhole ? "whole" : `kept: ${lines.length} of ${RECORD.length} lines`;
  }

  async remove(): Promise<void> {
    this.turn.end();
    await this.nothingLeft();
    const record = await this.record();
    for (const told of this.#told) tell({ ...told, record });
    await this.bench.remove();
    await this.setting.remove();
  }
}

describe.skipIf(OBSTACLE !== undefined)(`a bench on a real control plane ${OBSTACLE ?? ""}`, () => {
  beforeAll(async () => {
    plane = await ControlPlane.start(PROGRAM ?? "");
    await install(plane, NAMES);
    control = await FakeKubelet.start(plane, { name: "control" }, { [IMAGE]: tareImage(plane) });
  });
  afterAll(async () => {
    await control.fail();
    await plane.stop();
  });

  const DONE = { kind: "done", exitCode: 0 };

  let current: Away | undefined;
  const begin = async (...wanted: Parameters<typeof Away.begin>): Promise<Away> => {
    current = await Away.begin(...wanted);
    return current;
  };

  const beginAway = async (name: Name, wanted: Partial<BenchWanted> = {}): Promise<Away> => {
    const away = await begin(name, wanted);
    await eventually("the agent away", async () => {
      if (!away.turn.isBegun) throw new Error(await away.bench.lastWords());
    });
    expect(away.setting.agentRuns(away.setting.node)).toBe(false);
    return away;
  };

  // In every test nothing is left, and the record is what the node had printed.
  afterEach(async () => {
    const away = current;
    current = undefined;
    await away?.remove();
  });

  test("nothing fails", LONG, async () => {
    const away = await beginAway("whole");
    await away.says(/"state":"off"/);
    away.turn.end();
    await away.back("nothing", "the turn's end");
    expect(await away.outcome()).toEqual(DONE);
    const states = (await away.bench.said()).flatMap((line) => (line.tare === "agent" ? [line.state] : []));
    expect(states.slice(0, 1)).toEqual(["off"]);
    expect(states.at(-1)).toBe("back");
  });

  test("the conductor is killed, and its Job starts another", LONG, async () => {
    const away = await beginAway("restarted");
    const { bench, setting } = away;
    const [first] = await bench.pods("conductor");
    await setting.admin.delete(PATHS.pods(CONTROL, first?.metadata?.name), { gracePeriodSeconds: 0 });
    await eventually("another conductor", async () => {
      const pods = await bench.pods("conductor");
      if (!pods.some((pod) => isReady(pod) && pod.metadata?.uid !== first?.metadata?.uid))
        throw new Error("none");
    });
    await throughout(5, async () => {
      expect(setting.agentRuns(setting.node)).toBe(false);
      await Promise.resolve();
    });
    away.turn.end();
    await away.back("conductor killed, started anew by its Job", "the turn's end");
    expect(await away.outcome()).toEqual(DONE);
  });

  test("the conductor's Job is deleted", LONG, async () => {
    const away = await beginAway("dropped");
    await away.dropConductor();
    await away.back("conductor's Job deleted", "that");
    away.turn.end();
    // Nobody is there to fulfil its next wish.
    expect(await away.nodeDone()).toBe(EXITS.notValid);
  });

  test("the bench is cleaned away by its user", LONG, async () => {
    const away = await beginAway("cleaned");
    const seconds = stopwatch();
    await away.bench.clean();
    away.toldOf({ what: "`tare k8s clean`", since: "its start", agentReadySeconds: seconds() });
    expect(await away.setting.agentPods(away.setting.node.name)).toHaveLength(1);
    expect(away.setting.agentRuns(away.setting.node)).toBe(true);
  });

  test("the conductor's machine is gone for good", LONG, async () => {
    const away = await beginAway("wanted", { holdSeconds: 30 });
    await control.fail();
    const held = (await away.bench.pods("hold"))[0];
    await eventually("the hold at its deadline", async () => {
      if ((await away.setting.phaseOf(held ?? {})) === "Running") throw new Error("it runs");
    });
    expect(await away.bench.pods("place")).not.toEqual([]);
    await away.back("conductor's machine gone for good", "the hold's deadline");
    control = await FakeKubelet.start(plane, { name: "control" }, { [IMAGE]: tareImage(plane) });
    away.turn.end();
    expect(await away.nodeDone()).toBe(EXITS.notValid);
    await away.dropConductor();
  });

  test("the node pod is evicted", LONG, async () => {
    const away = await beginAway("evicted");
    const { metadata } = await away.bench.nodePod();
    await away.setting.admin.create(`${PATHS.pods(NAMESPACE, metadata?.name)}/eviction`, {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: metadata?.name ?? "", namespace: NAMESPACE },
    });
    await away.back("node pod evicted", "that");
    expect(await away.outcome()).toMatchObject({ kind: "interrupted" });
  });

  test("the hold is deleted by somebody else", LONG, async () => {
    const away = await beginAway("freed");
    const [held] = await away.bench.pods("hold");
    await away.setting.deletePod(held ?? {});
    await away.back("hold deleted by somebody else", "that");
    await away.says(/"tare":"void"/);
    expect(await away.outcome()).toEqual(DONE);
  });

  test("the kubelet dies and comes back", LONG, async () => {
    const away = await beginAway("silent");
    const { node } = away.setting;
    await node.die();
    await away.says(/the kubelet has not answered/);
    await node.restart();
    await away.back("kubelet dead for two minutes", "its start");
    expect(await away.outcome()).toMatchObject({ kind: "done" });
  });

  test("the node is gone", LONG, async () => {
    const away = await beginAway("gone");
    const { node, admin } = away.setting;
    const seconds = stopwatch();
    await node.fail();
    await admin.delete(PATHS.nodes(node.name));
    expect(await away.outcome()).toEqual({ kind: "node-gone" });
    await away.nothingLeft();
    away.toldOf({
      what: `node gone (nothing left after ${seconds()} s)`,
      since: "that",
      agentReadySeconds: null,
    });
  });

  const withoutPart = async (part: Part, meanwhile: () => Promise<void>): Promise<void> => {
    await plane.killPart(part);
    try {
      await meanwhile();
    } finally {
      await plane.startPart(part);
    }
  };

  test("the API server is away for longer than the hold", LONG, async () => {
    const away = await beginAway("unheard", { holdSeconds: 30 });
    await withoutPart("kube-apiserver", async () => {
      await sleep(60_000);
    });
    await away.back("API server away for a minute, hold of 30 s", "its return");
    expect(await away.outcome()).toMatchObject({ kind: "done" });
  });

  test("the scheduler is away when the agent is to come back", LONG, async () => {
    const away = await beginAway("unscheduled");
    await withoutPart("kube-scheduler", async () => {
      away.turn.end();
      await eventually("the hold gone", async () => {
        if ((await away.bench.pods("hold")).length > 0) throw new Error("it is there");
      });
    });
    await away.back("scheduler away when the hold goes", "its return");
    expect(await away.outcome()).toEqual(DONE);
  });

  test("the controller manager is away when the agent is to come back", LONG, async () => {
    const away = await beginAway("unmade");
    await withoutPart("kube-controller-manager", async () => {
      away.turn.end();
      await eventually("the agent without a pod", async () => {
        if ((await away.setting.agentPods(away.setting.node.name)).length > 0) throw new Error("it has one");
      });
    });
    await away.back("controller manager away when the hold goes", "its return");
    expect(await away.outcome()).toEqual(DONE);
  });

  test("the agent's owner rolls it out anew", LONG, async () => {
    const away = await beginAway("rolled");
    const { admin } = away.setting;
    await admin.patch(PATHS.daemonSets("rolled", "agent"), {
      spec: { template: { metadata: { annotations: { "tare.test/changed": "yes" } } } },
    });
    await away.says(/the agent has changed/);
    await away.back("agent rolled out anew by its owner", "that was seen");
    expect(await away.outcome()).toMatchObject({ kind: "done" });
  });

  test("on a node without room for a second agent it never goes", LONG, async () => {
    const away = await begin("full", {}, { milliCpus: 2 * AGENT_CPU - 10 });
    await away.says(/the node is full/);
    await throughout(5, async () => {
      expect(away.setting.agentRuns(away.setting.node)).toBe(true);
      await Promise.resolve();
    });
    expect(await away.outcome()).toMatchObject({ kind: "done" });
  });
});
