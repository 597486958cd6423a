/**
 * Builds and runs the real sensor and the trigger for the tests of this folder. Needs root and a kernel with BTF; where
 * that is missing, `unusable` says why and the tests are skipped with it.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mustBeAlone } from "../support/alone.ts";

export const ROOT = join(import.meta.dirname, "..", "..");
export const SENSOR = join(ROOT, "build", "bpf", "tare-sensor");
export const TRIGGER = join(ROOT, "build", "test", "bpf-trigger");

/** In a guest, which has no compiler, the programs are there already. */
const PREBUILT = process.env["TARE_TEST_PREBUILT"] === "yes";

/** How long a sensor has for what it is asked for. A guest's CPU is emulated, and may have to wait for one of the host's. */
const PATIENCE_MS = PREBUILT ? 200_000 : 20_000;

/** Builds both. Throws with the compiler's words when that fails. */
export const build = (): void => {
  if (PREBUILT) return;
  execFileSync("make", ["-C", join(ROOT, "bpf")], { stdio: "pipe" });
  mkdirSync(join(ROOT, "build", "test"), { recursive: true });
  const source = join(import.meta.dirname, "fixtures", "trigger.c");
  execFileSync("cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-pthread", source, "-o", TRIGGER], {
    stdio: "pipe",
  });
};

/** Why the sensor cannot be tested on this machine, or undefined. */
export const unusable = (): string | undefined => {
  if (process.platform !== "linux") return `eBPF needs Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "loading BPF programs needs root";
  if (!existsSync("/sys/kernel/btf/vmlinux")) return "this kernel has no BTF";
  if (!PREBUILT && spawnSync("clang", ["--version"]).error !== undefined) return "clang is not installed";
  return undefined;
};

export type Json = Readonly<Record<string, unknown>>;

/** The lines of a text, each one JSON object; throws on a line that is not. */
export const parseLines = (text: string): readonly Json[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Json);

export interface Hook {
  readonly family: string;
  readonly hook: string;
  readonly outcome: string;
  /** Why it has its place in the order. */
  readonly why: string;
  readonly reason?: string;
  /** How many instructions the verifier walked through; null where the kernel does not tell. */
  readonly verifiedInstructions?: number | null;
}

/** What `--explain` says of every hook of these families. */
export const explain = (families = "exec,file,network"): readonly Hook[] =>
  parseLines(
    spawnSync(SENSOR, ["--explain", "--families", families], { encoding: "utf8" }).stdout,
  ) as unknown as readonly Hook[];

export interface FamilyStatistics {
  readonly hook: string;
  readonly seen: number;
  readonly emitted: number;
  readonly filtered: number;
  readonly limited: number;
  readonly lost: number;
  readonly lostByCause: Readonly<Record<string, number>>;
  readonly programs: readonly {
    readonly name: string;
    readonly hook: string;
    readonly skipped?: number;
    /** These two only while kernel.bpf_stats_enabled is 1. */
    readonly runs?: number;
    readonly runNs?: number;
  }[];
}

export interface Statistics {
  readonly stats: true;
  readonly time: number;
  readonly families: Readonly<Record<string, FamilyStatistics>>;
  readonly written: {
    readonly events: number;
    readonly bytes: number;
    readonly lost: number;
    readonly discarded: number;
  };
  /** How often the consumer slept and was woken. */
  readonly wakeUps: { readonly ring: number; readonly time: number };
}

/** A running sensor that is ready. Its statistics come on standard error, which is collected here. */
export class Sensor {
  readonly child: ChildProcess;
  private said = "";
  private reports = 0;

  private constructor(child: ChildProcess) {
    this.child = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.said += text;
    });
  }

  static async start(
    args: readonly string[],
    stdio: SpawnOptions["stdio"] = "pipe",
    program = SENSOR,
  ): Promise<Sensor> {
    mustBeAlone("the sensor");
    const sensor = new Sensor(spawn(program, args, { stdio }));
    await sensor.until(() => sensor.lines().some((line) => line["ready"] === true), "it was ready");
    return sensor;
  }

  /** Complete lines of standard error so far. */
  lines(): readonly Json[] {
    return parseLines(this.said.slice(0, this.said.lastIndexOf("\n") + 1));
  }

  /** Asks for statistics, which also drains and flushes. */
  async statistics(): Promise<Statistics> {
    this.child.kill("SIGUSR1");
    return this.nextReport();
  }

  /** Stops it and returns its last statistics. Throws when it does not leave with status 0. */
  async stop(signal: "SIGTERM" | "SIGINT" | "SIGHUP" = "SIGTERM"): Promise<Statistics> {
    const exited = once(this.child, "close");
    this.child.kill(signal);
    const [code] = (await exited) as [number | null];
    if (code !== 0) throw new Error(`the sensor left with ${String(code)} and said: ${this.said}`);
    return this.nextReport();
  }

  /** Ids of the BPF maps that it holds. */
  maps(): ReadonlySet<number> {
    const folder = `/proc/${this.child.pid}/fdinfo`;
    const infos = readdirSync(folder).map((fd) => readFileSync(join(folder, fd), "utf8"));
    return new Set(infos.flatMap((info) => /^map_id:\s*(\d+)$/m.exec(info)?.[1] ?? []).map(Number));
  }

  /** Ends it whatever happened. */
  kill(): void {
    if (this.child.exitCode === null) this.child.kill("SIGKILL");
  }

  private async nextReport(): Promise<Statistics> {
    const reports = () => this.lines().filter((line) => line["stats"] === true);
    await this.until(() => reports().length > this.reports, "it reported statistics");
    this.reports = reports().length;
    return reports().at(-1) as unknown as Statistics;
  }

  private async until(condition: () => boolean, what: string): Promise<void> {
    const giveUp = performance.now() + PATIENCE_MS;
    while (!condition()) {
      const left = this.child.exitCode ?? this.child.signalCode;
      if (performance.now() > giveUp || (left !== null && this.child.stderr?.readableEnded !== false))
        throw new Error(`the sensor (exit ${String(left)}) ended before ${what}; it said: ${this.said}`);
      await sleep(10);
    }
  }
}

/** What the trigger says of its own call: the truth that an event is compared with. */
export interface Truth {
  readonly pid: number;
  readonly tid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly before: number;
  readonly after: number;
  readonly ret: number;
  /** What only some calls can tell. */
  readonly more: Json;
}

/** Runs the trigger to its end. */
export const trigger = (...args: readonly string[]): Truth => {
  const ran = spawnSync(TRIGGER, args, { encoding: "utf8" });
  if (ran.status !== 0)
    throw new Error(`trigger ${args.join(" ")} left with ${String(ran.status)}: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as Truth;
};

/** Runs the trigger to an end of its own choice, which is part of what it is asked for. */
export const triggerEnding = (...args: readonly string[]): Truth & Ending => {
  const ran = spawnSync(TRIGGER, args, { encoding: "utf8" });
  if (ran.stdout === "") throw new Error(`trigger ${args.join(" ")} said nothing: ${ran.stderr}`);
  return { ...(JSON.parse(ran.stdout) as Truth), code: ran.status, signal: ran.signal };
};

/** How a process ended, as its parent was told; one of the two is null. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A port of 127.0.0.1 on which nothing listens. */
export const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
};

/** The events in a file that one process caused, of one type, in order. */
export const eventsOf = (file: string, type: string, pid: number): readonly Json[] =>
  parseLines(readFileSync(file, "utf8")).filter((event) => event["type"] === type && event["pid"] === pid);
