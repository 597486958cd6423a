/** Whatever fails while an agent is away from its node: it ends Ready, nothing of tare's is left that keeps it away, and the record is kept. */
import type { V1Job, V1Pod } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Bench, type BenchWanted, CONTROL, install, NAMESPACE } from "./bench.ts";
import { ControlPlane, type Part } from "./control-plane.ts";
import { eventually, throughout } from "./eventually.ts";
import { FakeKubelet, type NodeWanted } from "./kubelet/kubelet.ts";
import { benchedRun, RECORD, Turn } from "./node-program.ts";
import { OBSTACLE, PROGRAM } from "./obstacle.ts";
import { PATHS } from "./paths.ts";
import { IMAGE, isReady, Setting } from "./setting.ts";
import { tareImage } from "./tare-image.ts";
import { stopwatch, tell } from "./told.ts";

const NAMES = [
  "whole", "restarted", "dropped", "evicted", "held", "silent", "gone",
  "unheard", "unplaced", "unmade", "first", "rolled", "full", "crowded",
] as const;
type Name = (typeof NAMES)[number];
const TURNS = 2;

let plane: ControlPlane;
let control: FakeKubelet;

/** One agent on its nodes, a bench on them, and the first turn in which the agent is away. */
class Away {
  readonly setting: Setting;
  readonly bench: Bench;
  readonly turn: Turn;

  private constructor(setting: Setting, bench: Bench, turn: Turn) {
    this.setting = setting;
    this.bench = bench;
    this.turn = turn;
  }

  static async begin(name: Name, wanted: Partial<BenchWanted> = {}, node: Omit<NodeWanted, "name"> = {}): Promise<Away> {
    const turn = new Turn();
    const program = benchedRun({
      agent: `daemonset:${name}/agent`,
      isAgent: ({ metadata }) => metadata?.namespace === name && metadata.labels?.["app"] === "agent",
      turns: TURNS,
      withinSeconds: 120,
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
  async back(what: string, since: string, record: () => Promise<string>): Promise<void> {
    const seconds = stopwatch();
    await this.setting.agentReady(this.setting.node.name);
    const agentReadySeconds = seconds();
    await this.nothingLeft();
    tell({ what, since, agentReadySeconds, record: await record() });
  }

  nothingLeft(): Promise<void> {
    return eventually("nothing of the bench left", async () => {
      const left = await this.bench.left();
      if (left.length > 0) throw new Error(left.join(", "));
    });
  }

  /** The bench goes on to its end after the fault. */
  async whole(): Promise<string> {
    this.turn.end();
    const said = await this.bench.conducted();
    expect(said.at(-1)).toMatchObject({ tare: "conducted", exitCode: 0 });
    expect(await this.bench.record()).toEqual(RECORD);
    return "whole";
  }

  /** What the node had printed is there, word for word, and says by itself that it is no whole one. */
  async cut(): Promise<string> {
    const lines = await this.bench.record();
    expect(lines).toEqual(RECORD.slice(0, lines.length));
    return `${lines.length} of ${RECORD.length} lines`;
  }

  async remove(): Promise<void> {
    await this.bench.remove();
    await this.setting.remove();
  }
}

describe.skipIf(OBSTACLE !== undefined)(`a bench on a real control plane ${OBSTACLE ?? ""}`, () => {
  let away: Away | undefined;

  beforeAll(async () => {
    plane = await ControlPlane.start(PROGRAM ?? "");
    await install(plane, NAMES);
    control = await FakeKubelet.start(plane, { name: "control" }, { [IMAGE]: tareImage(plane) });
  });
  afterEach(async () => {
    await away?.remove();
    away = undefined;
  });
  afterAll(async () => {
    await control.fail();
    await plane.stop();
  });

  const begin = async (...wanted: Parameters<typeof Away.begin>): Promise<Away> => {
    away = await Away.begin(...wanted);
    return away;
  };

  test("nothing fails", async () => {
    const { setting, bench, turn, ...one } = await begin("whole");
    expect(one).toEqual({});
    await turn.begun();
    expect(setting.agentRuns(setting.node)).toBe(false);
    turn.end();
    const said = await bench.conducted();
    expect(said.filter(({ tare }) => tare === "agent")).toHaveLength(2 * TURNS);
    await away?.back("nothing", "the end of the bench", async () => (await away?.whole()) ?? "");
  });
});
