/**
 * What the drivers' own measuring adds to an operation: the driver against a bare C loop that makes the same calls and measures nothing.
 * Pairs of runs, in random order within the pair, so that a slow spell of the machine meets both.
 */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type { Batch, DriverResult } from "../../src/domain/driver.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAIRS = 60;
const RESAMPLES = 10_000;
const SEED = 20_240;
const TRIAL = "5e1f";
const GOAL_PERCENT = 3;
/** The last, since interrupts favour the first. */
const CPU = availableParallelism() - 1;

interface Cost {
  readonly wallNs: number;
  readonly cpuNs: number;
}

interface Contest {
  readonly name: string;
  readonly driver: () => Promise<Cost>;
  readonly bare: () => Promise<Cost>;
}

const run = async (print: (line: string) => void): Promise<void> => {
  await execa("make", ["-C", join(ROOT, "scenarios")]);
  const directory = mkdtempSync(join(tmpdir(), "tare-loops-"));
  try {
    print(
      `${PAIRS} pairs; what the driver takes longer: median over pairs with its 95 % interval; goal: within ${GOAL_PERCENT} %`,
    );
    for (const contest of [await execContest(), await openContest(directory)]) {
      const pairs = await runPairs(contest);
      print(`${contest.name}: ${describe(pairs, "cpuNs")}`);
      print(`${contest.name}: ${describe(pairs, "wallNs")}`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

export default {
  id: "driver-loops",
  title: "What the C drivers' own measuring adds to an operation",
  run,
};

const execContest = async (): Promise<Contest> => {
  const load = { batches: 10, batchOperations: 60, warmups: 50 };
  const bare = await build("bare-exec");
  return {
    name: "process-exec",
    driver: async () => await runDriver("process-exec", load, []),
    bare: async () => await runBare(bare, join(ROOT, "build/scenarios/noop"), load),
  };
};

const openContest = async (directory: string): Promise<Contest> => {
  const load = { batches: 10, batchOperations: 3_000, warmups: 1_000 };
  const bare = await build("bare-open");
  const driver = async () => await runDriver("file-open", load, [`--directory=${directory}`]);
  await driver(); // Makes the links that both use.
  return {
    name: "file-open",
    driver,
    bare: async () => await runBare(bare, join(directory, `TK-${TRIAL}`), load),
  };
};

interface Load {
  readonly batches: number;
  readonly batchOperations: number;
  readonly warmups: number;
}

const build = async (name: string): Promise<string> => {
  const folder = join(ROOT, "build/self-bench");
  mkdirSync(folder, { recursive: true });
  const program = join(folder, name);
  const source = join(ROOT, "scripts/self-bench", `${name}.c`);
  const flags = ["-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-Wl,-z,now"];
  await execa("cc", [...flags, "-o", program, source]);
  return program;
};

const runBare = async (program: string, target: string, load: Load): Promise<Cost> => {
  const operations = load.batches * load.batchOperations;
  const { stdout } = await execa(program, [target, String(operations), String(load.warmups), String(CPU)]);
  const [wall, cpu] = stdout.split(" ").map(Number);
  if (wall === undefined || cpu === undefined) throw new Error(`${program} printed "${stdout}"`);
  return { wallNs: wall / operations, cpuNs: cpu / operations };
};

const runDriver = async (program: string, load: Load, more: readonly string[]): Promise<Cost> => {
  const child = execa(join(ROOT, "build/scenarios", program), [
    `--trial=${TRIAL}`,
    "--mode=closed",
    `--batches=${load.batches}`,
    `--batch-operations=${load.batchOperations}`,
    `--warmup-operations=${load.warmups}`,
    `--cpu=${CPU}`,
    ...more,
  ]);
  await once(child.stdout, "data");
  child.stdin.end("go\n");
  const { stdout } = await child;
  const result = JSON.parse(stdout.split("\n")[1] ?? "") as DriverResult;
  const operation = result.operations[0];
  if (operation === undefined || operation.errors > 0)
    throw new Error(`${program} failed: ${stdout.slice(0, 300)}`);
  const { batches, count } = operation;
  const total = (pick: (batch: Batch) => number): number =>
    batches.reduce((sum, batch) => sum + pick(batch), 0) / count;
  return { wallNs: total((batch) => batch.wallNs), cpuNs: total((batch) => batch.cpuNs) };
};

interface Pair {
  readonly driver: Cost;
  readonly bare: Cost;
}

const runPairs = async ({ driver, bare }: Contest): Promise<readonly Pair[]> => {
  const random = mulberry32(SEED);
  const pairs: Pair[] = [];
  while (pairs.length < PAIRS) {
    if (random() < 0.5) {
      const first = await driver();
      pairs.push({ driver: first, bare: await bare() });
    } else {
      const first = await bare();
      pairs.push({ driver: await driver(), bare: first });
    }
  }
  return pairs;
};

const describe = (pairs: readonly Pair[], metric: keyof Cost): string => {
  const random = mulberry32(SEED);
  const ratios = pairs.map((pair) => pair.driver[metric] / pair.bare[metric]);
  const resampled = Array.from({ length: RESAMPLES }, () =>
    median(ratios.map(() => ratios[Math.floor(random() * ratios.length)] ?? Number.NaN)),
  ).sort((a, b) => a - b);
  const quantile = (share: number) => percent(resampled[Math.floor(RESAMPLES * share)] ?? Number.NaN);
  const driver = median(pairs.map((pair) => pair.driver[metric]));
  const bare = median(pairs.map((pair) => pair.bare[metric]));
  return (
    `${metric === "cpuNs" ? "CPU" : "wall"} ${percent(median(ratios))} [${quantile(0.025)}, ${quantile(0.975)}]; ` +
    `medians ${driver.toFixed(0)} against ${bare.toFixed(0)} ns/op, ${percent(driver / bare)}`
  );
};

const percent = (ratio: number): string => `${((ratio - 1) * 100).toFixed(1)} %`;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
};

/** A small seeded generator: the order of the pairs can be repeated. */
const mulberry32 = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
