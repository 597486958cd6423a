/** The sensor under `closed-loop.c`: what it loses at the full rate of one CPU, and what it costs a call that nobody asked about. */
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { mean } from "simple-statistics";
import { createResampler } from "../../src/analyse/resample.ts";
import { createRng } from "../../src/domain/random.ts";
import { type Estimate, bootstrapped, bootstrappedMean } from "./bootstrapped.ts";
import { CPU, ROOT, build, inFolder, inRounds, programOf } from "./shared.ts";

const SENSOR = join(ROOT, "build/bpf/tare-sensor");
const FLOOR = join(ROOT, "build/bpf/floor/tare-floor");
const SEED = 20_261_123;
/** What `closed-loop.c` executes. */
export const CHAIN = programOf("exec-chain");

/** The loop, and what it executes. */
export const buildLoop = async (): Promise<string> => {
  await build("exec-chain", "bare");
  return await build("closed-loop");
};

/** Nanoseconds that all threads of a process have run. */
export const ranNs = (pid: number): number => {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  return sum;
};

interface Loop {
  readonly calls: number;
  readonly cpuNs: number;
}

export const runLoop = async (program: string, kind: string, seconds: number): Promise<Loop> => {
  const { stdout } = await execa(program, [kind, String(seconds), String(CPU), CHAIN]);
  const [calls, , cpuNs] = stdout.split(" ").map(Number);
  if (calls === undefined || cpuNs === undefined) throw new Error(`closed-loop printed "${stdout}"`);
  return { calls, cpuNs };
};

/** Runs `work` under a program whose first line on standard error says that it is ready, and ends that. Throws what it says instead. */
const under = async <T>(
  program: string,
  args: readonly string[],
  work: (pid: number) => Promise<T>,
): Promise<T> => {
  const child = execa(program, args, { stdout: "ignore", stderr: "pipe" });
  try {
    const [said] = await Promise.race([
      once(createInterface(child.stderr), "line"),
      child.then(() => Promise.reject(new Error(`${program} left before it was ready`))),
    ]);
    if (!String(said).includes('"ready":true')) throw new Error(`${program} is not ready: ${String(said)}`);
    if (child.pid === undefined) throw new Error(`${program} could not be started`);
    const result = await work(child.pid);
    child.kill("SIGTERM");
    await child;
    return result;
  } finally {
    child.kill("SIGKILL");
  }
};

/**
 * Runs `work` under the least programs on the sensor's hooks that submit a record. Throws when some of them found no room: that costs less than
 * a submit, so it would be no floor.
 */
export const underFloor = async <T>(
  family: string,
  records: string,
  work: (pid: number) => Promise<T>,
): Promise<T> =>
  await inFolder(async (folder) => {
    const report = `${folder}/report`;
    return await under(FLOOR, [`--report=${report}`, records], async (pid) => {
      const result = await work(pid);
      process.kill(pid, "SIGUSR1");
      while (!readFileSync(report, "utf8").endsWith("\n")) await sleep(5);
      const { discarded } = JSON.parse(readFileSync(report, "utf8")) as { readonly discarded: number };
      if (discarded > 0) throw new Error(`${discarded} of the floor's records of ${family} found no room`);
      return result;
    });
  });

/** Runs `work` under a sensor that is ready, and returns what it returned with the sensor's last statistics. */
export const underSensor = async <T>(
  args: readonly string[],
  work: (pid: number) => Promise<T>,
): Promise<{ readonly result: T; readonly statistics: Statistics }> =>
  await inFolder(async (folder) => {
    const stats = join(folder, "stats");
    const result = await under(SENSOR, [...args, `--stats=${stats}`], work);
    const last = readFileSync(stats, "utf8").trim().split("\n").at(-1) ?? "";
    return { result, statistics: JSON.parse(last) as Statistics };
  });

interface Statistics {
  readonly families: Readonly<Record<string, { readonly seen: number; readonly lost: number }>>;
  readonly written: { readonly events: number; readonly lost: number };
}

export interface Loss {
  readonly family: string;
  readonly perSecond: number;
  readonly seen: number;
  readonly lost: number;
  readonly written: number;
}

/** One family after the other at full rate. Lines are made and written, to /dev/null: a disk that is too slow is not the sensor's loss. */
export const measureLosses = async (seconds: number): Promise<readonly Loss[]> => {
  const program = await buildLoop();
  const losses: Loss[] = [];
  for (const [family, kind] of [
    ["exec", "exec"],
    ["file", "open"],
    ["network", "connect"],
  ] as const) {
    const args = [`--families=${family}`, "--output=/dev/null"];
    const { result, statistics } = await underSensor(args, async () => await runLoop(program, kind, seconds));
    const counted = statistics.families[family];
    if (counted === undefined) throw new Error(`the sensor's statistics lack ${family}`);
    losses.push({
      family,
      perSecond: result.calls / seconds,
      seen: counted.seen,
      lost: counted.lost + statistics.written.lost,
      written: statistics.written.events,
    });
  }
  return losses;
};

export interface Rate {
  readonly format: "json" | "protobuf";
  /** Opens that a second of its CPU time reads from the ring and writes to /dev/null. */
  readonly perSecond: Estimate;
}

