/** The sensor's reader of policies and its formatters under libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCorpus, writeCorpus } from "../engine/corpus.ts";
import type { Outcome } from "../engine/shared.ts";

const ROOT = join(import.meta.dirname, "../../..");
const OUT = join(ROOT, "build/fuzz");
const FINDINGS = join(OUT, "findings/");

interface SensorTarget {
  readonly sources: readonly string[];
  readonly folder: string;
  readonly link: readonly string[];
  readonly maxBytes: number;
}

const WRAPPED = ["malloc", "realloc", "free", "strdup", "fopen", "fclose"];

const SENSOR: Readonly<Record<string, SensorTarget>> = {
  "sensor-format": {
    sources: ["output/format.c", "output/json.c", "output/protobuf.c", "output/record.c"],
    folder: "output",
    link: [],
    maxBytes: 1 << 14,
  },
  "sensor-policy": {
    sources: ["loader/policy.c", "loader/family.c"],
    folder: "loader",
    link: [
      ...WRAPPED.map((name) => `-Wl,--wrap=${name}`),
      "-Wl,-Bstatic",
      "-lbpf",
      "-lyaml",
      "-Wl,-Bdynamic",
      "-lelf",
      "-lz",
    ],
    maxBytes: 1 << 12,
  },
};

export const SENSOR_TARGETS: readonly string[] = Object.keys(SENSOR);

const programOf = (target: string): string => join(OUT, target);

/** Why it cannot be built here; undefined once it is. */
export const buildSensor = (target: string): string | undefined => {
  const { sources, folder, link } = SENSOR[target] ?? { sources: [], folder: "", link: [] };
  mkdirSync(FINDINGS, { recursive: true });
  const name = target.replace("sensor-", "");
  const flags = ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror"];
  const sanitizers = ["-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"];
  const paths = [
    join(import.meta.dirname, `${name}.c`),
    ...sources.map((source) => join(ROOT, "bpf", source)),
  ];
  const include = ["-I", join(ROOT, "bpf", folder)];
  const built = spawnSync(
    "clang",
    [...flags, ...sanitizers, ...include, ...paths, ...link, "-o", programOf(target)],
    {
      encoding: "utf8",
    },
  );
  if (built.error !== undefined) return "there is no clang here";
  if (/libclang_rt\.[a-z_]+-\w+\.a: No such file|cannot find.*libclang_rt/.test(built.stderr))
    return "clang has no libFuzzer here: install libclang-rt-dev";
  if (built.status !== 0) throw new Error(`${target} does not build: ${built.stderr}`);
  return undefined;
};

export interface Ran {
  readonly status: number | null;
  readonly said: string;
}

const run = (target: string, folders: readonly string[], flags: readonly string[]): Ran => {
  const { maxBytes = 0 } = SENSOR[target] ?? {};
  const ran = spawnSync(
    programOf(target),
    [
      ...folders,
      ...flags,
      `-max_len=${maxBytes}`,
      "-detect_leaks=0",
      "-timeout=20",
      "-print_final_stats=1",
      `-artifact_prefix=${FINDINGS}${target}.`,
    ],
    { encoding: "utf8", maxBuffer: 1 << 26 },
  );
  return { status: ran.status, said: ran.stderr };
};

/** The corpus as a folder of files, which libFuzzer reads and adds to. */
const withCorpus = <T>(target: string, work: (folder: string) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), "tare-fuzz-"));
  try {
    for (const [index, input] of readCorpus(target).entries())
      writeFileSync(join(folder, String(index).padStart(4, "0")), input);
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** The corpus, and so many new inputs after it. */
export const runSensorCorpus = (target: string, newInputs: number, seed: number): Ran =>
  withCorpus(target, (folder) => run(target, [folder], [`-runs=${newInputs}`, `-seed=${seed}`]));

const numberIn = (said: string, pattern: RegExp): number =>
  Number(Array.from(said.matchAll(pattern)).at(-1)?.[1] ?? 0);

export const fuzzSensor = (
  target: string,
  minutes: number,
  seed: number,
  keep: boolean,
  print: (line: string) => void,
): Outcome => {
  const obstacle = buildSensor(target);
  if (obstacle !== undefined) {
    print(`${target}: not fuzzed, because ${obstacle}`);
    return { inputs: 0, blocks: 0, newBlocks: 0, crashes: 0, hangs: 0 };
  }
  return withCorpus(target, (folder) => {
    const seconds = Math.max(1, Math.round(minutes * 60));
    const { status, said } = run(target, [folder], [`-max_total_time=${seconds}`, `-seed=${seed}`]);
    const isHang = /ERROR: libFuzzer: timeout/.test(said);
    if (status !== 0) print(said.slice(-3000));
    if (keep && status === 0) keepSmallest(target, folder);
    const [first, blocks] = [Number(/INITED cov: (\d+)/.exec(said)?.[1] ?? 0), numberIn(said, /cov: (\d+)/g)];
    return {
      inputs: numberIn(said, /number_of_executed_units: (\d+)/g),
      blocks,
      newBlocks: blocks - first,
      crashes: status !== 0 && !isHang ? 1 : 0,
      hangs: isHang ? 1 : 0,
    };
  });
};

const keepSmallest = (target: string, folder: string): void => {
  const merged = mkdtempSync(join(tmpdir(), "tare-fuzz-"));
  try {
    run(target, [merged, folder], ["-merge=1"]);
    const names = readdirSync(merged).toSorted();
    writeCorpus(
      target,
      names.map((name) => readFileSync(join(merged, name))),
    );
  } finally {
    rmSync(merged, { recursive: true });
  }
};
