/** `--per-cpu-rings`: the same events, through a ring for each CPU, within the memory that was asked for. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { parseCpuList } from "../../src/domain/cpu-list.ts";
import { usableCpus } from "../../src/host/cpus.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { OBSTACLE } from "./observing.ts";
import { parseLines, Sensor, TRIGGER } from "./sensor.ts";

const RING_BYTES = 1 << 20;
/** Two CPUs' rings hold twice as much each, so none is lost though the sensor may not run meanwhile. */
const BURST = 2000;
const cpus = usableCpus();
/** Of the node, which may be more than this process may use. */
const online = parseCpuList(readFileSync("/sys/devices/system/cpu/online", "utf8")).length;
const directory = temporaryFolder();
let sensor: Sensor | undefined;

afterEach(() => {
  sensor?.kill();
});

const start = async (output: string): Promise<Sensor> =>
  await Sensor.start([
    "--families=file",
    `--output=${output}`,
    "--per-cpu-rings",
    `--ring-bytes=${RING_BYTES}`,
  ]);

/** Opens that fail, all on one CPU. */
const burstOn = (cpu: number): void => {
  const { status, stderr } = spawnSync(
    "taskset",
    ["-c", String(cpu), TRIGGER, "burst", `/nonexistent/cpu-${cpu}`, String(BURST)],
    { encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
};

interface Ring {
  readonly id: number;
  readonly type: string;
  readonly name?: string;
  readonly max_entries: number;
}

const ringsOf = (running: Sensor): readonly Ring[] => {
  const own = running.maps();
  const listed = spawnSync("bpftool", ["map", "list", "--json"], { encoding: "utf8" }).stdout;
  return (JSON.parse(listed) as readonly Ring[]).filter(
    ({ id, type, name }) => type === "ringbuf" && name === "tare_ring" && own.has(id),
  );
};

describe.skipIf(OBSTACLE !== undefined)("a ring for each CPU", () => {
  test("every event of every CPU becomes a line, in each CPU's order", async () => {
    const output = join(directory, "events.jsonl");
    sensor = await start(output);
    for (const cpu of cpus) burstOn(cpu);
    const { families, written } = await sensor.stop();
    expect(families["file"]).toMatchObject({ lost: 0 });
    expect(written).toMatchObject({ events: families["file"]?.seen, lost: 0 });
    const lines = parseLines(readFileSync(output, "utf8"));
    for (const cpu of cpus) {
      const own = lines.filter(({ path }) => path === `/nonexistent/cpu-${cpu}`);
      expect(own).toHaveLength(BURST);
      const times = own.map(({ time }) => Number(time));
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });

  test("the rings together are no larger than what was asked for, and one full ring loses what it says", async () => {
    const output = join(directory, "overflow.jsonl");
    sensor = await start(output);
    const rings = ringsOf(sensor);
    expect(rings).toHaveLength(online);
    expect(rings.reduce((sum, ring) => sum + ring.max_entries, 0)).toBeLessThanOrEqual(
      Math.max(RING_BYTES, online * 65_536),
    );
    sensor.child.kill("SIGSTOP");
    const [first = 0] = cpus;
    for (let round = 0; round < 20; round += 1) burstOn(first);
    sensor.child.kill("SIGCONT");
    const { families, written } = await sensor.stop();
    const file = families["file"];
    expect(file?.lost).toBeGreaterThan(0);
    expect(file?.lostByCause["ring-full"]).toBe(file?.lost);
    expect(file?.seen).toBe((file?.emitted ?? 0) + (file?.lost ?? 0));
    expect(written).toMatchObject({ events: file?.emitted, lost: 0 });
  });

  test("says at the start how much of the kernel's memory it takes at most", async () => {
    sensor = await start("none");
    const bytes = Number(sensor.lines().find((line) => line["ready"] === true)?.["kernelBytes"]);
    const held = ringsOf(sensor).reduce((sum, ring) => sum + ring.max_entries, 0);
    expect(held).toBeGreaterThan(0);
    expect(bytes).toBeGreaterThan(held);
    await sensor.stop();
  });
});
