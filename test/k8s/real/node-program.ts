/**
 * What the pod on a benched node says, without measuring: wishes in turns, as a run with `daemonset:` agents has them, and a record that was
 * measured elsewhere, line by line. Off and on are what this node sees.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { V1Pod } from "@kubernetes/client-node";
import { value } from "../../../src/domain/units.ts";
import { PROTOCOL, recordText, writeNodeLine, type AgentState } from "../../../src/k8s/node/lines.ts";
import { aborted, type Program, type Started } from "./kubelet/program.ts";

const POLL_MS = 100;

/** A record of a real run, as its pod would have printed it. */
export const RECORD: readonly string[] = readFileSync(
  resolve(import.meta.dirname, "../../../results/examples/record.jsonl"),
  "utf8",
)
  .trimEnd()
  .split("\n");

export interface BenchedRun {
  /** `daemonset:NAMESPACE/NAME` */
  readonly agent: string;
  readonly isAgent: (pod: V1Pod) => boolean;
  readonly turns: number;
  /** How long it waits for a wish. */
  readonly withinSeconds: number;
  /** What the agent is away for, in each turn: settles when the node has measured. */
  readonly whileOff: (turn: number) => Promise<void>;
}

/** As `tare run` ends: with everything measured, with turns that are none, stopped. */
export const EXITS = { whole: 0, notValid: 5, interrupted: 130 } as const;

export const benchedRun =
  (run: BenchedRun): Program =>
  async (started) => {
    const { node, print, stop } = started;
    const sees = (): AgentState => (node.runs(run.isAgent) ? "on" : "off");
    print(preflight(started));
    // A part of it comes before the first turn.
    const perTurn = Math.ceil(RECORD.length / (run.turns + 1));
    const record = (part: number): void => {
      const from = part * perTurn;
      for (const [at, text] of RECORD.slice(from, from + perTurn).entries())
        print(recordText(from + at, text));
    };
    let exitCode: number = EXITS.whole;
    let wish = 0;
    const wanted = async (state: AgentState): Promise<boolean> => {
      wish += 1;
      print(writeNodeLine({ tare: "want", agent: run.agent, state, turn: wish, within: run.withinSeconds }));
      const start = performance.now();
      while (sees() !== state) {
        if (stop.aborted || performance.now() - start > run.withinSeconds * 1000) return false;
        await sleep(POLL_MS);
      }
      print(writeNodeLine({ tare: "seen", agent: run.agent, state, turn: wish }));
      return true;
    };
    record(0);
    for (let turn = 1; turn <= run.turns && !stop.aborted; turn += 1) {
      if (await wanted("off")) await Promise.race([run.whileOff(turn), aborted(stop)]);
      else exitCode = EXITS.notValid;
      record(turn);
      if (!(await wanted("on"))) exitCode = EXITS.notValid;
    }
    if (stop.aborted) exitCode = EXITS.interrupted;
    print(writeNodeLine({ tare: "done", exitCode, blocks: run.turns, said: "measured" }));
    return exitCode;
  };

const preflight = ({ node, container }: Started): string =>
  writeNodeLine({
    tare: "preflight",
    protocol: PROTOCOL,
    bench: container.env?.find(({ name }) => name === "TARE_BENCH")?.value ?? null,
    node: node.name,
    version: "0.1.0",
    architecture: "x86_64",
    kernel: "6.12.0",
    btf: true,
    lockdown: value("none"),
    cgroup: "v2",
    capabilities: [],
    seccomp: value("off"),
    cpus: [0, 1],
    nodeCpus: value(2),
    freeBytes: value(1e10),
    agents: [],
    lacking: [],
  });

/** A turn that the test ends: what it does to the cluster happens while the agent is away. */
export class Turn {
  /** The node has seen the agent gone. */
  isBegun = false;
  readonly #over = Promise.withResolvers<void>();

  /** Of the node. */
  readonly whileOff = async (): Promise<void> => {
    this.isBegun = true;
    await this.#over.promise;
  };

  /** Of the test. */
  end(): void {
    this.#over.resolve();
  }
}
