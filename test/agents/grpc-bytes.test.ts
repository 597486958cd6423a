/** curl as a client of a gRPC server that streams events: what it asks for, and what is in its file while the stream goes on. */
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type ServerHttp2Stream } from "node:http2";
import { join } from "node:path";
import protobuf from "protobufjs";
import { expect, onTestFinished, test, vi } from "vitest";
import tetragon from "../../src/agents/tetragon.ts";
import { plainContext, variantOf } from "../support/agent-context.ts";
import { FakeHost } from "../support/fake-host.ts";
import { policyFiles } from "../support/policy-files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

const hasCurl = ((): boolean => {
  try {
    return /^Features:.*\bHTTP2\b/m.test(execFileSync("curl", ["--version"], { encoding: "utf8" }));
  } catch {
    return false;
  }
})();

/** Fields as https://github.com/cilium/tetragon, api/v1/tetragon/events.proto, numbers them. */
const Request = protobuf
  .parse(
    `syntax = "proto3";
     message Filter { repeated int32 event_set = 6; }
     message GetEventsRequest { repeated Filter allow_list = 1; repeated Filter deny_list = 2; }`,
    { keepCase: true },
  )
  .root.lookupType("GetEventsRequest");

/** As it is started, in a folder that is there. */
const clientOf = async (directory: string) => {
  const program = "/usr/local/bin/tetragon";
  const host = new FakeHost({
    programs: { tetragon: program, curl: "/usr/bin/curl" },
    files: policyFiles(),
    onSleep: (_, self) => self.files.set(`${directory}/tetragon.sock`, ""),
  });
  await variantOf(tetragon, "tetragon@grpc-bytes").start(host, plainContext(host, { directory }));
  const spec = host.processes[1]?.spec;
  if (spec === undefined) throw new Error("no client was started");
  return { spec, request: host.files.get(`${directory}/request`) ?? "" };
};

const framed = (message: Buffer): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};

test.skipIf(!hasCurl)("curl asks for execs and kprobes, and writes events as they come", async () => {
  const { spec, request } = await clientOf(folder);
  writeFileSync(join(folder, "request"), request);
  const asked: { readonly path: unknown; readonly type: unknown; readonly body: Buffer }[] = [];
  const streams: ServerHttp2Stream[] = [];
  const server = createServer();
  server.on("stream", (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => {
      asked.push({ path: headers[":path"], type: headers["content-type"], body: Buffer.concat(parts) });
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      stream.write(framed(Buffer.from("2\u0010TK-0a51-00000000:")));
      streams.push(stream);
    });
    // curl is ended while it reads.
    stream.on("error", () => undefined);
  });
  await new Promise<void>((listening) => server.listen(join(folder, "tetragon.sock"), listening));
  const client = spawn(spec.command, [...spec.args], { stdio: "ignore" });
  onTestFinished(() => {
    client.kill();
    for (const stream of streams) stream.destroy();
    server.close();
  });
  const file = (): string => {
    try {
      return readFileSync(join(folder, "events.pb"), "latin1");
    } catch {
      return "";
    }
  };
  await vi.waitFor(() => expect(file()).toContain("TK-0a51-00000000:"), { timeout: 20_000 });
  const [only] = asked;
  expect(only).toMatchObject({
    path: "/tetragon.FineGuidanceSensors/GetEvents",
    type: "application/grpc",
  });
  const body = only?.body ?? Buffer.alloc(0);
  expect(body.readUInt8(0)).toBe(0);
  expect(body.readUInt32BE(1)).toBe(body.length - 5);
  expect(Request.decode(body.subarray(5)).toJSON()).toEqual({ allow_list: [{ event_set: [1, 9] }] });
  // The stream is still open: a second event comes through by itself.
  streams[0]?.write(framed(Buffer.from("2\u0010TK-0a51-00000001:")));
  await vi.waitFor(() => expect(file()).toContain("TK-0a51-00000001:"), { timeout: 20_000 });
});
