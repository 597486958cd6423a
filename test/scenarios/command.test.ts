/** The driver of commands: what it does with those that fail, hang, talk, or leave something running; and each shipped one, once. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Scenario } from "../../src/domain/scenario.ts";
import { loadFolder } from "../../src/host/load-folder.ts";
import {
  buildDrivers,
  closed,
  drive,
  isAlive,
  native,
  operationOf,
  ROOT,
  start,
  temporaryDirectory,
} from "./driver.ts";

const directory = temporaryDirectory();
beforeAll(buildDrivers, 120_000);
afterAll(() => directory.dispose());

const COMMAND = native("command");

const flagsOf = (line: string, more: readonly string[] = []): readonly string[] => [
  "--trial=0a1b",
  `--command=${line}`,
  `--in=${directory.path}`,
  "--limit-seconds=60",
  ...more,
];

const runs = (line: string, batches = 1, more: readonly string[] = []) =>
  drive(COMMAND, closed({ flags: flagsOf(line, more), batches, batchOperations: 1 }));

/** In a folder of its own. */
const logged = (name: string) => {
  const path = join(directory.path, name);
  return { path, lines: () => (existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : []) };
};

test("a command is run once for nothing and then once an operation, in the folder that was named", async () => {
  const log = logged("cwd");
  const result = await runs(`pwd >>'${log.path}'`, 3);
  expect(operationOf(result)).toMatchObject({ operation: "run", count: 3, errors: 0 });
  expect(operationOf(result).batches).toHaveLength(3);
  expect(log.lines()).toEqual(Array(4).fill(directory.path));
});

test("what it starts is in its CPU time, to the third generation, and without a pace that none could tell", async () => {
  const busy = join(directory.path, "busy.sh");
  writeFileSync(busy, "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done\n");
  const [batch] = operationOf(await runs(`sh -c "sh '${busy}'; true"; true`)).batches;
  const [nothing] = operationOf(await runs("true")).batches;
  expect(batch?.cpuNs).toBeGreaterThan(10 * (nothing?.cpuNs ?? Infinity));
  expect(batch).not.toHaveProperty("paceNs");
});

test("what is needed is prepared once, and again after a preparation that failed", async () => {
  const folder = join(directory.path, "prepared");
  const prepared = (preparation: string) =>
    runs("test -e made", 1, [`--in=${folder}`, `--preparation=${preparation}`]);
  await expect(prepared("echo no room >&2; false")).rejects.toThrow(
    /no room\nthe command ended with status 1/,
  );
  await prepared("touch made");
  await prepared("rm made");
  expect(readdirSync(folder)).toEqual(["made"]);
});

