/** A run of tare, as a user starts it, that waits at a stage for what is about to go wrong. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MAIN, type Place } from "./place.ts";
import { type StageId, writeStageAgent } from "./stages.ts";

/** The agent's turn is the second of three, so that something is in the record before it. */
const SEED = 2;
const REACH_MS = 300_000;

export interface Tare {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** All that it has said. */
  said(): string;
}

export const startTare = (place: Place, args: readonly string[], env: NodeJS.ProcessEnv = {}): Tare => {
  const [command = "", ...enter] = place.inside;
  const child = spawn(command, [...enter, process.execPath, MAIN, ...args], {
    env: { ...place.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  // It puts the node back by itself.
  const stop = (): void => {
    child.kill("SIGTERM");
  };
  process.once("exit", stop);
  child.once("close", () => process.off("exit", stop));
  const exited = once(child, "close").then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }));
  return { child, pid: child.pid ?? 0, exited, said: () => text };
};

/** A command of tare to its end. */
export const runTare = async (
  place: Place,
  args: readonly string[],
): Promise<{ readonly status: number | null; readonly said: string }> => {
  const tare = startTare(place, args);
  const { code } = await tare.exited;
  return { status: code, said: tare.said() };
};

export interface HeldRun extends Tare {
  readonly out: string;
  readonly report: string;
  /** Where the agent says that it has come to its stage, and is told to go on. */
  readonly flags: string;
  /** Resolves when it is there. */
  reached(): Promise<void>;
  /** The agent's process, once it has been reached. */
  agent(): number;
  release(): void;
}

export const startHeld = (
  place: Place,
  stage: StageId,
  { through, env = {} }: { readonly through?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): HeldRun => {
  const flags = join(place.folder, "flags");
  mkdirSync(flags, { recursive: true });
  const file = writeStageAgent(place.folder, flags, stage, through);
  const out = join(place.work, "results/run");
  const report = join(place.work, "page.html");
  const chosen = ["--agents", "baseline", "--agent-file", file, "--scenarios", "file-open"];
  const size = ["--profile", "smoke", "--blocks", "1", "--seed", String(SEED), "--time-budget", "10m"];
  const paths = ["--out", out, "--report", report];
  const tare = startTare(place, ["run", ...chosen, ...size, "--allow-foreign", ...paths], env);
  const { child } = tare;
  // The page takes a second after the summary.
  const flag = stage === "report" ? place.seen(join(out, "summary.csv")) : join(flags, "reached");
  return {
    ...tare,
    out,
    report,
    flags,
    reached: async () => {
      const start = performance.now();
      while (!existsSync(flag) || readFileSync(flag, "utf8") === "") {
        if (child.exitCode !== null || performance.now() - start > REACH_MS)
          throw new Error(`the run did not come to its stage ${stage}; it said:\n${tare.said()}`);
        await sleep(2);
      }
      if (stage === "report") child.kill("SIGSTOP");
    },
    agent: () => Number(readFileSync(join(flags, "reached"), "utf8")),
    release: () => {
      writeFileSync(join(flags, "release"), "");
      child.kill("SIGCONT");
    },
  };
};
