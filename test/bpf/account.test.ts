/** The sensor's account of itself: who woke it, what each program did, what the kernel cannot tell, how much memory it holds, and why its hooks are in that order. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FAMILIES, OBSTACLE } from "./observing.ts";
import { explain, parseLines, ROOT, Sensor, SENSOR, trigger } from "./sensor.ts";
import type { Json, Statistics } from "./sensor.ts";

const PREBUILT = process.env["TARE_TEST_PREBUILT"] === "yes";
const RUN_COUNTING = "/proc/sys/kernel/bpf_stats_enabled";
const BURST = 5000;

let sensor: Sensor | undefined;
beforeEach((context) => {
  context.skip(OBSTACLE !== undefined, OBSTACLE);
});
afterEach(() => {
  sensor?.kill();
});

describe("wake-ups", () => {
  test("are told by what caused them: time while little happens, the ring when it fills", async () => {
    const running = await Sensor.start(["--families", "file", "--output", "none", "--ring-bytes", "1048576"]);
    sensor = running;
    const wakeUps = async (): Promise<Statistics["wakeUps"]> => (await running.statistics()).wakeUps;
    await expect.poll(async () => (await wakeUps()).time).toBeGreaterThan(0);
    const calm = await wakeUps();
    trigger("burst", "/nonexistent/wake-ups", "100000");
    const busy = await wakeUps();
    expect(busy.ring).toBeGreaterThan(calm.ring);
    await sensor.stop();
  });
});

describe("the account of each program", () => {
  test("has a name, a hook and what was skipped, and no runs while the kernel does not count them", async (context) => {
    context.skip(readFileSync(RUN_COUNTING, "utf8").trim() !== "0", "the kernel counts runs already");
    sensor = await Sensor.start(["--families", "exec,file", "--output", "none"]);
    const { families } = await sensor.stop();
    for (const [family, { hook, programs }] of Object.entries(families)) {
      expect([family, programs.length > 0]).toEqual([family, true]);
      for (const program of programs) {
        expect(program.name).toMatch(/^tare_/);
        expect(program.hook.startsWith(hook.replace(/\*.*$/, ""))).toBe(true);
        expect(program).not.toHaveProperty("runs");
        expect(program).not.toHaveProperty("runNs");
      }
    }
  });

  test("has runs and their time while the kernel counts them", async () => {
    const before = readFileSync(RUN_COUNTING, "utf8");
    writeFileSync(RUN_COUNTING, "1");
    try {
      sensor = await Sensor.start(["--families", "file", "--output", "none"]);
      trigger("burst", "/nonexistent/runs", String(BURST));
      const programs = (await sensor.stop()).families["file"]?.programs ?? [];
      const sum = (key: "runs" | "runNs"): number =>
        programs.reduce((total, program) => total + (program[key] ?? Number.NaN), 0);
      expect(sum("runs")).toBeGreaterThanOrEqual(BURST);
      expect(sum("runNs")).toBeGreaterThan(sum("runs"));
    } finally {
      writeFileSync(RUN_COUNTING, before);
    }
  });
});

/** Statistics of a sensor that takes its kernel for an old one: this personality makes uname(2) say 2.6. */
const onOldKernel = async (): Promise<Statistics> => {
  const child = spawn("setarch", ["--uname-2.6", SENSOR, "--families", "file", "--output", "none"], {
    stdio: "pipe",
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  try {
    await expect.poll(() => said).toContain('"ready":true');
    const closed = once(child, "close");
    child.kill("SIGTERM");
    await closed;
  } finally {
    child.kill("SIGKILL");
  }
  return parseLines(said).at(-1) as unknown as Statistics;
};

describe("skipped runs", () => {
  test("are left out, and not 0, where the kernel does not count them", async () => {
    const file = (await onOldKernel()).families["file"];
    expect(file?.lostByCause).toMatchObject({ "ring-full": 0 });
    expect(file?.lostByCause).not.toHaveProperty("run-skipped");
    for (const program of file?.programs ?? []) expect(program).not.toHaveProperty("skipped");
  });

  test("are told by kernels from the version on that counts them, which differs by the kind of hook", (context) => {
    context.skip(PREBUILT, "there is no compiler here");
    const program = join(ROOT, "build/test/skipped-check");
    mkdirSync(join(ROOT, "build/test"), { recursive: true });
    const sources = [
      join(import.meta.dirname, "fixtures/skipped-check.c"),
      join(ROOT, "bpf/loader/counts.c"),
    ];
    execFileSync("cc", ["-I", join(ROOT, "bpf/loader"), ...sources, "-lbpf", "-lelf", "-lz", "-o", program], {
      stdio: "pipe",
    });
    const tells = (section: string, version: string): string =>
      execFileSync(program, [section, ...version.split(".")], { encoding: "utf8" }).trim();
    const told = (section: string): readonly string[] =>
      ["5.8", "5.11", "5.12", "6.1", "6.6", "6.7", "6.18", "7.0"].filter(
        (version) => tells(section, version) === "yes",
      );
    expect(told("tracepoint/syscalls/sys_exit_openat")).toEqual(["6.7", "6.18", "7.0"]);
    const sinceRecursionIsCounted = ["5.12", "6.1", "6.6", "6.7", "6.18", "7.0"];
    for (const section of ["fexit/do_sys_openat2", "tp_btf/sys_exit", "raw_tp/sys_exit"])
      expect(told(section)).toEqual(sinceRecursionIsCounted);
  });
});

interface Map {
  readonly id: number;
  readonly name?: string;
  readonly type: string;
  readonly max_entries: number;
  readonly bytes_memlock?: number;
}

const maps = (): readonly Map[] =>
  JSON.parse(execFileSync("bpftool", ["map", "list", "--json"], { encoding: "utf8" })) as readonly Map[];

describe("kernelBytes", () => {
  test("is all that the kernel accounts for the sensor's maps, the rings among them", async (context) => {
    context.skip(spawnSync("bpftool", ["version"]).error !== undefined, "bpftool is not installed");
    sensor = await Sensor.start(["--families", "exec,flow", "--output", "none", "--ring-bytes", "65536"]);
    const own = sensor.maps();
    const held = maps().filter(({ id }) => own.has(id));
    const begun = held.find(({ name }) => name === "tare_begun");
    const heldBytes = held
      // From 5.11 to 6.3 the kernel says 0 of rings.
      .map(({ type, max_entries: bytes, bytes_memlock: told = 0 }) =>
        type === "ringbuf" ? Math.max(bytes, told) : told,
      )
      .reduce((sum, bytes) => sum + bytes, 0);
    const ready = sensor.lines().find((line) => line["ready"] === true);
    expect(begun?.bytes_memlock).toBeGreaterThan(16_384 * 16);
    expect(ready?.["kernelBytes"]).toBe(heldBytes);
    await sensor.stop();
  });
});

describe("--explain", () => {
  test("says of every hook of every family why it has its place, and of a refused one why in plain words", () => {
    const hooks = explain(FAMILIES.join(","));
    expect(new Set(hooks.map(({ family }) => family))).toEqual(new Set(FAMILIES));
    expect(hooks.filter(({ why }) => !/^[a-z].{30,}$/.test(why))).toEqual([]);
    for (const { reason } of hooks.filter(({ outcome }) => outcome === "failed")) {
      expect(reason).not.toContain("ulimit");
      expect(reason).toMatch(/^attached, but|^[a-z]+: [^:(]+: [a-z][^(]{20,}/);
    }
  });

  test("tells a user without privilege that it takes some", (context) => {
    const ran = spawnSync(SENSOR, ["--explain", "--families", "file"], {
      encoding: "utf8",
      uid: 65_534,
      gid: 65_534,
    });
    if (ran.error !== undefined) return context.skip(`other users cannot run it here: ${ran.error.message}`);
    const reasons = parseLines(ran.stdout).map(({ reason }: Json) => reason);
    expect(reasons.length).toBeGreaterThan(1);
    for (const reason of reasons) {
      expect(reason).toContain("needs root, or CAP_BPF and CAP_PERFMON");
      expect(reason).not.toContain("ulimit");
    }
  });
});
