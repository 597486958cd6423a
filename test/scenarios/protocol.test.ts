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
  PREPARED,
  start,
  temporaryDirectory,
} from "./driver.ts";

interface Case {
  readonly id: string;
  readonly command: readonly string[];
  readonly operations: readonly string[];
  readonly batchOperations: number;
  readonly warmups: number;
  /** Operations that one latency stands for. */
  readonly stride: number;
}

const CASES: readonly Case[] = [
  {
    id: "process-exec",
    command: native("process-exec"),
    operations: ["exec"],
    batchOperations: 20,
    warmups: 5,
    stride: 1,
  },
  {
    id: "file-open",
    command: native("file-open"),
    operations: ["open"],
    batchOperations: 300,
    warmups: 50,
    stride: 1,
  },
  {
    id: "network-connect",
    command: native("network-connect"),
    operations: ["connect"],
    batchOperations: 50,
    warmups: 5,
    stride: 1,
  },
  {
    id: "syscall-tax",
    command: native("syscall-tax"),
    operations: ["getppid"],
    batchOperations: 10_000,
    warmups: 1000,
    stride: 100,
  },
  {
    id: "node-service",
    command: NODE_SERVICE,
    operations: ["spawn", "read-file", "http"],
    batchOperations: 3,
    warmups: 2,
    stride: 1,
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

describe.each(CASES)("the $id driver", ({ id, command, operations, batchOperations, warmups, stride }) => {
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
    expect(result).toMatchObject({ protocol: 1, scenario: id, trial: "0a1b", mode: "closed" });
    expect(result.operations.map(({ operation }) => operation)).toEqual(operations);
    for (const { count, errors, batches, service, response } of result.operations) {
      expect({ count, errors, response }).toEqual({
        count: 10 * batchOperations,
        errors: 0,
        response: null,
      });
      expect(batches.map((batch) => batch.operations)).toEqual(Array(10).fill(batchOperations));
      expect(countOf(service)).toBe(count / stride);
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

  test("reads files at both edges and says why one cannot be read", async () => {
    const text = 'first "line"\n\tsecond \\ line\n';
    const file = join(directory.path, `${id}.snapshot`);
    writeFileSync(file, text);
    const result = await run(["--snapshot=/proc/uptime", `--snapshot=${file}`, "--snapshot=/does/not/exist"]);
    const [uptime, own, absent] = result.snapshots;
    expect(own).toEqual({ path: file, before: text, after: text });
    expect(absent).toMatchObject({ path: "/does/not/exist" });
    expect(absent !== undefined && "error" in absent ? absent.error : "").toMatch(/no such file/iu);
    if (uptime === undefined || "error" in uptime) throw new Error("/proc/uptime was not read");
    expect(Number(uptime.after.split(" ")[0])).toBeGreaterThanOrEqual(Number(uptime.before.split(" ")[0]));
  });

  test("runs on the CPU that it is given", async () => {
    const allowed = /^Cpus_allowed_list:\s+(\d+)/mu.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    const result = await run([`--cpu=${allowed ?? ""}`, "--snapshot=/proc/self/status"]);
    const [status] = result.snapshots;
    expect(status !== undefined && "before" in status ? status.before : "").toMatch(
      new RegExp(`^Cpus_allowed_list:\\t${allowed}$`, "mu"),
    );
  });

  test("leaves with status 0 when its input ends before the line", async () => {
    const driver = start(command, closed({ flags: flagsFor(id), batchOperations }));
    expect(await driver.line()).toBe(PREPARED);
    driver.endInput();
    expect(await driver.line()).toBeUndefined();
    expect(await driver.ended).toEqual({ code: 0, signal: null, stderr: "" });
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "ends by %s inside the window without a result",
    async (signal) => {
      const driver = start(
        command,
        closed({ flags: flagsFor(id), batches: 40, batchOperations: batchOperations * 10 }),
      );
      expect(await driver.line()).toBe(PREPARED);
      driver.say("go");
      await new Promise((resolve) => setTimeout(resolve, 20));
      driver.child.kill(signal);
      expect(await driver.line()).toBeUndefined();
      expect(await driver.ended).toMatchObject({ code: null, signal });
    },
  );

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
    expect(left.length).toBeLessThanOrEqual(id === "file-open" ? 1 : 0);
  });
});

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
