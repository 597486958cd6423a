/** Whatever goes wrong, every event is either a line or counted as lost, and nothing is left behind. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { OBSTACLE } from "./observing.ts";
import { eventsOf, parseLines, SENSOR, Sensor, trigger } from "./sensor.ts";

/** Opens in a row that the default ring holds though the sensor may not run meanwhile. */
const BURST = 15_000;
const directory = temporaryFolder();
let sensor: Sensor | undefined;

afterEach(() => {
  sensor?.kill();
});

/** Ids of the sensor's programs that are loaded now. */
const programIds = (): readonly number[] => {
  const listed = spawnSync("bpftool", ["prog", "list", "--json"], { encoding: "utf8" }).stdout;
  const programs = JSON.parse(listed) as readonly {
    readonly id: number;
    readonly name?: string;
    readonly pids?: readonly { readonly pid: number }[];
  }[];
  return programs
    .filter((program) => program.name?.startsWith("tare_") === true)
    .map((program) => program.id);
};

/** Writes until there is no room; `fd` must not block. */
const fill = (fd: number): void => {
  for (const bytes of [4096, 1])
    try {
      for (;;) writeSync(fd, Buffer.alloc(bytes, "x"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
};

describe.skipIf(OBSTACLE !== undefined)("losses", () => {
  test("an overflowing ring loses exactly what it says: seen = emitted + lost, lines = emitted", async () => {
    const output = join(directory, "overflow.jsonl");
    sensor = await Sensor.start(["--families", "file", "--output", output, "--ring-bytes", "4096"]);
    sensor.child.kill("SIGSTOP");
    trigger("burst", "/nonexistent/overflow", String(BURST));
    sensor.child.kill("SIGCONT");
    const { families, written } = await sensor.stop();
    const file = families["file"];
    expect(file?.lost).toBeGreaterThan(BURST / 2);
    expect(file?.lostByCause["ring-full"]).toBe(file?.lost);
    expect(file?.seen).toBe((file?.emitted ?? 0) + (file?.lost ?? 0));
    expect(file?.seen).toBeGreaterThanOrEqual(BURST);
    expect(written).toMatchObject({ events: file?.emitted, lost: 0, bytes: statSync(output).size });
    expect(parseLines(readFileSync(output, "utf8"))).toHaveLength(written.events);
    // Not necessarily any of the burst: others of this node may have filled so small a ring first.
    expect(written.events).toBeGreaterThan(0);
  });

  test("a storm of opens takes no room from execs, and no family's losses are another's", async () => {
    const output = join(directory, "storm.jsonl");
    sensor = await Sensor.start(["--families", "exec,file", "--output", output, "--ring-bytes", "262144"]);
    sensor.child.kill("SIGSTOP");
    trigger("burst", "/nonexistent/storm", String(BURST));
    const truths = Array.from({ length: 5 }, () => trigger("identity"));
    sensor.child.kill("SIGCONT");
    const { families, written } = await sensor.stop();
    expect(families["file"]?.lost).toBeGreaterThan(0);
    expect(families["exec"]).toMatchObject({ lost: 0 });
    for (const { pid } of truths) expect(eventsOf(output, "exec", pid)).toHaveLength(1);
    for (const { seen, emitted, lost } of Object.values(families)) expect(seen).toBe(emitted + lost);
    expect(written.events).toBe(Object.values(families).reduce((sum, { emitted }) => sum + emitted, 0));
  });

  test("lines of one task come in order of time, whatever they are of", async () => {
    const output = join(directory, "order.jsonl");
    sensor = await Sensor.start(["--families", "exec,file,exit", "--output", output]);
    const { pid } = trigger("openat", "/nonexistent/order", "0", "0");
    await sensor.stop();
    const own = parseLines(readFileSync(output, "utf8")).filter(
      (event) => event["pid"] === pid && event["comm"] === "bpf-trigger",
    );
    const types = own.map(({ type }) => type);
    expect([types[0], types.at(-1)]).toEqual(["exec", "exit"]);
    expect(types.filter((type) => type === "open").length).toBeGreaterThan(0);
    const times = own.map(({ time }) => Number(time));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("a full disk is counted, and the sensor goes on", async () => {
    sensor = await Sensor.start(["--families", "file", "--output", "/dev/full"]);
    trigger("burst", "/nonexistent/full", String(BURST));
    const { families, written } = await sensor.stop();
    expect(families["file"]?.lost).toBe(0);
    expect(written).toEqual({ events: 0, bytes: 0, lost: families["file"]?.emitted, discarded: 0 });
    expect(written.lost).toBeGreaterThanOrEqual(BURST);
  });

  test("a disk that fills up and is cleared keeps whole lines, cuts at most one, and counts the rest", async (context) => {
    const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tare-test", directory], {
      encoding: "utf8",
    });
    if (mount.status !== 0) return context.skip(`no small file system to fill: ${mount.stderr}`);
    try {
      const output = join(directory, "small.jsonl");
      const ballast = join(directory, "ballast");
      writeFileSync(ballast, Buffer.alloc(64 << 10));
      // Others of this node could fill what is cleared once more.
      const policy = join(directory, "own.yaml");
      writeFileSync(policy, `processes: { trees: [${process.pid}] }\n`);
      sensor = await Sensor.start(["--families", "file", "--policy", policy, "--output", output]);
      trigger("burst", "/nonexistent/small", String(BURST));
      const full = await sensor.statistics();
      expect(full.written.lost).toBeGreaterThan(0);
      rmSync(ballast);
      const truth = trigger("openat", "/nonexistent/cleared", "0", "0");
      const { families, written } = await sensor.stop();
      expect(written.events).toBeGreaterThan(full.written.events);
      expect(written.events + written.lost).toBe(families["file"]?.emitted);
      expect(written.bytes).toBe(statSync(output).size);
      const lines = readFileSync(output, "utf8").split("\n").slice(0, -1);
      const whole = lines.filter((line) => line.endsWith("}"));
      expect(whole).toHaveLength(written.events);
      expect(lines.length - whole.length).toBeLessThanOrEqual(1);
      expect(whole.map((line) => JSON.parse(line) as unknown)).toContainEqual(
        expect.objectContaining({ pid: truth.pid, path: "/nonexistent/cleared" }),
      );
    } finally {
      sensor?.kill();
      // Lazily: after a failure the sensor may still be ending.
      spawnSync("umount", ["-l", directory]);
    }
  });

  test("a pipe whose reader has gone is counted, not fatal", async () => {
    const fifo = join(directory, "fifo");
    expect(spawnSync("mkfifo", [fifo]).status).toBe(0);
    const reader = openSync(fifo, "r+");
    const writer = openSync(fifo, "w");
    sensor = await Sensor.start(["--families", "file", "--output", "-"], ["ignore", writer, "pipe"]);
    closeSync(writer);
    closeSync(reader);
    trigger("burst", "/nonexistent/gone", String(BURST));
    const { families, written } = await sensor.stop();
    expect(written.lost).toBeGreaterThanOrEqual(BURST);
    expect(written.events + written.lost).toBe(families["file"]?.emitted);
  });

  test("a reader that never reads keeps the sensor neither from answering nor from stopping", async () => {
    const fifo = join(directory, "stuck");
    expect(spawnSync("mkfifo", [fifo]).status).toBe(0);
    const reader = openSync(fifo, "r+");
    const writer = openSync(fifo, "w");
    sensor = await Sensor.start(["--families", "file", "--output", "-"], ["ignore", writer, "pipe"]);
    trigger("burst", "/nonexistent/stuck", "100000");
    expect((await sensor.statistics()).written.events).toBeGreaterThan(0);
    const { families, written } = await sensor.stop();
    closeSync(writer);
    closeSync(reader);
    expect(written.lost).toBeGreaterThan(0);
    expect(families["file"]?.seen).toBe((families["file"]?.emitted ?? 0) + (families["file"]?.lost ?? 0));
    expect(written.events + written.lost).toBe(families["file"]?.emitted);
  });

  test("a pipe that nobody reads is an error at once, for events and for statistics", () => {
    const fifo = join(directory, "unread");
    expect(spawnSync("mkfifo", [fifo]).status).toBe(0);
    for (const args of [
      ["--output", fifo],
      ["--output", "none", "--stats", fifo],
    ]) {
      const ran = spawnSync(SENSOR, args, { encoding: "utf8", timeout: 20_000 });
      expect(ran.stderr).toContain(`${args.at(-2) ?? ""} ${fifo}: nobody reads it; give a file`);
      expect(ran.status).toBe(1);
    }
  });

  test("statistics go to a pipe that is read, and one that is full holds nothing up", async () => {
    const fifo = join(directory, "statistics");
    expect(spawnSync("mkfifo", [fifo]).status).toBe(0);
    const reader = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      sensor = await Sensor.start(["--families", "file", "--output", "none", "--stats", fifo]);
      const buffer = Buffer.alloc(1 << 20);
      const read = (): string => {
        try {
          return buffer.toString("utf8", 0, readSync(reader, buffer));
        } catch {
          return "";
        }
      };
      sensor.child.kill("SIGUSR1");
      let line = "";
      await expect.poll(() => (line += read())).toMatch(/\n$/);
      expect(JSON.parse(line)).toMatchObject({ stats: true });
      fill(reader);
      const closed = once(sensor.child, "close");
      let said = "";
      sensor.child.stderr?.on("data", (text: string) => (said += text));
      sensor.child.kill("SIGTERM");
      expect(await closed).toEqual([0, null]);
      expect(said).toContain("statistics could not be written: nobody reads them; see --stats");
    } finally {
      closeSync(reader);
    }
  });

  test("standard error that is full and not read keeps it neither from observing nor from stopping", async () => {
    const fifo = join(directory, "standard-error");
    expect(spawnSync("mkfifo", [fifo]).status).toBe(0);
    const reader = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const writer = openSync(fifo, "w");
    const output = join(directory, "unheard.jsonl");
    fill(reader);
    const child = spawn(SENSOR, ["--families", "file", "--output", output], {
      stdio: ["ignore", "ignore", writer],
    });
    try {
      const closed = once(child, "close");
      // Nobody can be told when it is ready, so it is tried until it sees one.
      const pids: number[] = [];
      const isSeen = (): boolean => {
        pids.push(trigger("openat", "/nonexistent/unheard", "0", "0").pid);
        return pids.some((pid) => eventsOf(output, "open", pid).length > 0);
      };
      await expect.poll(() => existsSync(output)).toBe(true);
      await expect.poll(isSeen, { interval: 200 }).toBe(true);
      child.kill("SIGUSR1");
      child.kill("SIGTERM");
      expect(await closed).toEqual([0, null]);
    } finally {
      child.kill("SIGKILL");
      closeSync(writer);
      closeSync(reader);
    }
  });

  test("SIGHUP is a stop like SIGTERM, unless the sensor was started to ignore it", async () => {
    const output = join(directory, "hangup.jsonl");
    sensor = await Sensor.start(["--families", "file", "--output", output]);
    const truth = trigger("burst", "/nonexistent/hangup", String(BURST));
    const { families, written } = await sensor.stop("SIGHUP");
    expect(written).toMatchObject({ events: families["file"]?.emitted, lost: 0 });
    expect(
      eventsOf(output, "open", truth.pid).filter((event) => event["path"] === "/nonexistent/hangup"),
    ).toHaveLength(BURST);

    const child = spawn("nohup", [SENSOR, "--families", "file", "--output", "none"], { stdio: "pipe" });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    try {
      await expect.poll(() => said).toContain('"ready":true');
      child.kill("SIGHUP");
      child.kill("SIGUSR1");
      await expect.poll(() => said).toContain('"stats":true');
      expect(child.exitCode).toBeNull();
      const closed = once(child, "close");
      child.kill("SIGTERM");
      expect(await closed).toEqual([0, null]);
    } finally {
      child.kill("SIGKILL");
    }
  });

  test("lines reach a reader of standard output while the sensor runs", async () => {
    sensor = await Sensor.start(["--families", "file", "--output", "-"]);
    let text = "";
    sensor.child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    trigger("openat", "/nonexistent/streamed", "0", "0");
    await expect.poll(() => text).toContain('"path":"/nonexistent/streamed"');
    const { written } = await sensor.stop();
    expect(written.lost).toBe(0);
    expect(parseLines(text)).toHaveLength(written.events);
  });

  test("--output none consumes and counts without writing", async () => {
    sensor = await Sensor.start(["--families", "file", "--output", "none"]);
    trigger("burst", "/nonexistent/none", String(BURST));
    const { families, written } = await sensor.stop("SIGINT");
    expect(families["file"]?.emitted).toBeGreaterThanOrEqual(BURST);
    expect(written).toEqual({ events: 0, bytes: 0, lost: 0, discarded: families["file"]?.emitted });
  });

  test("SIGUSR1 reports only after everything before it is written", async () => {
    const output = join(directory, "usr1.jsonl");
    sensor = await Sensor.start(["--families", "file", "--output", output]);
    const truth = trigger("burst", "/nonexistent/usr1", String(BURST));
    const { families, written } = await sensor.statistics();
    expect(
      eventsOf(output, "open", truth.pid).filter((event) => event["path"] === "/nonexistent/usr1"),
    ).toHaveLength(BURST);
    expect(families["file"]?.lost).toBe(0);
    expect(written.lost).toBe(0);
    await sensor.stop();
  });

  test("the sensor's own calls are no events", async () => {
    const output = join(directory, "own.jsonl");
    sensor = await Sensor.start(["--output", output]);
    const pid = sensor.child.pid ?? 0;
    trigger("openat", "/etc/hostname", "0", "0");
    await sensor.stop();
    const events = parseLines(readFileSync(output, "utf8"));
    expect(events.length).toBeGreaterThan(0);
    expect(events.filter((event) => event["pid"] === pid)).toEqual([]);
  });

  test("statistics go to their file, output is appended and not for everybody to read", async () => {
    const output = join(directory, "appended.jsonl");
    const stats = join(directory, "stats.jsonl");
    for (const round of [1, 2]) {
      sensor = await Sensor.start(["--families", "exec", "--output", output, "--stats", stats]);
      trigger("identity");
      const closed = once(sensor.child, "close");
      sensor.child.kill("SIGTERM");
      expect(await closed).toEqual([0, null]);
      expect(parseLines(readFileSync(stats, "utf8"))).toHaveLength(round);
      const execs = parseLines(readFileSync(output, "utf8"));
      expect(execs.length).toBeGreaterThanOrEqual(round);
    }
    expect(statSync(output).mode & 0o777).toBe(0o640);
  });

  test("nothing is left in the kernel, however the sensor ends", async (context) => {
    if (spawnSync("bpftool", ["version"]).error !== undefined)
      return context.skip("bpftool is not installed");
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const before = new Set(programIds());
      sensor = await Sensor.start(["--output", "none"]);
      const ours = programIds().filter((id) => !before.has(id));
      expect(ours.length).toBeGreaterThanOrEqual(3);
      if (signal === "SIGTERM") await sensor.stop();
      else sensor.kill();
      await expect.poll(() => programIds().filter((id) => ours.includes(id))).toEqual([]);
    }
  });
});
