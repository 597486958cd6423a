/** What becomes of rows where something else than a broker answers, or nothing does. A real broker is in kafka.test.ts. */
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createKafkaSender } from "../../src/send/kafka.ts";
import type { NotSent } from "../../src/send/sender.ts";

const servers: Server[] = [];

const listening = async (server: Server): Promise<string> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

let resetting: string;
let web: string;
let silent: string;

beforeAll(async () => {
  resetting = await listening(
    createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", () => socket.resetAndDestroy());
    }),
  );
  web = await listening(createHttpServer());
  silent = await listening(
    createServer((socket) => {
      socket.on("error", () => undefined);
    }),
  );
});

afterAll(() => {
  for (const server of servers) server.close();
});

const attempt = async (broker: string, signal = new AbortController().signal): Promise<unknown> => {
  const sender = await createKafkaSender({ brokers: [broker], settings: {}, retries: 0, schema: 1 });
  try {
    await sender.send({ place: "tare", rows: [{ id: "1", table: "runs", text: "{}" }] }, signal);
    return "sent";
  } catch (error) {
    return error;
  } finally {
    await sender.close();
  }
};

test.each([
  ["nobody listens", () => "127.0.0.1:1"],
  ["the connection is reset", () => resetting],
  ["a web server answers", () => web],
])("where %s, the rows are not sent, and it says to whom", async (_, broker) => {
  const error = (await attempt(broker())) as NotSent;
  expect(error.name).toBe("NotSent");
  expect(error.message).toMatch(/^127\.0\.0\.1:\d+, topic tare: ./);
  expect(error.hint).not.toBe("");
});

test("who is interrupted does not wait for a broker that says nothing", async () => {
  const stop = new AbortController();
  const ended = attempt(silent, stop.signal);
  stop.abort(new Error("stopped"));
  expect(await ended).toMatchObject({ message: "stopped" });
});
