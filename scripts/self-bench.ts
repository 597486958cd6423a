/**
 * Runs the self-benchmarks in `scripts/self-bench/`; the folder is the list. Arguments choose by id; with --quick those that can do with less
 * only show that they work; with --record FILE those that look at a record take that one instead of measuring.
 */
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { TareError } from "../src/domain/errors.ts";
import { interruptible } from "../src/session/interruptible.ts";
import { interruptedBy, isMeasuring } from "./self-bench/shared.ts";

interface SelfBench {
  readonly id: string;
  readonly title: string;
  run(print: (line: string) => void, options: Options): Promise<void>;
}

interface Options {
  readonly quick: boolean;
  /** Path of a record. */
  readonly record?: string;
}

const folder = new URL("./self-bench/", import.meta.url);
const { values, positionals: wanted } = parseArgs({
  options: { quick: { type: "boolean", default: false }, record: { type: "string" } },
  allowPositionals: true,
});
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const benches: SelfBench[] = [];
for (const file of (await readdir(fileURLToPath(folder))).filter((name) => name.endsWith(".ts")).sort()) {
  const module = (await import(new URL(file, folder).href)) as { readonly default?: SelfBench };
  if (module.default !== undefined) benches.push(module.default);
}
const unknown = wanted.filter((id) => !benches.some((bench) => bench.id === id));
if (unknown.length > 0) {
  print(
    `no self-benchmark is called ${unknown.join(", ")}; there are ${benches.map((bench) => bench.id).join(", ")}`,
  );
  process.exitCode = 2;
} else {
  const chosen = benches.filter((candidate) => wanted.length === 0 || wanted.includes(candidate.id));
  let left: TareError | undefined;
  const runAll = async (): Promise<void> => {
    for (const bench of chosen) {
      print(`\n${bench.id}: ${bench.title}`);
      await bench.run(print, values);
    }
  };
  try {
    await interruptible(
      (signal) => (left = interruptedBy(signal)),
      runAll,
      () => (isMeasuring() ? undefined : left),
    );
  } catch (error) {
    if (!(error instanceof TareError)) throw error;
    print(error.message);
    process.exit(error.exitCode);
  }
}
