/**
 * `npm run test:soak`: a real run of so many minutes, and whether the harness's memory, descriptors and timers stay as many as they were
 * (docs/long-runs.md).
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Option } from "commander";
import { execa } from "execa";
import { readRecord } from "../src/record/reader.ts";
import { aboveZero, commandLine } from "./command-line.ts";
import { pictureOf } from "./soak/picture.ts";
import { growthOf, type Sample } from "./soak/sample.ts";

const ROOT = resolve(import.meta.dirname, "..");
/** More than fit into any time: the time ends the run. */
const BLOCKS_PER_MINUTE = 20;
const USUAL = ["--agents", "sensor", "--scenarios", "process-exec,file-open"];

const program = commandLine(
  "npm run test:soak --",
  "A real run of so many minutes, and whether what the harness holds stays as much as it was (docs/long-runs.md).\nExit code 1: something grew; 5: there are too few samples to tell.",
)
  .argument("[flags...]", "behind another `--`: of `tare run`")
  .option("--minutes <number>", "how long", aboveZero, 60)
  .option("--every <seconds>", "between two samples", aboveZero, 10)
  .addOption(
    new Option("--samples <file>", "where to write them").default(
      join(ROOT, "build/soak.jsonl"),
      "build/soak.jsonl",
    ),
  )
  .option("--picture <file>", "an SVG of them")
  .option("--from <file>", "takes these samples instead of measuring")
  .option(
    "--simulated",
    "instead, eight hours by a simulated clock, in as many trials as a real run has (half an hour)",
  )
  .parse();
const flags = program.args;
const values = program.opts<{
  readonly minutes: number;
  readonly every: number;
  readonly samples: string;
  readonly picture?: string;
  readonly from?: string;
  readonly simulated?: true;
}>();

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Runs tare with the sampler in it. Samples end with the record: reading and drawing it whole afterwards takes memory of its own. */
const soak = async (minutes: number): Promise<readonly Sample[]> => {
  const folder = await mkdtemp(join(tmpdir(), "tare-soak-"));
  const all = join(folder, "samples.jsonl");
  try {
    const out = join(folder, "run");
    const began = Date.now();
    const sampled = ["--import", join(ROOT, "scripts/soak/sampler.ts"), join(ROOT, "src/cli/main.ts")];
    const what = flags.length === 0 ? USUAL : flags;
    const length = ["--blocks", `${Math.ceil(minutes * BLOCKS_PER_MINUTE)}`, "--time-budget", `${minutes}m`];
    const files = ["--out", out, "--report", join(folder, "report.html")];
    const ended = await execa(process.execPath, [...sampled, "run", ...what, ...length, ...files], {
      stdio: ["ignore", "ignore", "inherit"],
      reject: false,
      env: { TARE_SOAK_SAMPLES: all, TARE_SOAK_EVERY_MS: `${values.every * 1000}` },
    });
    const { lines } = await readRecord(join(out, "record.jsonl"));
    const trials = lines.filter(({ type }) => type === "trial").length;
    const end = lines.at(-1);
    if (end?.type !== "end")
      throw new Error(`tare ended with status ${ended.exitCode ?? "none"} before its record did`);
    say(`${trials} trials in ${end.blocks} blocks; tare ended with exit code ${ended.exitCode ?? "none"}`);
    const measured = (Date.parse(end.endedAt) - began) / 1000;
    return (await samplesIn(all)).filter(({ seconds }) => seconds <= measured);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const samplesIn = async (file: string): Promise<readonly Sample[]> =>
  (await readFile(file, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Sample);

/** Of eight hours, at one every one and a half seconds. */
const SIMULATED_TRIALS = 20_000;

const simulate = async (): Promise<number> => {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const ended = await execa(process.execPath, [vitest, "run", "test/session/long-run.test.ts"], {
    cwd: ROOT,
    stdio: "inherit",
    reject: false,
    env: { TARE_LONG_TRIALS: `${SIMULATED_TRIALS}` },
  });
  return ended.exitCode ?? 1;
};

if (values.simulated) process.exitCode = await simulate();
else {
  const samples = values.from === undefined ? await soak(values.minutes) : await samplesIn(values.from);
  if (values.from === undefined) {
    await mkdir(dirname(values.samples), { recursive: true });
    await writeFile(values.samples, samples.map((sample) => `${JSON.stringify(sample)}\n`).join(""));
  }
  const growth = growthOf(samples);
  if (growth === undefined) {
    say(`${samples.length} samples are too few to tell: take more minutes, or --every fewer seconds`);
    process.exitCode = 5;
  } else {
    for (const { title, earlier, later, unit, grew } of growth)
      say(
        `${grew ? "GREW" : "flat"}  ${title}: ${earlier.toFixed(1)} -> ${later.toFixed(1)} ${unit}`.trimEnd(),
      );
    process.exitCode = growth.some(({ grew }) => grew) ? 1 : 0;
  }
  if (values.picture !== undefined) {
    const last = Math.round((samples.at(-1)?.seconds ?? 0) / 60);
    await writeFile(
      values.picture,
      await pictureOf(samples, `What the harness holds over a run of ${last} minutes`),
    );
  }
}
