/** The techniques' program by itself: it does what the list says, tells who did it, and leaves nothing. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TECHNIQUES } from "../../src/domain/techniques/all.ts";
import { type DoneOperation, TechniqueLine } from "../../src/domain/technique-line.ts";
import { buildDrivers, native, start, temporaryDirectory } from "./driver.ts";

const directory = temporaryDirectory();
beforeAll(buildDrivers, 120_000);
afterAll(() => directory.dispose());

const PROGRAM = native("coverage");
const TIMES = 2;

const isRoot = process.getuid?.() === 0;
const mounts = (): string => readFileSync("/proc/self/mounts", "utf8");

const said = async (flags: readonly string[]): Promise<readonly TechniqueLine[]> => {
  const program = start(PROGRAM, [
    "--trial=0a51",
    `--directory=${directory.path}`,
    `--times=${TIMES}`,
    ...flags,
  ]);
  await program.prepared();
  program.say("go");
  const lines: TechniqueLine[] = [];
  for (let line = await program.line(); line !== undefined; line = await program.line())
    lines.push(TechniqueLine.parse(JSON.parse(line)));
  expect(await program.ended).toMatchObject({ code: 0, stderr: "" });
  return lines;
};

const operationsIn = (lines: readonly TechniqueLine[]): readonly DoneOperation[] =>
  lines.filter((line): line is DoneOperation => "pid" in line);

test("it lists the techniques of the sheets, in their order", () => {
  const [program = ""] = PROGRAM;
  const listed = execFileSync(program, ["--list"], { encoding: "utf8" }).trim().split("\n");
  expect(listed).toEqual(TECHNIQUES.map(({ id }) => id));
});

describe("all techniques", () => {
  let lines: readonly TechniqueLine[] = [];
  let before = "";

  beforeAll(async () => {
    before = mounts();
    lines = await said([]);
  });

  test("are each done as often as asked, or skipped with the reason", (ctx) => {
    ctx.skip(!isRoot, "needs root: it mounts and changes users");
    for (const { id } of TECHNIQUES) {
      const own = lines.filter((line) => "technique" in line && line.technique === id);
      const skipped = own.flatMap((line) => ("skipped" in line ? [line.skipped] : []));
      if (skipped.length > 0) console.info(`${id}: ${skipped[0] ?? ""}`);
      expect([id, own.length]).toEqual([id, skipped.length > 0 ? 1 : TIMES]);
      expect(`${id}: ${skipped.join("")}`).not.toMatch(/signal \d|exited with status/);
    }
    expect(lines.filter((line) => "failed" in line)).toEqual([]);
    expect(lines.at(-1)).toEqual({ coverage: "done" });
  });

  test("have a process, a token and an address of their own", () => {
    const operations = operationsIn(lines);
    const tokens = operations.map(({ marks }) => marks[0] ?? "");
    expect(new Set(tokens).size).toBe(operations.length);
    expect(new Set(operations.map(({ marks }) => marks[1])).size).toBe(operations.length);
    expect(new Set(operations.map(({ pid }) => pid)).size).toBe(operations.length);
    for (const token of tokens) expect(token).toMatch(/^TK-0a51-[0-9a-f]{4}$/);
  });

  test("tell by what a right report names the object, where there is one", () => {
    const operations = operationsIn(lines);
    for (const { id, names } of TECHNIQUES) {
      for (const { objects } of operations.filter(({ technique }) => technique === id))
        expect([id, objects.length > 0]).toEqual([id, names !== undefined]);
    }
    const objects = operations.flatMap((one) => one.objects.flat());
    expect(objects.filter((text) => text.startsWith(directory.path)).length).toBeGreaterThan(0);
  });

  test("leave no mount and no process behind", () => {
    expect(mounts()).toBe(before);
    const left = spawnSync("ps", ["-eo", "comm"], { encoding: "utf8" }).stdout;
    expect(left).not.toContain("TK-0a51");
  });
});

test("the calls are those that the sheets name, by the testimony of strace", async (ctx) => {
  ctx.skip(!isRoot, "needs root");
  ctx.skip(spawnSync("strace", ["-e", "trace=none", "true"]).status !== 0, "strace does not work here");
  const trace = join(directory.path, "trace");
  const calls = ["open-openat2", "open-handle", "change-rename", "privilege-setuid", "kernel-module"];
  const program = start(
    ["strace", "-f", "-qq", "-s", "256", "-o", trace, ...PROGRAM],
    ["--trial=0a52", `--directory=${directory.path}`, "--times=1", ...calls.map((id) => `--technique=${id}`)],
  );
  await program.prepared();
  program.say("go");
  program.endInput();
  await program.ended;
  const text = readFileSync(trace, "utf8");
  expect(text).toMatch(/openat2\(AT_FDCWD, ".*\/TK-0a52-\w{4}", .* = \d+/);
  expect(text).toMatch(/open_by_handle_at\(\d+, .* = \d+/);
  expect(text).toMatch(/rename\(".*\/old\/TK-0a52-\w{4}", ".*\/new\/TK-0a52-\w{4}"\) = 0/);
  expect(text).toMatch(/setresuid\(-1, 65534, -1\) += 0\n\d+ +setuid\(0\) += 0/);
  // Refused, or not there at all.
  expect(text).toMatch(/init_module\(NULL, 0, ""\) += -1 E(?:PERM|NOSYS)/);
});

test.each([
  [["--trial=0a51", "--times=2"], "all needed"],
  [["--trial=xyz", "--times=2", "--directory=/tmp"], "four lower-case hexadecimal digits"],
  [["--trial=0a51", "--times=0", "--directory=/tmp"], "a whole number from 1"],
  [["--technique=open-sesame"], 'no technique "open-sesame"'],
  [["--loud"], "unknown"],
])("flags %j are refused", (flags, why) => {
  const [program = ""] = PROGRAM;
  const done = spawnSync(program, flags, { encoding: "utf8" });
  expect(done.status).toBe(2);
  expect(done.stderr).toContain(why);
});
