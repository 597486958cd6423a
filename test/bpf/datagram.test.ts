/** What is sent to an address without a connect, by every hook that loads here: told once for an address in a row, and some times a second. */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { expectOrigin, forEachHook, OBSTACLE, observing, ORIGIN_KEYS } from "./observing.ts";
import { eventsOf, parseLines, Sensor, trigger } from "./sensor.ts";
import type { Json, Truth } from "./sensor.ts";

const { observed, output } = observing();
const directory = temporaryFolder();
const of = (truth: Truth): readonly Json[] => eventsOf(output(), "datagram", truth.pid);

/** bpf/kernel/datagram.bpf.c */
const MAX_A_SECOND = 10;

/** Somebody who takes what is sent there. */
const receiving = async <T>(
  kind: "udp4" | "udp6",
  address: string,
  act: (port: number) => Promise<T>,
): Promise<T> => {
  const socket = createSocket(kind);
  await new Promise<void>((resolve) => {
    socket.bind(0, address, resolve);
  });
  const result = await act(socket.address().port);
  await new Promise<void>((resolve) => {
    socket.close(resolve);
  });
  return result;
};

forEachHook("datagram", (hook) => {
  test.each(["sendto", "sendmsg", "sendmmsg"])("%s is told with its address and result", async (call) => {
    await receiving("udp4", "127.0.0.1", async (port) => {
      const truth = await observed(hook, () => trigger("send", call, "127.0.0.1", String(port), "1"));
      const events = of(truth);
      expect(events).toMatchObject([{ family: "ipv4", address: "127.0.0.1", port, ret: truth.ret }]);
      expect(truth.ret).toBeGreaterThan(0);
      expectOrigin(events[0], truth);
      expect(Object.keys(events[0] ?? {})).toEqual([...ORIGIN_KEYS, "family", "address", "port", "ret"]);
    });
  });

  test("so is one over IPv6", async () => {
    await receiving("udp6", "::1", async (port) => {
      const truth = await observed(hook, () => trigger("send", "sendto", "::1", String(port), "1"));
      expect(of(truth)).toMatchObject([{ family: "ipv6", address: "::1", port, ret: 1 }]);
    });
  });

  test("many to one address are told once", async () => {
    await receiving("udp4", "127.0.0.1", async (port) => {
      const truth = await observed(hook, () => trigger("send", "sendto", "127.0.0.1", String(port), "100"));
      expect(of(truth)).toHaveLength(1);
    });
  });

  test("a socket that sends to very many is told some times a second", async () => {
    const truth = await observed(hook, () => trigger("spray", "9", "200"));
    const addresses = of(truth).map(({ address }) => address);
    expect(addresses.length).toBeGreaterThanOrEqual(MAX_A_SECOND);
    // Two seconds may have begun.
    expect(addresses.length).toBeLessThanOrEqual(2 * MAX_A_SECOND);
    expect(addresses[0]).toBe("127.0.0.1");
  });

  test("one by a socket that is connected has no address, and is none", async () => {
    await receiving("udp4", "127.0.0.1", async (port) => {
      const truth = await observed(hook, () => trigger("send", "send", "127.0.0.1", String(port), "3"));
      expect(truth.ret).toBe(1);
      expect(of(truth)).toEqual([]);
    });
  });
});

describe.skipIf(OBSTACLE !== undefined)("datagrams that are not told", () => {
  let sensor: Sensor | undefined;
  afterEach(() => {
    sensor?.kill();
  });

  test("count as limited", async () => {
    const file = join(directory, "limited.jsonl");
    sensor = await Sensor.start(["--families", "datagram", "--output", file]);
    const { pid } = trigger("spray", "9", "200");
    const counts = (await sensor.stop()).families["datagram"];
    expect(counts?.limited).toBeGreaterThanOrEqual(200 - 2 * MAX_A_SECOND);
    expect(counts?.lost).toBe(0);
    expect(counts?.seen).toBe((counts?.emitted ?? 0) + (counts?.limited ?? 0));
    expect(parseLines(readFileSync(file, "utf8")).some((event) => event["pid"] === pid)).toBe(true);
  });
});
