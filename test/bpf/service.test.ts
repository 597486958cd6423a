/** The sensor beside its events: sockets as output, statistics for Prometheus, and what it may still do. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { OBSTACLE } from "./observing.ts";
import { parseLines, SENSOR, Sensor, trigger } from "./sensor.ts";

const directory = mkdtempSync(join(tmpdir(), "tare-bpf-service-"));
let sensor: Sensor | undefined;
let server: Server | undefined;

afterEach(() => {
  sensor?.kill();
  server?.close();
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
};

/** Samples of Prometheus' text by name with labels. */
const samplesOf = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );

describe("a Unix socket as output", () => {
  beforeEach((context) => {
    context.skip(OBSTACLE !== undefined, OBSTACLE);
  });

  test("gets every line", async () => {
    const path = join(directory, "events.sock");
    let received = "";
    const ended = new Promise<void>((resolve) => {
      server = createServer((client) => {
        client.setEncoding("utf8").on("data", (text: string) => (received += text));
        client.once("close", resolve);
      }).listen(path);
    });
    sensor = await Sensor.start(["--families", "file", "--output", `unix:${path}`]);
    const truth = trigger("burst", "/nonexistent/socket", "5000");
    const { written } = await sensor.stop();
    await ended;
    const events = parseLines(received);
    expect(events).toHaveLength(written.events);
    expect(events.filter(({ pid }) => pid === truth.pid).length).toBeGreaterThanOrEqual(5000);
    expect(written.lost).toBe(0);
  });

  test("whose reader goes away is counted, not fatal", async () => {
    const path = join(directory, "leaving.sock");
    server = createServer((client) => client.destroy()).listen(path);
    sensor = await Sensor.start(["--families", "file", "--output", `unix:${path}`]);
    trigger("burst", "/nonexistent/socket", "5000");
    const { families, written } = await sensor.stop();
    expect(written.lost).toBeGreaterThan(0);
    expect(written.events + written.lost).toBe(families["file"]?.emitted);
  });

  test.each([
    [
      "that nobody listens on",
      join(directory, "nobody.sock"),
      /nobody\.sock: .*; give .* a socket that is listened on/,
    ],
    ["with too long a path", `/${"x".repeat(200)}`, /File name too long/],
  ])("%s is an error before anything is observed", (_, path, expected) => {
    const ran = spawnSync(SENSOR, ["--output", `unix:${path}`], { encoding: "utf8" });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(expected);
  });
});

describe("--metrics", () => {
  beforeEach((context) => {
    context.skip(OBSTACLE !== undefined, OBSTACLE);
  });

  test("answers with the same figures as the statistics", async () => {
    const port = await freePort();
    sensor = await Sensor.start(["--families", "file", "--output", "none", "--metrics", String(port)]);
    trigger("burst", "/nonexistent/metrics", "5000");
    const statistics = await sensor.statistics();
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(response.status).toBe(200);
    const samples = samplesOf(await response.text());
    const emitted = samples.get('tare_sensor_emitted_total{family="file"}') ?? Number.NaN;
    // Other processes of the node go on opening files between the two.
    expect(emitted).toBeGreaterThanOrEqual(statistics.families["file"]?.emitted ?? Number.NaN);
    expect(samples.get("tare_sensor_discarded_total")).toBeGreaterThanOrEqual(statistics.written.discarded);
    expect(samples.get('tare_sensor_lost_total{family="file",cause="ring-full"}')).toBe(0);
    expect(samples.get("tare_sensor_wake_ups_total")).toBeGreaterThan(0);
  });

  test("has one path, and a client that says nothing stops neither events nor the next client", async () => {
    const port = await freePort();
    sensor = await Sensor.start(["--families", "file", "--output", "none", "--metrics", String(port)]);
    const { connect } = await import("node:net");
    const silent = connect(port, "127.0.0.1");
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/metrics?x`)).status).toBe(200);
    silent.destroy();
    expect((await sensor.stop()).families["file"]?.lost).toBe(0);
  });

  test.each([
    ["0", 2, /--metrics "0" is not a port/],
    ["http", 2, /--metrics "http" is not a port/],
  ])("%s is a usage error", (port, status, expected) => {
    const ran = spawnSync(SENSOR, ["--output", "none", "--metrics", port], { encoding: "utf8" });
    expect(ran.status).toBe(status);
    expect(ran.stderr).toMatch(expected);
  });

  test("a port in use is an error that says so", async () => {
    server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server?.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const ran = spawnSync(SENSOR, ["--output", "none", "--metrics", String(port)], { encoding: "utf8" });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(/Address already in use; choose a port/);
  });
});

describe("once it observes", () => {
  test("it keeps CAP_BPF alone and can get nothing back", async (context) => {
    context.skip(OBSTACLE !== undefined, OBSTACLE);
    sensor = await Sensor.start(["--output", "none"]);
    const status = readFileSync(`/proc/${sensor.child.pid}/status`, "utf8");
    const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)$`, "m").exec(status)?.[1] ?? "";
    const CAP_BPF = 1n << 39n;
    expect(BigInt(`0x${field("CapEff")}`)).toBe(CAP_BPF);
    expect(BigInt(`0x${field("CapPrm")}`)).toBe(CAP_BPF);
    expect(field("NoNewPrivs")).toBe("1");
  });
});
