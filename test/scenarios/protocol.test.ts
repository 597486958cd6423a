import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  buildDrivers,
  closed,
  countOf,
  drive,
  native,
  NODE_SERVICE,
  type Driver,
  isAlive,
  start,
  temporaryDirectory,
} from "./driver.ts";

interface Case {
  readonly id: string;
  readonly command: readonly string[];
  readonly operations: readonly string[];
  readonly batchOperations: number;
  readonly warmups: number;
  /** Operations to a latency: those that it stands for together, or of which one is timed. */
  readonly perLatency: number;
}

const CASES: readonly Case[] = [
  {
    id: "process-exec",
    command: native("process-exec"),
    operations: ["exec"],
    batchOperations: 20,
    warmups: 5,
    perLatency: 1,
  },
  {
    id: "file-open",
    command: native("file-open"),
    operations: ["open"],
    batchOperations: 300,
    warmups: 50,
    perLatency: 7,
  },
  {
    id: "network-connect",
    command: native("network-connect"),
    operations: ["connect"],
    batchOperations: 50,
    warmups: 5,
    perLatency: 1,
  },
  {
    id: "syscall-tax",
    command: native("syscall-tax"),
    operations: ["getppid"],
    batchOperations: 10_000,
    warmups: 1000,
    perLatency: 100,
  },
  ...["neighbour", "neighbour-open", "neighbour-connect", "neighbour-exec"].map((id) => ({
    id,
    command: native(id),
    operations: ["request"],
    batchOperations: 20,
    warmups: 5,
    perLatency: 1,
  })),
  {
    id: "node-service",
    command: NODE_SERVICE,
    operations: ["spawn", "read-file", "http"],
    batchOperations: 3,
    warmups: 2,
    perLatency: 1,
  },
];

const directory = temporaryDirectory();
beforeAll(buildDrivers, 120_000);
afterAll(() => directory.dispose());

/** A directory of the driver's own, as the harness gives it. */
const flagsFor = (id: string): readonly string[] => {
  const path = join(directory.path, id);
  mkdirSync(path, { recursive: true });
  return ["--trial=0a1b", `--directory=${path}`];
};

