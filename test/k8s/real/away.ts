/** An agent that is away for a bench's turn, on a real control plane: where the tests of what may fail begin. */
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { conductorJobName } from "../../../src/k8s/objects/conductor-job.ts";
import { BENCH } from "../../../src/k8s/objects/labels.ts";
import type { NodeOutcome } from "../../../src/k8s/conductor/lines.ts";
import { Bench, type BenchWanted, CONTROL, install } from "./bench.ts";
import { ControlPlane } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { FakeKubelet, type NodeWanted } from "./kubelet/kubelet.ts";
import type { Program } from "./kubelet/program.ts";
import { benchedRun, RECORD, Turn } from "./node-program.ts";
import { OBSTACLE, PROGRAM } from "./obstacle.ts";
import { PATHS } from "./paths.ts";
import { IMAGE, Setting } from "./setting.ts";
import { tareImage } from "./tare-image.ts";
import { stopwatch, tell, type Told } from "./told.ts";

const TURNS = 2;
/** Of a node pod; a bench that is ended does not see its next wish fulfilled. */
const MAX_WISH_SECONDS = 40;

export interface AwayWanted extends Partial<Omit<BenchWanted, "bench" | "nodes">> {
  readonly nodes?: readonly Omit<NodeWanted, "name">[];
  /** How long a node pod waits for its agent to be off, or on. */
  readonly wishSeconds?: number;
}

/** One bench, and its first turn on its first node. */
export interface Begun {
  readonly bench: Bench;
  readonly turn: Turn;
}

export class Away {
  readonly setting: Setting;
  readonly bench: Bench;
  readonly turn: Turn;
  readonly #begun: Begun[] = [];
  readonly #turns: Turns;
  readonly #told: Omit<Told, "record">[] = [];

  private constructor(setting: Setting, turns: Turns, first: Begun) {
    this.setting = setting;
    this.#turns = turns;
    this.#begun.push(first);
    this.bench = first.bench;
    this.turn = first.turn;
  }

  static async begin(plane: ControlPlane, name: string, wanted: AwayWanted = {}): Promise<Away> {
    const { nodes = [{}], wishSeconds = MAX_WISH_SECONDS, ...rest } = wanted;
    const turns = new Turns();
    const program: Program = async (started) =>
      await benchedRun({
        agent: `daemonset:${name}/agent`,
        isAgent: ({ metadata }) => metadata?.namespace === name && metadata.labels?.["app"] === "agent",
        turns: TURNS,
        withinSeconds: wishSeconds,
        whileOff: async (number) => {
          const bench = started.pod.metadata?.labels?.[BENCH] ?? "";
          if (number === 1) await turns.of(bench).whileOff();
        },
      })(started);
    const setting = await Setting.make(plane, {
      name,
      nodes,
      images: { [IMAGE]: tareImage(plane, program) },
    });
    const bench = await Bench.start(setting, {
      nodes: setting.benchedNodes.slice(0, 1),
      ...rest,
      bench: name,
    });
    return new Away(setting, turns, { bench, turn: turns.of(name) });
  }

  /** Another one, beside the first. */
  async second(wanted: BenchWanted): Promise<Begun> {
    const begun = { bench: await Bench.start(this.setting, wanted), turn: this.#turns.of(wanted.bench) };
    this.#begun.push(begun);
    return begun;
  }

  /** Waits for the agent Ready on its first node, and tells how long that took. */
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

  async nothingLeft(): Promise<void> {
    for (const { bench } of this.#begun)
      await eventually(`nothing of ${bench.plan.bench} left`, async () => {
        const left = await bench.left();
        if (left.length > 0) throw new Error(left.join(", "));
      });
  }

  /** How the bench ends on its first node, once its turn is over. */
  async outcome(): Promise<NodeOutcome | undefined> {
    this.turn.end();
    return await this.bench.outcome();
  }

  /** What was collected, word for word as the node had it, and as far as it had come. */
  async record(): Promise<string> {
    const { lines, isWhole } = await this.bench.collected();
    const other = lines.findIndex((line, index) => line !== RECORD[index]);
    if (other >= 0) throw new Error(`line ${other + 1} is not as the node had it`);
    return isWhole ? "whole" : `kept: ${lines.length} of ${RECORD.length} lines`;
  }

  async remove(): Promise<void> {
    for (const { turn } of this.#begun) turn.end();
    await this.nothingLeft();
    const record = await this.record();
    for (const told of this.#told) tell({ ...told, record });
    for (const { bench } of this.#begun) await bench.remove();
    await this.setting.remove();
  }
}

/** By bench. */
class Turns {
  readonly #turns = new Map<string, Turn>();

  of(bench: string): Turn {
    const turn = this.#turns.get(bench) ?? new Turn();
    this.#turns.set(bench, turn);
    return turn;
  }
}

export interface Stage<Name extends string> {
  readonly plane: () => ControlPlane;
  /** The node that conductors are on. */
  readonly control: () => FakeKubelet;
  /** Another machine of that name. */
  readonly newControl: () => Promise<void>;
  readonly begin: (name: Name, wanted?: AwayWanted) => Promise<Away>;
  /** As far as to the agent away. */
  readonly beginAway: (name: Name, wanted?: AwayWanted) => Promise<Away>;
}

/**
 * Tests on a control plane of their own. After each of them nothing is left by which an agent could be away, and the record is what the node
 * had printed.
 *
 * @param names Of the tests' settings, each an agent's namespace: the conductor has rights in these
 */
export const describeAway = <const Name extends string>(
  title: string,
  names: readonly Name[],
  define: (stage: Stage<Name>) => void,
): void => {
  let plane: ControlPlane;
  let control: FakeKubelet;
  let current: Away | undefined;

  const newControl = async (): Promise<void> => {
    control = await FakeKubelet.start(plane, { name: "control" }, { [IMAGE]: tareImage(plane) });
  };
  const begin = async (name: Name, wanted?: AwayWanted): Promise<Away> => {
    current = await Away.begin(plane, name, wanted);
    return current;
  };
  const beginAway = async (name: Name, wanted?: AwayWanted): Promise<Away> => {
    const away = await begin(name, wanted);
    await eventually("the agent away", async () => {
      if (!away.turn.isBegun) throw new Error(await away.bench.lastWords());
    });
    expect(away.setting.agentRuns(away.setting.node)).toBe(false);
    return away;
  };

  describe.skipIf(OBSTACLE !== undefined)(`${title} ${OBSTACLE ?? ""}`, () => {
    beforeAll(async () => {
      plane = await ControlPlane.start(PROGRAM ?? "");
      await install(plane, names);
      await newControl();
    });
    afterAll(async () => {
      await control.fail();
      await plane.stop();
    });
    afterEach(async () => {
      const away = current;
      current = undefined;
      await away?.remove();
    });

    define({ plane: () => plane, control: () => control, newControl, begin, beginAway });
  });
};
