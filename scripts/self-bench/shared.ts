/** What several self-benchmarks need: a folder, a bare loop in C, a run of tare, and measuring in a random order. */
import { rmSync } from "node:fs";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { shuffle } from "simple-statistics";
import { TareError } from "../../src/domain/errors.ts";
import { type NextUint32, toUnit } from "../../src/domain/random.ts";
import { usableCpus } from "../../src/host/cpus.ts";
import { interruptible } from "../../src/session/interruptible.ts";

export type Print = (line: string) => void;

export const ROOT = resolve(import.meta.dirname, "../..");
export const NOOP = join(ROOT, "build/scenarios/noop");
/** The last, since interrupts favour the first. */
export const CPU = usableCpus().at(-1) ?? 0;

/** Does the work with a folder that is removed after it. */
export const inFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), "tare-self-bench-"));
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", remove);
  try {
    return await work(folder);
  } finally {
    process.off("exit", remove);
    remove();
  }
};

export const interruptedBy = (signal: string): TareError =>
  new TareError("interrupted", `interrupted by ${signal}`, "start again");

let measuring = 0;

/** Whether there is something on the node that has to be undone before this process may end. */
export const isMeasuring = (): boolean => measuring > 0;

/** Work that changes the node and undoes that when it is told to stop. */
export const inOrder = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  measuring += 1;
  try {
    return await interruptible(interruptedBy, work);
  } finally {
    measuring -= 1;
  }
};

/** A program on a C library, and one without: an exec of it costs little more than the call. */
const FLAGS = {
  hosted: ["-std=gnu11", "-D_GNU_SOURCE", "-Wl,-z,now"],
  bare: [
    "-static",
    "-nostdlib",
    "-nostartfiles",
    "-ffreestanding",
    "-fno-stack-protector",
    "-fno-pie",
    "-no-pie",
  ],
} as const;

/** Where a program of this folder is once it is built. */
export const programOf = (name: string): string => join(ROOT, "build/self-bench", name);

/** Compiles a C file of this folder; returns the program's path. */
export const build = async (name: string, kind: keyof typeof FLAGS = "hosted"): Promise<string> => {
  const folder = join(ROOT, "build/self-bench");
  await mkdir(folder, { recursive: true });
  const program = programOf(name);
  const source = join(import.meta.dirname, `${name}.c`);
  await execa("cc", [...FLAGS[kind], "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source]);
  return program;
};

/** Runs a command of tare that measures into the folder, whatever its exit code; returns its record's path. */
export const recordOf = async (folder: string, args: readonly string[]): Promise<string> => {
  const out = join(folder, "run");
  const files = ["--out", out, "--report", join(folder, "report.html")];
  const tare = [process.execPath, join(ROOT, "src/cli/main.ts"), ...args, ...files];
  await inOrder(async (signal) => {
    // It is told when this process is killed, and takes the time that it needs to put the node back.
    await execa("setpriv", ["--pdeathsig", "TERM", "--", ...tare], {
      stdio: ["ignore", "ignore", "inherit"],
      reject: false,
      cancelSignal: signal,
      forceKillAfterDelay: false,
    });
    signal.throwIfAborted();
  });
  return join(out, "record.jsonl");
};

/** Measures every state once a round, in a new random order, so that a slow spell of the machine meets all of them. */
export const inRounds = async <State extends string, T>(
  rounds: number,
  states: readonly State[],
  next: NextUint32,
  measure: (state: State) => Promise<T>,
): Promise<readonly Readonly<Record<State, T>>[]> => {
  const all: Record<State, T>[] = [];
  while (all.length < rounds) {
    const one: Partial<Record<State, T>> = {};
    for (const state of shuffle([...states], () => toUnit(next()))) one[state] = await measure(state);
    all.push(one as Record<State, T>);
  }
  return all;
};
