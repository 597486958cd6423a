/**
 * The driver of `node-service`: the protocol of the C drivers, spoken by a Node process in which tinybench drives the loop.
 * A process of its own, so that the harness is not in what it measures.
 */
import { readFileSync } from "node:fs";
import { execa } from "execa";
import { Bench } from "tinybench";
import type { DriverDrained, DriverPrepared, DriverResult } from "../../../src/domain/driver.ts";
import { messageOf } from "../../../src/domain/errors.ts";
import { monotonicNs } from "./clock.ts";
import { runReferenceLoops } from "./reference-loop.ts";
import { type BoundarySnapshots, openSnapshots } from "./boundary-snapshot.ts";
import { BadFlags, readFlags, type Flags } from "./flags.ts";
import { readLines } from "./lines.ts";
import { prepareOperations, type Operations } from "./operations.ts";
import { createRecorder } from "./recorder.ts";

const STATUS_FAILED = 1;
const STATUS_BAD_FLAGS = 2;
const NS_PER_MS = 1e6;

const main = async (): Promise<void> => {
  const flags = readFlags(process.argv.slice(2));
  if (flags.cpu !== undefined) await pin(flags.cpu);
  const operations = await prepareOperations(flags.directory);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.once(signal, () => {
      operations.release();
      process.kill(process.pid, signal); // No handler is left, so this ends the process, and the parent sees why.
    });
  }
  try {
    const snapshots = openSnapshots(flags.snapshots);
    const runWindow = await prepareWindow(flags, operations, snapshots);
    say({ driver: "prepared", workers: [process.pid] });
    const lines = readLines(() => {
      operations.release();
      process.exit(0);
    });
    await lines.next();
    say(await runWindow());
    await lines.next();
    say({ driver: "drained", snapshots: snapshots.drained() });
  } finally {
    operations.release();
    process.stdin.destroy();
  }
};

const say = (line: DriverPrepared | DriverResult | DriverDrained): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

/** Node has no call for it; taskset is part of util-linux, which every distribution installs. */
const pin = async (cpu: number): Promise<void> => {
  await execa("taskset", ["--all-tasks", "--cpu-list", "--pid", String(cpu), String(process.pid)]);
};

/** Warms up; returns what runs the window. */
const prepareWindow = async (
  flags: Flags,
  operations: Operations,
  snapshots: BoundarySnapshots,
): Promise<() => Promise<DriverResult>> => {
  const { batches, batchOperations } = flags;
  const recorded = Object.entries(operations.byName).map(([name, operate]) => ({
    name,
    operate,
    recorder: createRecorder(batches, batchOperations),
  }));
  const bench = new Bench({ iterations: batches * batchOperations, time: 0, warmup: false, throws: true });
  for (const { name, operate, recorder } of recorded) {
    bench.add(name, async () => ({ overriddenDuration: (await recorder.measure(operate)) / NS_PER_MS }), {
      async: true,
      beforeEach: () => recorder.before(),
      afterEach: () => recorder.after(),
    });
  }

  for (const { operate } of recorded) {
    for (let i = 0; i < flags.warmupOperations; i += 1) await operate();
  }
  runReferenceLoops(); // The first run is slower, because it is compiled meanwhile.
  return async () => {
    const before = runReferenceLoops();
    snapshots.readBefore();
    const startNs = monotonicNs();
    await bench.run();
    const endNs = monotonicNs();
    snapshots.readAfter();
    const after = runReferenceLoops();

    return {
      protocol: 2,
      scenario: "node-service",
      trial: flags.trial,
      mode: "closed",
      startNs,
      endNs,
      operations: recorded.map(({ name, recorder }) => recorder.result(name)),
      control: {
        spinNs: [before.spinNs, after.spinNs],
        syscallNs: [before.syscallNs, after.syscallNs],
      },
      snapshots: snapshots.result(),
      maxRssKib: peakRssKib(),
    };
  };
};

/** Not `maxRSS` of `resourceUsage`: that starts at the size of whoever forked this process. */
const peakRssKib = (): number => {
  const peak = /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  if (peak === undefined) throw new Error("no VmHWM in /proc/self/status");
  return Number(peak);
};

try {
  await main();
} catch (error) {
  process.stderr.write(`node-service: ${messageOf(error)}\n`);
  process.exitCode = error instanceof BadFlags ? STATUS_BAD_FLAGS : STATUS_FAILED;
}
