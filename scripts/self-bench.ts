/** `npm run self-bench`: what tare itself costs and how exact it is. The folder `scripts/self-bench/` is the list. */
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { TareError } from "../src/domain/errors.ts";
import { interruptible } from "../src/session/interruptible.ts";
import { commandLine, someOf } from "./command-line.ts";
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
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const benches: SelfBench[] = [];
for (const file of (await readdir(fileURLToPath(folder))).filter((name) => name.endsWith(".ts")).sort()) {
  const module = (await import(new URL(file, folder).href)) as { readonly default?: SelfBench };
  if (module.default !== undefined) benches.push(module.default);
}
const program = commandLine(
  "npm run self-bench --",
  "What tare itself costs and how exact it is, as ratios side by side.",
)
  .addArgument(
    someOf(
      "bench",
      "which of them (default: all)",
      benches.map(({ id }) => id),
    ),
  )
  .option("--quick", "those that can do with less only show that they work")
  .option("--record <file>", "those that look at a record take this one instead of measuring")
  .addHelpText(
    "after",
    `\nBenches:\n${benches.map(({ id, title }) => `  ${id.padEnd(16)} ${title}`).join("\n")}`,
  )
  .parse();
const wanted = program.args;
const values = { quick: false, ...program.opts<Partial<Options>>() };
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
