/** `npm run fuzz`: new inputs for everything that reads what others write, for as long as it is given (docs/fuzzing.md). */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Worker } from "node:worker_threads";
import { readCorpus, writeCorpus } from "../test/fuzz/engine/corpus.ts";
import {
  BYTES_FROM,
  COUNT,
  LENGTH,
  type Orders,
  type Outcome,
  type Report,
  SHARED_BYTES,
} from "../test/fuzz/engine/shared.ts";
import { aboveZero, commandLine, someByOption, wholeNumber } from "./command-line.ts";
import { SENSOR_TARGETS, fuzzSensor } from "../test/fuzz/sensor/build.ts";

const ROOT = join(import.meta.dirname, "..");
const FINDINGS = join(ROOT, "build/fuzz/findings");
const WORKER = join(ROOT, "test/fuzz/engine/worker.ts");
const LOOK_EVERY_MS = 1000;
const HANGS_AFTER_MS = 20_000;
const MAX_MEMORY_MIB = 1024;
/** A target that hangs or runs out of memory again and again has said enough. */
const MAX_STARTS = 5;

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const saved = (target: string, kind: string, input: Uint8Array): string => {
  mkdirSync(FINDINGS, { recursive: true });
  const digest = createHash("sha256").update(input).digest("hex").slice(0, 12);
  const path = join(FINDINGS, `${target}.${kind}.${digest}`);
  writeFileSync(path, input);
  return relative(ROOT, path);
};

const fuzz = async (target: string, minutes: number, seed: number, keep: boolean): Promise<Outcome> => {
  const until = performance.now() + minutes * 60_000;
  const corpus = [...readCorpus(target)];
  const found = { crash: 0, hang: 0 };
  let [inputs, blocks, first] = [0, 0, 0];
  let smallest: readonly Uint8Array[] | undefined;

  const tell = (kind: keyof typeof found, text: string, input: Uint8Array): void => {
    found[kind] += 1;
    print(`  ${kind}: ${text}\n    input: ${saved(target, kind, input)}`);
  };

  for (let start = 0; start < MAX_STARTS && performance.now() < until; start += 1) {
    const shared = new SharedArrayBuffer(SHARED_BYTES);
    const numbers = new Int32Array(shared, 0, 2);
    const present = (): Uint8Array => new Uint8Array(shared, BYTES_FROM, numbers[LENGTH]).slice();
    const orders: Orders = {
      target,
      corpus,
      seed: seed + start,
      minutes: (until - performance.now()) / 60_000,
      shared,
    };
    const worker = new Worker(WORKER, {
      workerData: orders,
      resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY_MIB },
    });
    await new Promise<void>((resolve) => {
      let before = -1;
      let since = performance.now();
      const look = setInterval(() => {
        const count = numbers[COUNT] ?? 0;
        if (count !== before) {
          before = count;
          since = performance.now();
        } else if (performance.now() - since > HANGS_AFTER_MS) {
          tell("hang", `nothing came back within ${HANGS_AFTER_MS / 1000} s`, present());
          since = Infinity;
          void worker.terminate();
        }
      }, LOOK_EVERY_MS);
      worker.on("message", (report: Report) => {
        switch (report.kind) {
          case "found":
            tell(report.what, report.text, report.input);
            break;
          case "kept":
            corpus.push(Buffer.from(report.input));
            break;
          case "done":
            ({ blocks, first, smallest } = report);
            break;
        }
      });
      // Memory that ran out, or a promise of the target's that nobody waits for.
      worker.on("error", (error) => {
        tell("crash", String(error), present());
      });
      worker.on("exit", () => {
        clearInterval(look);
        resolve();
      });
    });
    inputs += numbers[COUNT] ?? 0;
    if (smallest !== undefined) break;
  }
  if (keep && smallest !== undefined) writeCorpus(target, smallest);
  return { inputs, blocks, newBlocks: blocks - first, crashes: found.crash, hangs: found.hang };
};

const TARGETS = readdirSync(join(ROOT, "test/fuzz/targets")).map((name) => name.replace(/\.ts$/, ""));

const known = [...TARGETS, ...SENSOR_TARGETS].toSorted();
const options = commandLine(
  "npm run fuzz --",
  "New inputs for everything that reads what others write (docs/fuzzing.md). Exit code 1 after a finding.",
)
  .option("--minutes <number>", "how long, all targets together", aboveZero, 5)
  .addOption(someByOption("--target <name...>", "what is to read the inputs (default: everything)", known))
  .option(
    "--seed <number>",
    "of the inputs, as an earlier call printed it (default: another each time)",
    wholeNumber,
  )
  .option("--keep", "also keep the smallest inputs that reach all the code, in test/fuzz/corpus")
  .parse()
  .opts<{
    readonly minutes: number;
    readonly target?: readonly string[];
    readonly seed?: number;
    readonly keep?: true;
  }>();
const { minutes, target: chosen = known, seed = Date.now() % 2 ** 31, keep = false } = options;
print(`seed ${seed}, ${minutes} min for ${chosen.length} targets`);
const total = { inputs: 0, crashes: 0, hangs: 0 };
for (const target of chosen) {
  const share = minutes / chosen.length;
  const outcome = TARGETS.includes(target)
    ? await fuzz(target, share, seed, keep)
    : fuzzSensor(target, share, seed, keep, print);
  const { inputs, blocks, newBlocks, crashes, hangs } = outcome;
  print(
    `${target}: ${inputs} inputs, ${blocks} blocks covered, ${newBlocks} of them new, ${crashes} crashes, ${hangs} hangs`,
  );
  total.inputs += inputs;
  total.crashes += crashes;
  total.hangs += hangs;
}
print(`all: ${total.inputs} inputs, ${total.crashes} crashes, ${total.hangs} hangs`);
if (total.crashes + total.hangs > 0) process.exitCode = 1;
