/** What goes through io_uring and makes no call, by every hook that loads here: as the event of the call, and as soon as its end may be hidden. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { expectOrigin, forEachHook, OBSTACLE, observing, ORIGIN_KEYS } from "./observing.ts";
import { eventsOf, explain, parseLines, Sensor, trigger } from "./sensor.ts";
import type { Json, Truth } from "./sensor.ts";

const { observed, output } = observing();
const directory = temporaryFolder();
const of = (type: string, truth: Truth): readonly Json[] => eventsOf(output(), type, truth.pid);

const O_CREAT_WRONLY = 0o101;
const EINVAL = 22;

forEachHook("uring", (hook) => {
  test("an open is told with its path, flags, mode, result and who asked for it", async () => {
    const path = join(directory, `created ${hook.hook.replaceAll("/", "-")}`);
    const truth = await observed(hook, () => trigger("uring-open", path, String(O_CREAT_WRONLY), "0640"));
    expect(truth.ret).toBeGreaterThan(0);
    const events = of("open", truth);
    expect(events).toMatchObject([
      { path, flags: O_CREAT_WRONLY, mode: 0o640, ioUring: true, ret: truth.ret, comm: "bpf-trigger" },
    ]);
    expectOrigin(events[0], truth);
    expect(Object.keys(events[0] ?? {})).toEqual([...ORIGIN_KEYS, "path", "flags", "mode", "ioUring", "ret"]);
  });

  test("one that fails is told with its error", async () => {
    const truth = await observed(hook, () => trigger("uring-open", "/nonexistent/uring", "0", "0"));
    expect(of("open", truth)).toMatchObject([{ path: "/nonexistent/uring", ret: -2 }]);
  });

  test("one by the kernel's own thread is told of the process that has the ring", async (context) => {
    const truth = await observed(hook, () => trigger("uring-open", "/etc/hostname", "0", "0", "sqpoll"));
    context.skip(truth.ret === -EINVAL, "this kernel has no such threads");
    const [event] = of("open", truth);
    expect(event).toMatchObject({ path: "/etc/hostname", ret: truth.ret });
    expect(event?.["tid"]).not.toBe(truth.tid);
  });

  test("one whose success is not to be told is told at once, without a result", async () => {
    const truth = await observed(hook, () => trigger("uring-open-quietly", "/etc/hostname"));
    expect(of("open", truth)).toMatchObject([{ path: "/etc/hostname", ioUring: true, ret: null }]);
  });

  test("two with one number are both told", async () => {
    const truth = await observed(hook, () =>
      trigger("uring-open-twice", "/etc/hostname", "/nonexistent/second"),
    );
    const told = new Map(of("open", truth).map(({ path, ret }) => [path, ret]));
    expect(new Set(told.keys())).toEqual(new Set(["/etc/hostname", "/nonexistent/second"]));
    expect([truth.ret, null]).toContain(told.get("/etc/hostname"));
    expect([-2, null]).toContain(told.get("/nonexistent/second"));
  });

  test("one that ends when its ring has no room is told with its result", async () => {
    const truth = await observed(hook, () => trigger("uring-open-in-full", "/nonexistent/overflow"));
    expect(truth.ret).toBe(-2);
    expect(of("open", truth)).toMatchObject([{ path: "/nonexistent/overflow", ret: -2 }]);
  });

  test("a path of the greatest length is whole, but told without a result", async () => {
    const path = `/${"nonexistent/".repeat(340)}${"u".repeat(14)}`;
    const truth = await observed(hook, () => trigger("uring-open", path, "0", "0"));
    expect(of("open", truth)).toMatchObject([{ path, ret: null }]);
  });

  test.each([
    ["127.0.0.1", "ipv4"],
    ["::1", "ipv6"],
  ])("a connect to %s is told with its address and what came of it", async (address, family) => {
    const server = createServer().listen(0, address);
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const truth = await observed(hook, () => trigger("connect", address, String(port), "uring"));
    await new Promise((resolve) => server.close(resolve));
    expect(truth.ret).toBe(0);
    const events = of("connect", truth);
    expect(events).toMatchObject([{ family, address, port, ioUring: true, ret: 0 }]);
    expectOrigin(events[0], truth);
  });

  test("a refused connect is told with its error", async () => {
    const truth = await observed(hook, () => trigger("connect", "127.1.2.3", "9", "uring"));
    expect(of("connect", truth)).toMatchObject([{ address: "127.1.2.3", port: 9, ret: -111 }]);
  });

  test("an accept is told with both ends", async () => {
    const truth = await observed(hook, () => trigger("accept-uring", "127.0.0.1"));
    expect(truth.ret).toBeGreaterThan(0);
    expect(of("accept", truth)).toMatchObject([
      {
        family: "ipv4",
        address: "127.0.0.1",
        peer: "127.0.0.1",
        ...truth.more,
        ioUring: true,
        ret: truth.ret,
      },
    ]);
  });

  test("each of the connections that one request accepts is told with both ends", async () => {
    const truth = await observed(hook, () => trigger("accept-uring-many", "127.0.0.1"));
    expect(truth.ret).toBeGreaterThan(0);
    // The request itself ends with its process, as one that is cancelled.
    const events = of("accept", truth).slice(0, 2);
    expect(events).toMatchObject([
      {
        address: "127.0.0.1",
        port: truth.more["port"],
        peer: "127.0.0.1",
        ioUring: true,
        ret: truth.ret - 1,
      },
      { address: "127.0.0.1", ...truth.more, ioUring: true, ret: truth.ret },
    ]);
    expect(events[0]?.["peerPort"]).not.toBe(events[1]?.["peerPort"]);
    expectOrigin(events[1], truth);
  });

  const WRITTEN = "written".length;
  test.each([
    ["plain", "pwrite64"],
    ["parts", "pwritev2"],
  ])("a write (%s) is told with the file's own path", async (how, call) => {
    const path = join(directory, `written ${how} ${hook.hook.replaceAll("/", "-")}`);
    const truth = await observed(hook, () => trigger("uring-write", path, how));
    expect(truth.ret).toBe(WRITTEN);
    const events = of("write", truth);
    expect(events).toMatchObject([{ call, path, ioUring: true, ret: WRITTEN }]);
    expectOrigin(events[0], truth);
    expect(Object.keys(events[0] ?? {})).toEqual([...ORIGIN_KEYS, "call", "path", "fd", "ioUring", "ret"]);
  });

  test("one to a file in the ring's own table is told with its path and no descriptor", async () => {
    const path = join(directory, `own ${hook.hook.replaceAll("/", "-")}`);
    const truth = await observed(hook, () => trigger("uring-write", path, "own"));
    expect(of("write", truth)).toMatchObject([{ path, fd: -1, ret: WRITTEN }]);
  });

  test("a write whose success is not to be told is told at once, without a result", async () => {
    const path = join(directory, `quiet ${hook.hook.replaceAll("/", "-")}`);
    const truth = await observed(hook, () => trigger("uring-write", path, "quiet"));
    expect(of("write", truth)).toMatchObject([{ path, ret: null }]);
  });

  test("one to what is no regular file is no event", async () => {
    const truth = await observed(hook, () => trigger("uring-write", "/dev/null", "plain"));
    expect(truth.ret).toBe(WRITTEN);
    expect(of("write", truth)).toEqual([]);
  });

  test("a rename is told with both paths, a relative one as whole", async () => {
    const from = join(directory, `from ${hook.hook.replaceAll("/", "-")}`);
    writeFileSync(from, "");
    const truth = await observed(hook, () => trigger("uring-change", "rename", from, "/nonexistent/to"));
    expect(truth.ret).toBe(-2);
    const relative = await observed(hook, () => trigger("uring-change", "rename", "uring none", "uring new"));
    expect(of("rename", relative)).toMatchObject([
      {
        path: join(process.cwd(), "uring none"),
        given: "uring none",
        newPath: join(process.cwd(), "uring new"),
        newGiven: "uring new",
        ioUring: true,
        ret: -2,
      },
    ]);
    const renamed = await observed(hook, () => trigger("uring-change", "rename", from, `${from} new`));
    const events = of("rename", renamed);
    expect(events).toMatchObject([{ path: from, newPath: `${from} new`, flags: 0, ioUring: true, ret: 0 }]);
    expectOrigin(events[0], renamed);
  });

  test.each([
    ["unlink", false],
    ["rmdir", true],
  ])("a deletion (%s) is told with its path", async (call, isDirectory) => {
    const path = join(directory, `gone ${call} ${hook.hook.replaceAll("/", "-")}`);
    if (isDirectory) mkdirSync(path);
    else writeFileSync(path, "");
    const truth = await observed(hook, () => trigger("uring-change", call, path, ""));
    const events = of("delete", truth);
    expect(events).toMatchObject([{ path, directory: isDirectory, ioUring: true, ret: 0 }]);
    expectOrigin(events[0], truth);
  });

  test("a rename of paths that are too long to be kept is whole, but told without a result", async () => {
    const path = `/${"nonexistent/".repeat(50)}old`;
    const truth = await observed(hook, () => trigger("uring-change", "rename", path, `${path}er`));
    expect(of("rename", truth)).toMatchObject([{ path, newPath: `${path}er`, ret: null }]);
  });

  test.for(["message", "plain"])("a datagram (%s) is told with its address", async (how, context) => {
    context.skip(how === "plain" && hook.hook.startsWith("raw_tp"), "not seen before 6.4 (bpf/README.md)");
    const truth = await observed(hook, () => trigger("send", `uring-${how}`, "127.0.0.1", "9", "1"));
    expect(truth.ret).toBe(1);
    const events = of("datagram", truth);
    expect(events).toMatchObject([{ family: "ipv4", address: "127.0.0.1", port: 9, ioUring: true, ret: 1 }]);
    expectOrigin(events[0], truth);
  });

  test("datagrams to one address in a row are told once", async () => {
    const truth = await observed(hook, () => trigger("send", "uring-message", "::1", "9", "3"));
    expect(of("datagram", truth)).toMatchObject([{ family: "ipv6", address: "::1", port: 9 }]);
  });
});

describe.skipIf(OBSTACLE !== undefined)("io_uring", () => {
  let sensor: Sensor | undefined;
  afterEach(() => {
    sensor?.kill();
  });
  const watches = OBSTACLE === undefined && explain("uring").some(({ outcome }) => outcome === "chosen");

  test.runIf(watches)(
    "is watched for what is watched of calls, and filtered by the same policy",
    async () => {
      const file = join(directory, "policy.jsonl");
      const policy = join(directory, "policy.yaml");
      writeFileSync(policy, "file: { paths: [/nonexistent/wanted/] }\n");
      sensor = await Sensor.start(["--families", "file", "--policy", policy, "--output", file]);
      const pids = [
        trigger("uring-open", "/nonexistent/wanted/one", "0", "0"),
        trigger("uring-open", "/nonexistent/other", "0", "0"),
        trigger("connect", "127.1.2.3", "9", "uring"),
      ].map(({ pid }) => pid);
      const { families } = await sensor.stop();
      const events = parseLines(readFileSync(file, "utf8")).filter(
        ({ pid, ioUring }) => ioUring === true && pids.includes(Number(pid)),
      );
      expect(events).toMatchObject([{ type: "open", path: "/nonexistent/wanted/one" }]);
      const uring = families["uring"];
      expect(uring).toMatchObject({ lost: 0 });
      expect(uring?.filtered).toBeGreaterThanOrEqual(1);
      expect(uring?.seen).toBe((uring?.emitted ?? 0) + (uring?.filtered ?? 0));
    },
  );

  test.runIf(watches)("filters each kind by the policy of its own family", async () => {
    const file = join(directory, "policies.jsonl");
    const policy = join(directory, "policies.yaml");
    const wanted = join(directory, "wanted ");
    writeFileSync(
      policy,
      `write: { paths: ["${wanted}"] }\nrename: { paths: [/nonexistent/wanted/] }\ndelete: { paths: [/nonexistent/deleted/] }\n` +
        "datagram: { ports: [9], addresses: [127.0.0.1] }\nfile: { paths: [/nonexistent/] }\n",
    );
    const families = "write,rename,delete,datagram";
    sensor = await Sensor.start(["--families", families, "--policy", policy, "--output", file]);
    const pids = [
      trigger("uring-write", `${wanted}one`, "plain"),
      trigger("uring-write", join(directory, "unwanted"), "plain"),
      trigger("uring-change", "rename", "/nonexistent/other/one", "/nonexistent/wanted/one"),
      trigger("uring-change", "rename", "/nonexistent/deleted/one", "/nonexistent/deleted/two"),
      trigger("uring-change", "unlink", "/nonexistent/deleted/one", ""),
      trigger("uring-change", "unlink", "/nonexistent/wanted/one", ""),
      trigger("send", "uring-message", "127.0.0.1", "9", "1"),
      trigger("send", "uring-message", "127.0.0.1", "10", "1"),
      trigger("send", "uring-message", "127.0.0.2", "9", "1"),
    ].map(({ pid }) => pid);
    const statistics = await sensor.stop();
    const events = parseLines(readFileSync(file, "utf8")).filter(
      ({ pid, ioUring }) => ioUring === true && pids.includes(Number(pid)),
    );
    expect(events).toMatchObject([
      { type: "write", path: `${wanted}one` },
      { type: "rename", path: "/nonexistent/other/one", newPath: "/nonexistent/wanted/one" },
      { type: "delete", path: "/nonexistent/deleted/one" },
      { type: "datagram", address: "127.0.0.1", port: 9 },
    ]);
    expect(statistics.families["uring"]).toMatchObject({ lost: 0 });
    expect(statistics.families["uring"]?.filtered).toBeGreaterThanOrEqual(5);
  });

  test("is not watched with execs alone", async () => {
    sensor = await Sensor.start(["--families", "exec", "--output", "none"]);
    expect(Object.keys((await sensor.stop()).families)).toEqual(["exec"]);
  });
});
