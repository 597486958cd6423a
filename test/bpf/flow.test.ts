/** Connections that end: both ends of a real one, what went each way, and how long it stood. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { forEachHook, observing } from "./observing.ts";
import { parseLines, trigger } from "./sensor.ts";
import type { Json } from "./sensor.ts";

const { observed, output } = observing();

interface Conversation {
  readonly port: number;
  readonly clientPort: number;
  readonly ns: number;
}

/** Whether the kernel still has an end of such a connection that is not closed; one in TIME_WAIT (06) is. */
const isOpen = (port: number): boolean => {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["/proc/net/tcp", "/proc/net/tcp6"].some((table) =>
    readFileSync(table, "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .some(
        ([, local, remote, state]) =>
          (local?.endsWith(wanted) === true || remote?.endsWith(wanted) === true) && state !== "06",
      ),
  );
};

/** Each end sends so many bytes, reads all that comes, and closes. */
const converse = async (address: string, up: number, down: number): Promise<Conversation> => {
  const server = createServer({ allowHalfOpen: true }).listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const began = process.hrtime.bigint();
  const accepted = once(server, "connection");
  const client = connect({ port, host: address, allowHalfOpen: true });
  const [peer] = (await accepted) as [typeof client];
  await new Promise<void>((resolve) => {
    if (client.connecting) client.once("connect", resolve);
    else resolve();
  });
  const clientPort = client.localPort ?? 0;
  const ends = [client, peer].map(async (socket) => {
    socket.resume();
    await once(socket, "end");
  });
  client.end(Buffer.alloc(up));
  peer.end(Buffer.alloc(down));
  await Promise.all(ends);
  client.destroy();
  peer.destroy();
  server.close();
  await once(server, "close");
  // A busy kernel sends the last packets later.
  await expect.poll(() => isOpen(port)).toBe(false);
  return { port, clientPort, ns: Number(process.hrtime.bigint() - began) };
};

const flows = (port: number): readonly Json[] =>
  parseLines(readFileSync(output(), "utf8")).filter(
    (event) => event["type"] === "flow" && [event["port"], event["peerPort"]].includes(port),
  );

forEachHook("flow", (hook) => {
  test.each([
    ["127.0.0.1", "ipv4", 0, 0],
    ["127.0.0.1", "ipv4", 1, 300_000],
    ["::1", "ipv6", 70_000, 10],
  ])("both ends of %s tell bytes, addresses and duration", async (address, family, up, down) => {
    const { port, clientPort, ns } = await observed(hook, async () => await converse(address, up, down));
    const both = flows(port);
    expect(both).toHaveLength(2);
    const common = { pid: null, tid: null, ppid: null, uid: process.getuid?.(), comm: null, cgroup: null };
    const addresses = { family, address, peer: address };
    expect(both).toContainEqual(
      expect.objectContaining({
        ...common,
        ...addresses,
        port: clientPort,
        peerPort: port,
        sent: up,
        received: down,
      }),
    );
    expect(both).toContainEqual(
      expect.objectContaining({
        ...common,
        ...addresses,
        port,
        peerPort: clientPort,
        sent: down,
        received: up,
      }),
    );
    for (const { duration } of both) {
      expect(duration).toBeGreaterThan(0);
      expect(duration).toBeLessThanOrEqual(ns);
    }
    expect(Object.keys(both[0] ?? {})).toEqual([
      "type",
      "time",
      "pid",
      "tid",
      "ppid",
      "uid",
      "comm",
      "cgroup",
      "family",
      "address",
      "port",
      "peer",
      "peerPort",
      "sent",
      "received",
      "duration",
    ]);
  });

  test("a connect that is refused is no connection", async () => {
    await observed(hook, () => trigger("connect", "127.1.2.3", "9"));
    expect(flows(9)).toEqual([]);
  });
});
