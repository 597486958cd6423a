/** Tokens by the testimony of others: a program that writes down its argument, and the kernel's view of the system calls. */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  buildDrivers,
  closed,
  drive,
  native,
  operationOf,
  ROOT,
  start,
  temporaryDirectory,
} from "./driver.ts";

const directory = temporaryDirectory();
const recorded = join(directory.path, "process-exec");
beforeAll(() => {
  buildDrivers();
  copyFileSync(join(ROOT, "build/scenarios/process-exec"), recorded);
  const source = join(ROOT, "test/scenarios/exec-recorder.c");
  execFileSync("cc", ["-O1", "-Wall", "-Wextra", "-Werror", "-o", join(directory.path, "noop"), source]);
}, 120_000);
afterAll(() => directory.dispose());

const hex = (operation: number): string => operation.toString(16).padStart(8, "0");
const range = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index);

/** Of three batches, at least six each; the process of the last batch is the first that warms up. */
const WARM_UP = [...range(12, 6), ...range(6, 6), ...range(0, 6)];

describe("process-exec", () => {
  test("starts one program for each token, the warm-up's before it says that it is prepared", async () => {
    const flags = ["--trial=be01", "--warmup-operations=4"];
    const driver = start([recorded], closed({ flags, batches: 3, batchOperations: 5 }));
    const seen = (): readonly string[] =>
      readFileSync(join(directory.path, "seen"), "utf8").trimEnd().split("\n");
    await driver.prepared();
    const warmUp = WARM_UP.map((each) => `TK-be01-${hex(0x80000000 + each)}`);
    expect(seen()).toEqual(warmUp);
    expect(operationOf(await driver.go()).errors).toBe(0);
    await driver.drained();
    expect(seen()).toEqual([...warmUp, ...range(0, 15).map((each) => `TK-be01-${hex(each)}`)]);
    expect(await driver.ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("counts a program that fails as an error, and times it all the same", async () => {
    const folder = join(directory.path, "failing");
    mkdirSync(folder);
    copyFileSync(recorded, join(folder, "process-exec"));
    copyFileSync("/bin/false", join(folder, "noop"));
    const operation = operationOf(
      await drive(
        [join(folder, "process-exec")],
        closed({ flags: ["--trial=0001"], batches: 2, batchOperations: 3 }),
      ),
    );
    expect([operation.count, operation.errors]).toEqual([6, 6]);
  });

  test("says which program it cannot execute", async () => {
    const folder = join(directory.path, "without-noop");
    mkdirSync(folder);
    copyFileSync(recorded, join(folder, "process-exec"));
    const flags = closed({ flags: ["--trial=0001"], batchOperations: 1 });
    const { code, stderr } = await start([join(folder, "process-exec")], flags).ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining(join(folder, "noop"))]);
  });
});

/** Why system calls cannot be traced here; undefined when they can. */
const whyNoTrace = (): string | undefined => {
  const tried = spawnSync("strace", ["-e", "trace=none", "true"], { encoding: "utf8" });
  if (tried.error !== undefined) return `strace cannot be started: ${tried.error.message}`;
  return tried.status === 0 ? undefined : `strace fails here: ${tried.stderr.trim()}`;
};

const traced = async (syscall: string, program: string, flags: readonly string[]): Promise<string> => {
  const trace = join(directory.path, `${program}.trace`);
  await drive(
    ["strace", "-f", "-qq", "-s", "256", "-e", `trace=${syscall}`, "-o", trace, ...native(program)],
    flags,
  );
  return readFileSync(trace, "utf8");
};

describe("file-open", () => {
  test("opens one path for each token, and no path twice", async (ctx) => {
    const why = whyNoTrace();
    if (why !== undefined) ctx.skip(why);
    const path = join(directory.path, "files");
    mkdirSync(path);
    const flags = ["--trial=be02", `--directory=${path}`, "--warmup-operations=4"];
    const trace = await traced("openat", "file-open", closed({ flags, batches: 3, batchOperations: 7 }));
    const opened = [...trace.matchAll(/openat\(AT_FDCWD, "([^"]*TK-[^"]*)"/gu)].map(([, name]) => name);
    expect(opened).toEqual(
      [...WARM_UP.map((each) => 0x80000000 + each), ...range(0, 21)].map(
        (each) => `${path}/TK-be02/${hex(each)}`,
      ),
    );
  });
});

describe("network-connect", () => {
  test("connects to one address for each token", async (ctx) => {
    const why = whyNoTrace();
    if (why !== undefined) ctx.skip(why);
    const flags = ["--trial=be0c", "--warmup-operations=4"];
    const trace = await traced(
      "connect",
      "network-connect",
      closed({ flags, batches: 3, batchOperations: 7 }),
    );
    const connected = [...trace.matchAll(/inet_addr\("([\d.]+)"\)\}, 16\) = 0/gu)].map(
      ([, address]) => address,
    );
    const address = (operation: number): string => {
      const bits = (0xc << 20) | operation;
      return `127.${bits >> 16}.${(bits >> 8) & 255}.${bits & 255}`;
    };
    expect(connected).toEqual([...WARM_UP.map((each) => 0xf0000 + each), ...range(0, 21)].map(address));
  });

  test("leaves no connection waiting behind it", async () => {
    const port = /:([0-9A-F]{4}) /u;
    const waiting = (): readonly string[] =>
      readFileSync("/proc/net/tcp", "utf8")
        .split("\n")
        .filter((line) => /^\s*\d+: [0-9A-F]{6}7F:\w+ [0-9A-F]{6}7F:\w+ 06/u.test(line) && port.test(line))
        .filter((line) => / [0-9A-F]{4}D07F:/u.test(line));
    await drive(
      native("network-connect"),
      closed({ flags: ["--trial=be0d"], batches: 2, batchOperations: 500 }),
    );
    expect(waiting()).toEqual([]);
  });
});

describe("sentinels", () => {
  test("are starts of a program at an interval until the input ends", async () => {
    const folder = join(directory.path, "sentinel");
    mkdirSync(folder);
    for (const name of ["process-exec", "noop"]) copyFileSync(join(directory.path, name), join(folder, name));
    const driver = start([join(folder, "process-exec")], ["--mode=sentinel", "--interval-ms=1"]);
    await driver.prepared();
    const seen = async (count: number): Promise<readonly string[]> => {
      for (;;) {
        const lines = (await readIfThere(join(folder, "seen"))).split("\n").filter((line) => line !== "");
        if (lines.length >= count) return lines;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await seen(5);
    driver.endInput();
    expect(await driver.line()).toBeUndefined();
    expect(await driver.ended).toEqual({ code: 0, signal: null, stderr: "" });
    const all = await seen(5);
    expect(all).toEqual(range(0, all.length).map((each) => `TK-ffff-${hex(each)}`));
  });

  test("need no other trial and accept none", async () => {
    const flags = ["--mode=sentinel", "--interval-ms=1", "--trial=0001"];
    const { code, stderr } = await start(native("process-exec"), flags).ended;
    expect([code, stderr]).toEqual([2, expect.stringContaining("ffff")]);
  });
});

const readIfThere = async (path: string): Promise<string> => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};
