/** `--format protobuf` holds the same events as JSON Lines, and stays readable when something cut it short. */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { OBSTACLE } from "./observing.ts";
import { comparable, decodeEvents } from "./protobuf.ts";
import { parseLines, Sensor, SENSOR, trigger } from "./sensor.ts";
import type { Json } from "./sensor.ts";

const directory = temporaryFolder();
const sensors: Sensor[] = [];
afterEach(() => {
  for (const sensor of sensors.splice(0)) sensor.kill();
});

const started = async (...args: readonly string[]): Promise<Sensor> => {
  const sensor = await Sensor.start(args);
  sensors.push(sensor);
  return sensor;
};

/** Without what two sensors may tell differently: each reads the clock itself. */
const ofProcess = (events: readonly (Json | undefined)[], pid: number): readonly Json[] =>
  events.flatMap((event) => (event?.["pid"] === pid ? [{ ...event, time: 0, lifetime: 0 }] : []));

describe.skipIf(OBSTACLE !== undefined)("binary output", () => {
  test("is what JSON is, for the same calls", async () => {
    const families = "--families=exec,file,network,exit,accept,privilege,bpf,write,rename,delete";
    const [lines, binary] = [join(directory, "events.jsonl"), join(directory, "events.pb")];
    const json = await started(families, "--output", lines);
    const protobuf = await started(families, "--output", binary, "--format", "protobuf");
    const truths = [
      trigger("exec", "odd"),
      trigger("openat", "/nonexistent/\u00e9", String(0o101), "0640"),
      trigger("connect", "::1", "9"),
      trigger("accept4", "127.1.2.3"),
      trigger("privilege", "setresuid", "1", "2", "3"),
      trigger("bpf-map", "tare_truth"),
      trigger("write", "write", join(directory, "written")),
      trigger("write", "truncate", "nonexistent"),
      trigger("rename", "renameat2", "/etc", "nonexistent", join(directory, "new"), "1"),
      trigger("delete", "rmdir", "nonexistent"),
    ];
    await json.stop();
    const { written } = await protobuf.stop();
    const expected = parseLines(readFileSync(lines, "utf8")).map(comparable);
    const decoded = decodeEvents(readFileSync(binary));
    expect(decoded).toHaveLength(written.events);
    const kinds = new Set<unknown>();
    for (const { pid } of truths) {
      const ofJson = ofProcess(expected, pid);
      expect(ofJson.length).toBeGreaterThan(0);
      const byType = (type: unknown) => (event: Json) => event["type"] === type;
      for (const { type } of ofJson as readonly { readonly type?: unknown }[]) {
        kinds.add(type);
        expect(ofProcess(decoded, pid).filter(byType(type))).toEqual(ofJson.filter(byType(type)));
      }
    }
    expect(kinds).toEqual(
      new Set(["accept", "bpf", "connect", "delete", "exec", "exit", "open", "privilege", "rename", "write"]),
    );
  });

  test("keeps its framing when a full disk cuts an event, and counts what is lost", async (context) => {
    const place = join(directory, "small");
    spawnSync("mkdir", [place]);
    const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tare-test", place], {
      encoding: "utf8",
    });
    if (mount.status !== 0) return context.skip(`no small file system to fill: ${mount.stderr}`);
    try {
      const [output, ballast] = [join(place, "events.pb"), join(place, "ballast")];
      writeFileSync(ballast, Buffer.alloc(64 << 10));
      // Others of this node could fill what is cleared once more.
      const policy = join(directory, "own.yaml");
      writeFileSync(policy, `processes: { trees: [${process.pid}] }\n`);
      const args = ["--families", "file", "--policy", policy, "--output", output];
      const sensor = await started(...args, "--format", "protobuf");
      trigger("burst", "/nonexistent/small", "20000");
      const full = await sensor.statistics();
      expect(full.written.lost).toBeGreaterThan(0);
      rmSync(ballast);
      const truth = trigger("openat", "/nonexistent/cleared", "0", "0");
      const { families, written } = await sensor.stop();
      expect(written.events + written.lost).toBe(families["file"]?.emitted);
      expect(written.bytes).toBe(statSync(output).size);
      const events = framesOf(readFileSync(output)).map(decodedOrCut);
      expect(events.filter((event) => event !== "cut")).toHaveLength(written.events);
      expect(events.filter((event) => event === "cut").length).toBeLessThanOrEqual(1);
      expect(events).toContainEqual(
        expect.objectContaining({ pid: truth.pid, path: "/nonexistent/cleared" }),
      );
    } finally {
      for (const sensor of sensors.splice(0)) sensor.kill();
      // Lazily: after a failure the sensor may still be ending.
      spawnSync("umount", ["-l", place]);
    }
  });

  test("no other format is known", () => {
    const ran = spawnSync(SENSOR, ["--output", "none", "--format", "xml"], {
      encoding: "utf8",
    });
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining('no format is named "xml"')]);
  });
});

/** Each message with the length in front of it. */
const framesOf = (bytes: Buffer): readonly Buffer[] => {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    let length = 0;
    let prefix = 0;
    for (let more = true; more; prefix++) {
      const byte = bytes[at + prefix] ?? 0;
      length |= (byte & 0x7f) << (7 * prefix);
      more = byte > 0x7f;
    }
    frames.push(bytes.subarray(at, at + prefix + length));
    at += prefix + length;
  }
  return frames;
};

const decodedOrCut = (frame: Buffer): Json | "cut" | undefined => {
  try {
    return decodeEvents(frame)[0];
  } catch {
    return "cut";
  }
};
