/** The whole sensor under AddressSanitizer and UndefinedBehaviorSanitizer, at work: whatever one of them finds ends it with a message. */
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { FAMILIES, OBSTACLE } from "./observing.ts";
import { freePort, parseLines, ROOT, Sensor, trigger } from "./sensor.ts";

const folder = temporaryFolder();
const OUT = join(ROOT, "build/bpf-sanitized");
const PROGRAM = join(OUT, "tare-sensor");
const obstacle =
  process.env["TARE_TEST_PREBUILT"] === "yes" ? "there is no compiler here" : (OBSTACLE ?? undefined);

let sensor: Sensor | undefined;
beforeAll(() => {
  if (obstacle !== undefined) return;
  const flags = "CFLAGS=-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all";
  const targets = [PROGRAM, ...FAMILIES.map((name) => join(OUT, `${name}.bpf.o`))];
  execFileSync("make", ["-C", join(ROOT, "bpf"), `OUT=${OUT}`, flags, ...targets], { stdio: "pipe" });
});
beforeEach((context) => {
  context.skip(obstacle !== undefined, obstacle);
});
afterEach(() => {
  sensor?.kill();
});

/** Looking for leaks takes files that it can open no more. */
const start = async (...args: readonly string[]): Promise<Sensor> => {
  process.env["ASAN_OPTIONS"] = "detect_leaks=0";
  return await Sensor.start(args, "pipe", PROGRAM);
};

describe("the sensor under sanitizers", () => {
  test.each(["json", "protobuf"])(
    "observes every family by a policy, answers, reports and stops: %s",
    async (format) => {
      const [output, policy] = [join(folder, `events.${format}`), join(folder, "policy.yaml")];
      writeFileSync(
        policy,
        "processes: { uids: [0] }\nnetwork: { addresses: [127.0.0.0/8, '::1'], ports: [9] }\n" +
          "file: { paths: [/nonexistent/] }\ndeny: { file: { paths: [/nonexistent/denied/] } }\nrate: 100000\n",
      );
      const port = await freePort();
      const args = ["--families", FAMILIES.join(","), "--policy", policy, "--metrics", String(port)];
      sensor = await start(...args, "--output", output, "--format", format);
      trigger("exec", "odd");
      trigger("openat", "/nonexistent/\u00e9", String(0o101), "0640");
      trigger("connect", "::1", "9");
      trigger("accept4", "127.1.2.3");
      trigger("privilege", "setresuid", "1", "2", "3");
      trigger("bpf-map", "tare_truth");
      trigger("write", "pwritev2", join(folder, "written"));
      trigger("rename", "renameat", "/nonexistent", "old", "/nonexistent/new", "0");
      trigger("delete", "unlinkat", "/", "nonexistent", "0");
      expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
      expect((await sensor.statistics()).written.events).toBeGreaterThan(0);
      const { written } = await sensor.stop();
      expect(written.lost).toBe(0);
      if (format === "json") parseLines(readFileSync(output, "utf8"));
    },
  );

  test("counts only", async () => {
    sensor = await start("--output", "none", "--per-cpu-rings");
    trigger("burst", "/nonexistent/none", "20000");
    expect((await sensor.stop()).written.discarded).toBeGreaterThanOrEqual(20_000);
  });

  test("gives up on a reader that does not read", async () => {
    const fifo = join(folder, "stuck");
    expect(spawnSync("mkfifo", [fifo]).status).toBe(0);
    const reader = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      sensor = await start("--families", "file", "--output", fifo, "--ring-bytes", String(1 << 20));
      trigger("burst", "/nonexistent/stuck", "50000");
      await sensor.statistics();
      const { families, written } = await sensor.stop();
      expect(written.lost).toBeGreaterThan(0);
      expect(written.events + written.lost).toBe(families["file"]?.emitted);
    } finally {
      closeSync(reader);
    }
  });
});
