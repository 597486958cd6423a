/** Counters that an agent offers on its own loopback, read in a real network namespace of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { getFromNetworkOf } from "../../src/agents/attached/own-network.ts";
import { createHost } from "../../src/host/host.ts";
import { FakeHost } from "../support/fake-host.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const host = createHost({ root: process.cwd(), journalDirectory: temporaryFolder() });
const started: ChildProcess[] = [];
afterEach(() => {
  for (const one of started.splice(0)) one.kill("SIGKILL");
});

const SERVER = `
require("http").createServer((request, response) => {
  if (request.url !== "/metrics?a=1") { response.writeHead(404).end("no such page"); return; }
  response.end("lost_total 7\\n".repeat(2000));
}).listen(2112, "127.0.0.1", () => console.log("listens"));
`;

/** In a network of its own, of which the loopback alone is up. */
const agentElsewhere = async (): Promise<number> => {
  const agent = spawn("unshare", [
    "--net",
    "sh",
    "-c",
    'ip link set lo up && exec "$0" -e "$1"',
    process.execPath,
    SERVER,
  ]);
  started.push(agent);
  await once(agent.stdout, "data");
  return agent.pid ?? 0;
};

test("what it offers there is read, and nothing of it is on the node's loopback", async () => {
  const pid = await agentElsewhere();
  const url = "http://127.0.0.1:2112/metrics?a=1";
  expect(await getFromNetworkOf(host, pid, url)).toEqual({
    kind: "value",
    value: "lost_total 7\n".repeat(2000),
  });
  expect((await host.httpGet(url)).kind).toBe("missing");
});

test("what is not there is missing, with where and why", async () => {
  const pid = await agentElsewhere();
  const where = `in the network of process ${pid}`;
  expect(await getFromNetworkOf(host, pid, "http://127.0.0.1:2112/other")).toEqual({
    kind: "missing",
    reason: `http://127.0.0.1:2112/other, ${where} answers 404 Not Found`,
  });
  expect(await getFromNetworkOf(host, pid, "http://127.0.0.1:2113/metrics")).toMatchObject({
    kind: "missing",
    reason: expect.stringMatching(new RegExp(`${where}: .*Connection refused`)) as string,
  });
});

test("in the network of whoever asks it is asked straight away", async () => {
  const server = createServer((_, response) => response.end("lost_total 1\n")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/metrics`;
  expect(await getFromNetworkOf(host, process.pid, url)).toEqual({ kind: "value", value: "lost_total 1\n" });
  expect(await getFromNetworkOf(host, undefined, url)).toEqual({ kind: "value", value: "lost_total 1\n" });
  server.close();
});

test("a process that has gone tells nothing, and a program that is not there is named", async () => {
  expect(await getFromNetworkOf(host, 2 ** 22, "http://127.0.0.1:2112/metrics")).toMatchObject({
    kind: "missing",
    reason: expect.stringMatching(/in which network process 4194304 is cannot be told/) as string,
  });
  const bare = new FakeHost({
    answer: (command) =>
      command === "readlink" ? { exitCode: 0, stdout: "net:[1]\nnet:[2]\n", stderr: "" } : undefined,
  });
  expect(await getFromNetworkOf(bare, 7, "http://127.0.0.1:2112/metrics")).toMatchObject({ kind: "missing" });
});
