/** The sensor beside its events: sockets as output and statistics for Prometheus. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { OBSTACLE } from "./observing.ts";
import { freePort, parseLines, SENSOR, Sensor, trigger } from "./sensor.ts";

const directory = temporaryFolder();
let sensor: Sensor | undefined;
let server: Server | undefined;

afterEach(() => {
  sensor?.kill();
  server?.close();
});

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
    // A stop gives a reader that is behind little time.
    const own = (): number => received.split(`"pid":${truth.pid},`).length - 1;
    await expect.poll(own).toBeGreaterThanOrEqual(5000);
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
    const wakeUps = (by: string): number =>
      samples.get(`tare_sensor_wake_ups_total{by="${by}"}`) ?? Number.NaN;
    expect(wakeUps("ring")).toBeGreaterThanOrEqual(statistics.wakeUps.ring);
    expect(wakeUps("time")).toBeGreaterThanOrEqual(statistics.wakeUps.time);
    for (const { name, hook, skipped } of statistics.families["file"]?.programs ?? [])
      expect(
        samples.get(`tare_sensor_program_skipped_total{family="file",program="${name}",hook="${hook}"}`),
      ).toBe(skipped);
  });

  test("a request that comes in pieces is answered like any other, and one that never ends is cut off", async () => {
    const port = await freePort();
    sensor = await Sensor.start(["--families", "file", "--output", "none", "--metrics", String(port)]);
    const replyTo = async (...pieces: readonly string[]): Promise<string> => {
      const client = connect(port, "127.0.0.1").setEncoding("utf8").setNoDelay();
      let reply = "";
      client.on("data", (text: string) => (reply += text));
      // Whoever sends more than is read gets a reset.
      client.on("error", () => undefined);
      const closed = new Promise((resolve) => client.once("close", resolve));
      for (const piece of pieces) {
        client.write(piece);
        await sleep(150);
      }
      await closed;
      return reply;
    };
    const replies = await Promise.all([
      replyTo("GE", "T /met", "rics HTTP/1.1\r\nHost: x\r", "\n\r\n"),
      replyTo("GET /other HTTP/1.1\r\n", "\r\n"),
      replyTo(`GET /metrics HTTP/1.1\r\nX: ${"x".repeat(8000)}`),
    ]);
    expect(replies[0]).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\ntare_sensor_wake_ups_total\{by="time"\} \d+\n$/);
    expect(replies[1]).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
    const length = Number(/Content-Length: (\d+)/.exec(replies[0] ?? "")?.[1]);
    expect((replies[0] ?? "").split("\r\n\r\n")[1]).toHaveLength(length);
  });

  test("more silent clients than there are places keep nobody from an answer", async () => {
    const port = await freePort();
    sensor = await Sensor.start(["--families", "file", "--output", "none", "--metrics", String(port)]);
    const silent = Array.from({ length: 20 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
    await Promise.all(silent.map((client) => once(client, "connect")));
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
    for (const client of silent) client.destroy();
    await sensor.stop();
  });

  test("is answered while a reader does not read; the ring loses and counts, and what was kept comes out", async () => {
    const port = await freePort();
    const fifo = join(directory, "stuck");
    expect(spawnSync("mkfifo", [fifo]).status).toBe(0);
    const reader = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      const args = ["--families", "file", "--ring-bytes", String(1 << 20), "--metrics", String(port)];
      sensor = await Sensor.start([...args, "--output", fifo]);
      const lost = async (): Promise<number> => {
        const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
          signal: AbortSignal.timeout(10_000),
        });
        const samples = samplesOf(await response.text());
        return samples.get('tare_sensor_lost_total{family="file",cause="ring-full"}') ?? Number.NaN;
      };
      trigger("burst", "/nonexistent/stuck", "100000");
      expect(await lost()).toBeGreaterThan(0);
      trigger("burst", "/nonexistent/stuck", "1000");
      expect(await lost()).toBeGreaterThan(1000);
      // Asking for statistics takes nothing away from what waits for the reader.
      expect((await sensor.statistics()).written.lost).toBe(0);
      let received = "";
      const buffer = Buffer.alloc(1 << 16);
      const read = (): void => {
        try {
          for (;;) received += buffer.toString("utf8", 0, readSync(reader, buffer));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
        }
      };
      const reading = setInterval(read, 1);
      const isAll = async (): Promise<boolean> => {
        const { families, written } = await (sensor as Sensor).statistics();
        return written.events === families["file"]?.emitted;
      };
      await expect.poll(isAll).toBe(true);
      const { families, written } = await sensor.stop();
      clearInterval(reading);
      read();
      expect(written.events + written.lost).toBe(families["file"]?.emitted);
      expect(parseLines(received)).toHaveLength(written.events);
    } finally {
      closeSync(reader);
    }
  });

  test("has one path, and a client that says nothing stops neither events nor the next client", async () => {
    const port = await freePort();
    sensor = await Sensor.start(["--families", "file", "--output", "none", "--metrics", String(port)]);
    const silent = connect(port, "127.0.0.1");
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/metrics?x`)).status).toBe(200);
    silent.destroy();
    expect((await sensor.stop()).families["file"]?.lost).toBe(0);
  });

  test.each([
    ["0", 2, /--metrics "0" is not a whole number from 1 to 65535/],
    ["http", 2, /--metrics "http" is not a whole number from 1 to 65535/],
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