describe.each(CASES)(
  "the $id driver",
  ({ id, command, operations, batchOperations, warmups, perLatency }) => {
    const run = (more: readonly string[] = [], batches = 10) =>
      drive(
        command,
        closed({
          flags: [...flagsFor(id), `--warmup-operations=${warmups}`, ...more],
          batches,
          batchOperations,
        }),
      );

    test("does the operations that it was asked for, in all their batches, without an error", async () => {
      const result = await run();
      expect(result).toMatchObject({ protocol: 2, scenario: id, trial: "0a1b", mode: "closed" });
      expect(result.operations.map(({ operation }) => operation)).toEqual(operations);
      for (const { count, errors, batches, service, response } of result.operations) {
        expect({ count, errors, response }).toEqual({
          count: 10 * batchOperations,
          errors: 0,
          response: null,
        });
        expect(batches.map((batch) => batch.operations)).toEqual(Array(10).fill(batchOperations));
        expect(countOf(service)).toBe(Math.floor(count / perLatency));
      }
    });

    test("gives times that agree with each other", async () => {
      const result = await run();
      for (const { batches, service } of result.operations) {
        const wall = batches.reduce((sum, { wallNs }) => sum + wallNs, 0);
        expect(wall).toBeLessThanOrEqual(result.endNs - result.startNs);
        expect(service.maxNs).toBeLessThanOrEqual(wall);
        expect(service.minNs).toBeGreaterThan(0);
        for (const { cpuNs, wallNs } of batches) {
          expect(cpuNs).toBeGreaterThan(0);
          expect(wallNs).toBeGreaterThan(0);
        }
      }
      for (const ns of [...result.control.spinNs, ...result.control.syscallNs]) expect(ns).toBeGreaterThan(0);
      expect(result.maxRssKib).toBeGreaterThan(0);
    });

    test("reads files at both edges and when it is told to, and says why one cannot be read", async () => {
      const text = 'first "line"\n\tsecond \\ line\n';
      const file = join(directory.path, `${id}.snapshot`);
      writeFileSync(file, text);
      const paths = ["/proc/uptime", file, "/does/not/exist", "/proc/schedstat"];
      const snapshots = paths.map((path) => `--snapshot=${path}`);
      const driver = start(
        command,
        closed({ flags: [...flagsFor(id), ...snapshots], batches: 10, batchOperations }),
      );
      await driver.prepared();
      const [uptime, own, absent] = (await driver.go()).snapshots;
      writeFileSync(file, "drained\n");
      const drained = await driver.drained();
      expect(own).toEqual({ path: file, before: text, after: text });
      expect(drained.map(({ path }) => path)).toEqual(paths);
      expect(drained[1]).toEqual({ path: file, text: "drained\n" });
      for (const one of [absent, drained[2]])
        expect(one).toEqual({
          path: "/does/not/exist",
          error: expect.stringMatching(/no such file/iu) as string,
        });
      const [later] = drained;
      if (uptime === undefined || "error" in uptime || later === undefined || "error" in later)
        throw new Error("/proc/uptime was not read");
      const seconds = [uptime.before, uptime.after, later.text].map((read) => Number(read.split(" ")[0]));
      expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
      expect(await driver.ended).toEqual({ code: 0, signal: null, stderr: "" });
    });

    test("runs on the CPU that it is given", async () => {
      const allowed = /^Cpus_allowed_list:\s+(\d+)/mu.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
      const result = await run([`--cpu=${allowed ?? ""}`, "--snapshot=/proc/self/status"]);
      const [status] = result.snapshots;
      expect(status !== undefined && "before" in status ? status.before : "").toMatch(
        new RegExp(`^Cpus_allowed_list:\\t${allowed}$`, "mu"),
      );
    });

    describe.each([
      ["before it is told to go", "prepared"],
      ["inside the window", "going"],
      ["before it has drained", "done"],
    ] as const)("that is ended %s", (_, stage) => {
      const briefly = (): readonly string[] => closed({ flags: flagsFor(id), batches: 5, batchOperations });
      /** A window that no stall of this process outlasts: minutes by its due times, or by its operations where there is no open loop. */
      const lasting = (): readonly string[] => {
        if (id !== "syscall-tax" && id !== "node-service")
          return [...briefly().filter((flag) => flag !== "--mode=closed"), "--mode=open", "--rate=1"];
        const longer = { flags: flagsFor(id), batches: 5, batchOperations: batchOperations * 10_000 };
        return closed(longer);
      };
      const reach = async (): Promise<{ readonly driver: Driver; readonly workers: readonly number[] }> => {
        const driver = start(command, stage === "going" ? lasting() : briefly());
        const workers = await driver.prepared();
        if (stage === "going") {
          driver.say("go");
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        if (stage === "done") await driver.go();
        return { driver, workers };
      };

      test("by the end of its input leaves with status 0 and says no more", async () => {
        const { driver, workers } = await reach();
        driver.endInput();
        expect(await driver.line()).toBeUndefined();
        expect(await driver.ended).toEqual({ code: 0, signal: null, stderr: "" });
        expect(workers.filter(isAlive)).toEqual([]);
      });

      test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("by %s ends by it", async (signal) => {
        const { driver, workers } = await reach();
        driver.child.kill(signal);
        expect(await driver.line()).toBeUndefined();
        expect(await driver.ended).toEqual({ code: null, signal, stderr: "" });
        expect(workers.filter(isAlive)).toEqual([]);
      });
    });

    test.each([
      [["--mode=closed", "--batches=1", "--batch-operations=100"], "--trial"],
      [["--trial=00FF", "--mode=closed", "--batches=1", "--batch-operations=100"], "00FF"],
      [["--trial=0a1b", "--batches=1", "--batch-operations=100"], "--mode"],
      [["--trial=0a1b", "--mode=fast", "--batches=1", "--batch-operations=100"], "fast"],
      [["--trial=0a1b", "--mode=closed", "--batches=0", "--batch-operations=100"], "--batches"],
      [["--trial=0a1b", "--mode=closed", "--batches=1", "--batch-operations=1x"], "1x"],
      [["--trial=0a1b", "--mode=closed", "--batches=1"], "--batch-operations"],
      [["--frobnicate"], "--frobnicate"],
    ])("refuses %j with status 2 and one line that names %s", async (flags, named) => {
      const { code, stderr } = await start(command, [...flags, `--directory=${directory.path}`]).ended;
      expect(code).toBe(2);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
      expect(stderr).toContain(named);
    });

    test("leaves nothing of its own in its directory", () => {
      const left = readdirSync(join(directory.path, id));
      expect(left.filter((name) => !/^TK-[0-9a-f]{4}$/u.test(name))).toEqual([]);
      expect(left.length).toBeLessThanOrEqual(["file-open", "neighbour-open"].includes(id) ? 1 : 0);
    });
  },
);

test("network-connect refuses a trial whose last digit is the sentinels', and more operations than addresses", async () => {
  const command = native("network-connect");
  const sentinel = await start(command, [
    "--trial=000f",
    "--mode=closed",
    "--batches=1",
    "--batch-operations=1",
  ]).ended;
  expect([sentinel.code, sentinel.stderr]).toEqual([2, expect.stringContaining("000f")]);
  const many = await start(command, [
    "--trial=0001",
    "--mode=closed",
    "--batches=2",
    "--batch-operations=500000",
  ]).ended;
  expect([many.code, many.stderr]).toEqual([2, expect.stringContaining("1000000")]);
});

test("file-open says which directory it cannot open", async () => {
  const flags = ["--trial=0001", "--directory=/does/not/exist"];
  const { code, stderr } = await start(native("file-open"), closed({ flags, batchOperations: 1 })).ended;
  expect([code, stderr]).toEqual([1, expect.stringContaining("/does/not/exist")]);
});
