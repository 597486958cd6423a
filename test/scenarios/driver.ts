/** Builds the real drivers and holds their conversation, for the tests in this folder. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type * as z from "zod";
import { DriverDrained, DriverPrepared, DriverResult, type Histogram } from "../../src/domain/driver.ts";
import { checkedJson, type From } from "../../src/domain/schema.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const buildDrivers = (): void => {
  execFileSync("make", ["-C", join(ROOT, "scenarios")], { stdio: "pipe" });
};

export const native = (program: string): readonly string[] => [join(ROOT, "build/scenarios", program)];
export const NODE_SERVICE: readonly string[] = [
  process.execPath,
  join(ROOT, "scenarios/driver/node-service/main.ts"),
];

/** A directory for the test, removed by `dispose`. */
export const temporaryDirectory = (): { readonly path: string; dispose(): void } => {
  const path = mkdtempSync(join(tmpdir(), "tare-drivers-"));
  return { path, dispose: () => rmSync(path, { recursive: true, force: true }) };
};

export interface Driver {
  readonly child: ChildProcess;
  /** The next line of standard output; undefined at its end. */
  line(): Promise<string | undefined>;
  /** Reads the first line: the processes that do the operations. */
  prepared(): Promise<readonly number[]>;
  /** Says go and reads the second line. */
  go(): Promise<DriverResult>;
  /** Says drained and reads the third line. */
  drained(): Promise<DriverDrained["snapshots"]>;
  say(line: string): void;
  endInput(): void;
  /** Resolves when it has ended and all its output is read. */
  readonly ended: Promise<{
    readonly code: number | null;
    readonly signal: string | null;
    readonly stderr: string;
  }>;
}

export const start = (command: readonly string[], flags: readonly string[]): Driver => {
  const [program, ...args] = [...command, ...flags];
  if (program === undefined) throw new Error("no program to start");
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => undefined); // A driver that has refused its flags is gone before its input is.
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, "close").then(() => ({ code: child.exitCode, signal: child.signalCode, stderr }));
  const line = async (): Promise<string | undefined> => {
    const next = await lines.next();
    return next.done === true ? undefined : next.value;
  };
  const say = (text: string): boolean => child.stdin.write(`${text}\n`);
  /** Throws with the driver's words when there is none. */
  const fitting = async <S extends z.ZodType>(schema: S): Promise<From<S>> => {
    const text = await line();
    if (text === undefined)
      throw new Error(`${command.join(" ")} ended with ${child.exitCode}: ${(await ended).stderr}`);
    const read = checkedJson(schema, text, "the line");
    if (read.kind === "fault") throw new Error(`${read.what}: ${text.slice(0, 200)}`);
    return read.content;
  };
  return {
    child,
    line,
    prepared: async () => (await fitting(DriverPrepared)).workers,
    go: async () => {
      say("go");
      return await fitting(DriverResult);
    },
    drained: async () => {
      say("drained");
      return (await fitting(DriverDrained)).snapshots;
    },
    say,
    endInput: () => child.stdin.end(),
    ended,
  };
};

export interface Trial {
  readonly flags: readonly string[];
  readonly batches?: number;
  readonly batchOperations: number;
}

export const closed = ({ flags, batches = 10, batchOperations }: Trial): readonly string[] => [
  "--mode=closed",
  `--batches=${batches}`,
  `--batch-operations=${batchOperations}`,
  ...flags,
];

/** The whole conversation; throws with the driver's words when it does not end well. */
export const drive = async (command: readonly string[], flags: readonly string[]): Promise<DriverResult> => {
  const driver = start(command, flags);
  await driver.prepared();
  const result = await driver.go();
  await driver.drained();
  const { code, stderr } = await driver.ended;
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${stderr}`);
  return result;
};

/** An orphan that has ended stays until the machine's first process takes notice, and is not alive. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

export const countOf = (histogram: Histogram): number =>
  histogram.buckets.reduce((sum, [, count]) => sum + count, 0);

/** How many latencies lie above `ns`. */
export const countAbove = (histogram: Histogram, ns: number): number =>
  histogram.buckets.reduce((sum, [value, count]) => sum + (value > ns ? count : 0), 0);

/** The value at a quantile from 0 to 1, by rank. */
export const quantileOf = (histogram: Histogram, quantile: number): number => {
  const rank = Math.max(1, Math.ceil(quantile * countOf(histogram)));
  let seen = 0;
  for (const [value, count] of histogram.buckets) {
    seen += count;
    if (seen >= rank) return value;
  }
  throw new Error("the histogram is empty");
};

/** The only operation of a native driver's result. */
export const operationOf = (result: DriverResult): DriverResult["operations"][number] => {
  const [operation, ...others] = result.operations;
  if (operation === undefined || others.length > 0) throw new Error("a native driver times one operation");
  return operation;
};
