/**
 * What the drivers' own measuring adds to an operation: the driver against a bare C loop that makes the same calls and measures nothing.
 * Pairs of runs, in random order within the pair, so that a slow spell of the machine meets both.
 */
import { once } from "node:events";
import { join } from "node:path";
import { execa } from "execa";
import { median } from "simple-statistics";
import { createResampler } from "../../src/analyse/resample.ts";
import type { Batch, DriverResult } from "../../src/domain/driver.ts";
import { createRng } from "../../src/domain/random.ts";
import { bootstrapped } from "./bootstrapped.ts";
import { CPU, NOOP, type Print, ROOT, build, inFolder, inRounds } from "./shared.ts";

const PAIRS = 60;
const SEED = 20_240;
const TRIAL = "5e1f";
const GOAL_PERCENT = 2;

interface Cost {
  readonly wallNs: number;
  readonly cpuNs: number;
}

interface Contest {
  readonly name: string;
  readonly driver: () => Promise<Cost>;
  readonly bare: () => Promise<Cost>;
}

export default {
  id: "driver-loops",
  title: "What the C drivers' own measuring adds to an operation",
  run: async (print: Print): Promise<void> => {
    await execa("make", ["-C", join(ROOT, "scenarios")]);
    print(
      `${PAIRS} pairs; what the driver takes longer: median over pairs with its 95 % interval; goal: within ${GOAL_PERCENT} %`,
    );
    await inFolder(async (directory) => {
      for (const contest of [await execContest(), await openContest(directory)]) {
        const pairs = await inRounds(PAIRS, ["driver", "bare"], createRng(SEED), (side) => contest[side]());
        print(`${contest.name}: ${describe(pairs, "cpuNs")}`);
        print(`${contest.name}: ${describe(pairs, "wallNs")}`);
      }
    });
  },
};

const execContest = async (): Promise<Contest> => {
  const load = { batches: 10, batchOperations: 60, warmups: 50 };
  const bare = await build("bare-exec");
  return {
    name: "process-exec",
    driver: async () => await runDriver("process-exec", load, []),
    bare: async () => await runBare(bare, NOOP, load),
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
  child.stdin.end("go\ndrained\n");
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

const describe = (pairs: readonly Pair[], metric: keyof Cost): string => {
  const order = [...pairs.keys()];
  const ratios = pairs.map((pair) => pair.driver[metric] / pair.bare[metric]);
  const { value, low, high } = bootstrapped(createResampler(SEED, order), order, (positions) =>
    median(positions.map((position) => ratios[position] ?? NaN)),
  );
  const driver = median(pairs.map((pair) => pair.driver[metric]));
  const bare = median(pairs.map((pair) => pair.bare[metric]));
  return (
    `${metric === "cpuNs" ? "CPU" : "wall"} ${percent(value)} [${percent(low ?? NaN)}, ${percent(high ?? NaN)}]; ` +
    `medians ${driver.toFixed(0)} against ${bare.toFixed(0)} ns/op, ${percent(driver / bare)}`
  );
};

const percent = (ratio: number): string => `${((ratio - 1) * 100).toFixed(1)} %`;