describe("a command that goes wrong", () => {
  const failing = async (line: string, more: readonly string[] = []) => {
    const driver = start(COMMAND, closed({ flags: flagsOf(line, more), batches: 1, batchOperations: 1 }));
    return await driver.ended;
  };

  test("is told of before anything is measured, with the end of what it said", async () => {
    const { code, stderr } = await failing("echo first >&2; echo last words >&2; exit 3");
    expect(code).toBe(1);
    expect(stderr).toBe("first\nlast words\nthe command ended with status 3\n");
  });

  test("is told of by its signal", async () => {
    expect((await failing("kill -SEGV $$")).stderr).toContain("the command was ended by signal 11");
  });

  test("ends the driver in the window too", async () => {
    const once = join(directory.path, "once");
    const line = `test ! -e '${once}' && touch '${once}'`;
    const driver = start(COMMAND, closed({ flags: flagsOf(line), batches: 1, batchOperations: 1 }));
    await driver.prepared();
    driver.say("go");
    expect(await driver.line()).toBeUndefined();
    expect(await driver.ended).toMatchObject({ code: 1, stderr: "the command ended with status 1\n" });
  });

  test("is killed with all that it started when it does not end", async () => {
    const pid = logged("late");
    const { code, stderr } = await failing(`sleep 1000 & echo $! >'${pid.path}'; wait`, [
      "--limit-seconds=1",
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain("the command had not ended after 1 s: killed");
    expect(isAlive(Number(pid.lines()[0]))).toBe(false);
  });

  test("says more than anybody keeps, and is not held up by it", async () => {
    const { stderr } = await failing("yes loud | head -c 3000000 >&2; exit 1");
    expect(stderr.length).toBeLessThan(3000);
    expect(stderr).toMatch(/loud\nthe command ended with status 1\n$/);
  });

  test("has no folder to work in", async () => {
    expect((await failing("true", ["--in=/nowhere/at/all"])).stderr).toContain(
      "cannot work in /nowhere/at/all",
    );
  });
});

test("what a command leaves running is killed and told of, and the command counts", async () => {
  const pid = logged("left");
  const driver = start(
    COMMAND,
    closed({
      flags: flagsOf(`(setsid sleep 1000 & echo $! >>'${pid.path}')`),
      batches: 1,
      batchOperations: 1,
    }),
  );
  await driver.prepared();
  expect(operationOf(await driver.go()).count).toBe(1);
  await driver.drained();
  const { code, stderr } = await driver.ended;
  expect(code).toBe(0);
  expect(new Set(stderr.split("\n"))).toEqual(new Set(["the command left processes running: killed", ""]));
  expect(pid.lines().map(Number).filter(isAlive)).toEqual([]);
});

test("a command reaches no terminal, reads nothing, and prints nowhere", async () => {
  const log = logged("streams");
  const line = [
    "in=$(readlink /proc/$$/fd/0)",
    "out=$(readlink /proc/$$/fd/1)",
    "got=$(cat)",
    "(: >/dev/tty) 2>/dev/null || terminal=none",
    `printf '%s\\n' "$in" "$out" "got:$got" "$terminal" >'${log.path}'`,
  ].join("; ");
  await runs(line);
  expect(log.lines()).toEqual(["/dev/null", "/dev/null", "got:", "none"]);
});

test("a command that writes into a pipe that nobody reads is ended by it, as in a terminal", async () => {
  const result = await runs("yes | head -1 | grep -q y");
  expect(operationOf(result).count).toBe(1);
});

test("the driver that is told to end ends the command", async () => {
  const pid = logged("told");
  const driver = start(
    COMMAND,
    closed({ flags: flagsOf(`echo $$ >>'${pid.path}'; exec sleep 1000`), batches: 1, batchOperations: 1 }),
  );
  await expect.poll(() => pid.lines().length).toBe(1);
  driver.child.kill("SIGTERM");
  expect(await driver.ended).toMatchObject({ signal: "SIGTERM" });
  expect(pid.lines().map(Number).filter(isAlive)).toEqual([]);
});

test.each([
  [["--mode=open", "--rate=10"], "--mode must be closed here"],
  [["--limit-seconds=0"], "--limit-seconds must be a whole number from 1"],
])("%j is refused", async (flags, why) => {
  const driver = start(COMMAND, [...closed({ flags: flagsOf("true"), batchOperations: 1 }), ...flags]);
  expect(await driver.ended).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
});

const scenarios = await loadFolder<Scenario>(join(ROOT, "scenarios"));
const shipped = [...scenarios.values()].filter(({ driver }) => driver.kind === "command");

test.each(shipped.map(({ id, driver }) => ({ id, driver })))("$id works on this node", async ({ driver }) => {
  if (driver.kind !== "command") throw new Error("not a command");
  const folder = mkdtempSync(join(tmpdir(), "tare-macro-"));
  try {
    mkdirSync(join(folder, "in"));
    const flags = [
      "--trial=0a1b",
      `--command=${driver.run}`,
      `--preparation=${driver.preparation ?? ""}`,
      `--in=${join(folder, "in")}`,
      "--limit-seconds=120",
    ];
    const [batch] = operationOf(
      await drive(COMMAND, closed({ flags, batches: 1, batchOperations: 1 })),
    ).batches;
    expect(batch?.cpuNs).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