/** Fills half of the default ring. */
const FILL_SECONDS = 0.02;
/** It is done much sooner, and wakes some times more for nothing. */
const DRAIN_MS = 300;

/** The sensor stands still while its ring is filled and then does nothing else: so its CPU time is that of these events, however busy the node is. */
export const measureRates = async (rounds: number): Promise<readonly Rate[]> => {
  const program = await buildLoop();
  const order = Array.from({ length: rounds }, (_, round) => round);
  const resampler = createResampler(SEED, order);
  const rates: Rate[] = [];
  for (const format of ["json", "protobuf"] as const) {
    const args = ["--families=file", `--format=${format}`, "--output=/dev/null"];
    const { result, statistics } = await underSensor(args, async (pid) => {
      const drains: { readonly events: number; readonly seconds: number }[] = [];
      for (const _ of order) {
        process.kill(pid, "SIGSTOP");
        const { calls } = await runLoop(program, "open", FILL_SECONDS);
        const before = ranNs(pid);
        process.kill(pid, "SIGCONT");
        await sleep(DRAIN_MS);
        drains.push({ events: calls, seconds: (ranNs(pid) - before) / 1e9 });
      }
      return drains;
    });
    const lost = statistics.families["file"]?.lost;
    if (lost !== 0) throw new Error(`the sensor lost ${lost ?? "an unknown number of"} opens`);
    const [events, seconds] = [result.map((drain) => drain.events), result.map((drain) => drain.seconds)];
    rates.push({ format, perSecond: bootstrappedMean(resampler, order, events, seconds) });
  }
  return rates;
};

export interface Memory {
  /** Proportional set size of all it maps, MiB. */
  readonly all: number;
  /** Of that, what belongs to the kernel's maps: the rings. */
  readonly rings: number;
}

/** Mappings of BPF maps are called so in /proc/PID/smaps. */
const MAP_NAME = "anon_inode:bpf-map";

const memoryOf = (pid: number): Memory => {
  const memory = { all: 0, rings: 0 };
  let name = "";
  for (const line of readFileSync(`/proc/${pid}/smaps`, "utf8").split("\n")) {
    if (/^[0-9a-f]+-/.test(line)) name = line.split(/\s+/)[5] ?? "";
    const mebibytes = Number(/^Pss:\s+(\d+) kB$/.exec(line)?.[1] ?? 0) / 1024;
    memory.all += mebibytes;
    if (name === MAP_NAME) memory.rings += mebibytes;
  }
  return memory;
};

/** As it is usually run, with all plain families and their rings, after opens at full rate. */
export const measureMemory = async (seconds: number): Promise<Memory> => {
  const program = await buildLoop();
  const { result } = await underSensor(["--output=/dev/null"], async (pid) => {
    await runLoop(program, "open", seconds);
    return memoryOf(pid);
  });
  return result;
};

export interface Tax {
  readonly what: string;
  /** Whether every hook of it is one that only its own calls pass. */
  readonly asksNoOther: boolean;
  /** CPU time of a getppid with the sensor over that without. */
  readonly ratio: Estimate;
}

/** What the kernel allows, from the sensor itself. */
const workingHooks = async (family: string): Promise<readonly string[]> => {
  const { stdout } = await execa(SENSOR, ["--explain", "--families", family]);
  return stdout
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly hook: string; readonly outcome: string })
    .filter(({ outcome }) => outcome !== "failed")
    .map(({ hook }) => hook);
};

export const measureTax = async (rounds: number, seconds: number): Promise<readonly Tax[]> => {
  const program = await buildLoop();
  const [execHook = ""] = await workingHooks("exec");
  const fileHooks = await workingHooks("file");
  const networkHooks = new Set(await workingHooks("network"));
  const both = fileHooks.flatMap((hook) => {
    const other = hook.startsWith("fexit/") ? "fexit/__sys_connect" : hook;
    return networkHooks.has(other) ? [{ file: hook, network: other }] : [];
  });
  const contests = [
    { what: `exec by ${execHook}`, args: ["--families=exec", `--hook=exec=${execHook}`] },
    ...both.map(({ file, network }) => ({
      what: `file and network by ${file === network ? file : `${file} and ${network}`}`,
      args: ["--families=file,network", `--hook=file=${file}`, `--hook=network=${network}`],
    })),
  ];
  const next = createRng(SEED);
  const order = Array.from({ length: rounds }, (_, round) => round);
  const resampler = createResampler(SEED, order);
  const loop = async (): Promise<number> => {
    const { calls, cpuNs } = await runLoop(program, "getppid", seconds);
    return cpuNs / calls;
  };
  const taxes: Tax[] = [];
  for (const { what, args } of contests) {
    const pairs = await inRounds(rounds, ["alone", "watched"], next, async (state) =>
      state === "alone" ? await loop() : (await underSensor([...args, "--output=none"], loop)).result,
    );
    const logs = pairs.map(({ alone, watched }) => Math.log(watched / alone));
    const ratio = bootstrapped(resampler, order, (positions) =>
      Math.exp(mean(positions.map((position) => logs[position] ?? NaN))),
    );
    taxes.push({ what, asksNoOther: !what.includes("sys_exit"), ratio });
  }
  return taxes;
};
