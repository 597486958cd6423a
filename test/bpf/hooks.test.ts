/** Every hook that loads on this kernel keeps the same contract: the same calls give the same events, field by field. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { expectOrigin, forEachHook, OBSTACLE, observing, ORIGIN_KEYS } from "./observing.ts";
import { eventsOf, explain, SENSOR, trigger, TRIGGER } from "./sensor.ts";
import type { Hook, Json, Truth } from "./sensor.ts";

const HOOKS: readonly Hook[] = OBSTACLE === undefined ? explain() : [];
const directory = temporaryFolder();
const { observed, output } = observing();

const AT_FDCWD = -100;
const EOPNOTSUPP = 95;
const ENOSYS = 38;
const O_CREAT = 0o100;
const O_WRONLY_CREAT_TRUNC = 0o1101;
const O_CLOEXEC = 0o2000000;

/** The kernel leaves such calls out of the tracepoints of single calls. */
const sees32Bits = ({ hook }: Hook): boolean => process.arch === "x64" && !hook.startsWith("tracepoint/");

/** Opens in a row that the ring holds though the sensor may not run meanwhile. */
const BURST = 15_000;

describe.skipIf(OBSTACLE !== undefined)("the sensor", () => {
  test("has at least one hook for each family here", () => {
    for (const family of ["exec", "file", "network"])
      expect(HOOKS.filter((hook) => hook.family === family && hook.outcome === "chosen")).toHaveLength(1);
  });

  forEachHook("file", (hook) => {
    const opensOf = (path: string, truth: Truth): readonly Json[] =>
      eventsOf(output(), "open", truth.pid).filter((event) => event["path"] === path);

    test("sees openat with its flags, result and origin, and no mode where nothing is created", async () => {
      const truth = await observed(hook, () => trigger("openat", "/etc/hostname", String(O_CLOEXEC), "0777"));
      const events = opensOf("/etc/hostname", truth);
      expect(events).toHaveLength(1);
      expectOrigin(events[0], truth);
      expect(events[0]).toMatchObject({
        tid: truth.tid,
        comm: "bpf-trigger",
        flags: O_CLOEXEC,
        ret: truth.ret,
      });
      expect(truth.ret).toBeGreaterThanOrEqual(0);
      expect(Object.keys(events[0] ?? {})).toEqual([...ORIGIN_KEYS, "path", "flags", "ret"]);
    });

    test("tells what a relative path begins at: a descriptor, or the working directory", async () => {
      const [at, here] = await observed(
        hook,
        () => [trigger("openat-at", "/etc", "hostname"), trigger("openat", "nonexistent", "0", "0")] as const,
      );
      // The directory took the lowest descriptor, the file the next.
      expect(opensOf("hostname", at)).toMatchObject([{ dirfd: at.ret - 1, ret: at.ret }]);
      expect(opensOf("nonexistent", here)).toMatchObject([{ dirfd: AT_FDCWD, ret: here.ret }]);
    });

    test("sees openat2 that creates, with its mode", async () => {
      const path = join(directory, `openat2 ${hook.hook.replaceAll("/", "-")}`);
      const truth = await observed(hook, () => trigger("openat2", path, String(O_CREAT), "0640"));
      expect(opensOf(path, truth)).toMatchObject([{ flags: O_CREAT, mode: 0o640, ret: truth.ret }]);
    });

    test.runIf(process.arch === "x64")(
      "sees open and creat, the calls that arm64 does not have",
      async () => {
        const path = join(directory, `creat ${hook.hook.replaceAll("/", "-")}`);
        const [opened, created] = await observed(
          hook,
          () => [trigger("open", "/etc/hostname", "0", "0"), trigger("creat", path, "0600")] as const,
        );
        expect(opensOf("/etc/hostname", opened)).toMatchObject([{ flags: 0, ret: opened.ret }]);
        expect(opensOf(path, created)).toMatchObject([
          { flags: O_WRONLY_CREAT_TRUNC, mode: 0o600, ret: created.ret },
        ]);
      },
    );

    test.runIf(sees32Bits(hook))("sees the opens of the 32-bit interface", async (context) => {
      const [opened, old] = await observed(
        hook,
        () =>
          [
            trigger("compat", "openat", "/etc/hostname", "0"),
            trigger("compat", "open", "/nonexistent/compat", "0"),
          ] as const,
      );
      context.skip(opened.ret === -ENOSYS, "this kernel has no 32-bit interface");
      expect(opensOf("/etc/hostname", opened)).toMatchObject([{ flags: 0, ret: opened.ret }]);
      expect(opensOf("/nonexistent/compat", old)).toMatchObject([{ flags: 0, ret: -2 }]);
    });

    test("sees an open by handle with the path that the file has", async (context) => {
      const path = join(directory, `handle ${hook.hook.replaceAll("/", "-")}`);
      writeFileSync(path, "");
      const [truth, bad] = await observed(
        hook,
        () => [trigger("handle", path), trigger("handle-bad", path)] as const,
      );
      context.skip(truth.ret === -EOPNOTSUPP, "the file system of this folder has no handles");
      expect(truth.ret).toBeGreaterThanOrEqual(0);
      // The trigger also opens it by its path, to say which mount is meant.
      expect(opensOf(path, truth)).toMatchObject([
        { ret: truth.more["mount"] },
        { flags: O_CLOEXEC, ret: truth.ret },
      ]);
      expect(eventsOf(output(), "open", bad.pid)).toContainEqual(
        expect.objectContaining({ path: null, flags: O_CLOEXEC, ret: bad.ret }),
      );
    });

    test.runIf(sees32Bits(hook))("sees the open by handle of the 32-bit interface", async (context) => {
      const path = join(directory, `32-bit handle ${hook.hook.replaceAll("/", "-")}`);
      writeFileSync(path, "");
      const truth = await observed(hook, () => trigger("compat", "handle", path, "0"));
      context.skip(truth.ret === -ENOSYS, "this kernel has no 32-bit interface");
      context.skip(truth.ret === -EOPNOTSUPP, "the file system of this folder has no handles");
      expect(truth.ret).toBeGreaterThanOrEqual(0);
      expect(opensOf(path, truth)).toMatchObject([{ flags: 0 }, { flags: O_CLOEXEC, ret: truth.ret }]);
    });

    test("sees opens that fail, with the error", async () => {
      const truth = await observed(hook, () => trigger("openat", "/nonexistent/tare", "0", "0"));
      expect(truth.ret).toBe(-2);
      expect(opensOf("/nonexistent/tare", truth)).toMatchObject([{ ret: -2 }]);
    });

    test("says null for what the caller's bad pointer hides", async () => {
      const truth = await observed(hook, () => trigger("openat-bad-path"));
      expect(truth.ret).toBe(-14);
      expect(eventsOf(output(), "open", truth.pid)).toContainEqual(
        expect.objectContaining({ path: null, ret: -14 }),
      );
    });

    test.skipIf(hook.hook.startsWith("fexit"))(
      "sees openat2 with an unreadable how as flags null",
      async () => {
        const truth = await observed(hook, () => trigger("openat2-bad-how", "/etc/hostname"));
        expect(opensOf("/etc/hostname", truth)).toMatchObject([{ flags: null, ret: -14 }]);
      },
    );

    test("tells threads from processes", async () => {
      const truth = await observed(hook, () => trigger("thread", "/nonexistent/thread"));
      const [event] = opensOf("/nonexistent/thread", truth);
      expect(event?.["pid"]).toBe(truth.pid);
      expect(event?.["tid"]).not.toBe(truth.tid);
    });

    test("keeps a path of the greatest length whole", async () => {
      const path = `/${"nonexistent/".repeat(340)}${"e".repeat(14)}`;
      expect(path).toHaveLength(4095);
      const truth = await observed(hook, () => trigger("openat", path, "0", "0"));
      expect(opensOf(path, truth)).toHaveLength(1);
    });

    test(`loses none of a burst of ${BURST} with the default ring`, async () => {
      const truth = await observed(hook, () => trigger("burst", "/nonexistent/burst", String(BURST)));
      expect(opensOf("/nonexistent/burst", truth)).toHaveLength(BURST);
    });
  });

  forEachHook("network", (hook) => {
    const connects = (truth: Truth): readonly Json[] => eventsOf(output(), "connect", truth.pid);

    test("sees an IPv4 connect with address, port, result and origin", async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      const port = (server.address() as AddressInfo).port;
      const truth = await observed(hook, () => trigger("connect", "127.0.0.1", String(port)));
      server.close();
      expect(connects(truth)).toHaveLength(1);
      expectOrigin(connects(truth)[0], truth);
      expect(connects(truth)[0]).toMatchObject({ family: "ipv4", address: "127.0.0.1", port, ret: 0 });
      expect(Object.keys(connects(truth)[0] ?? {})).toEqual([
        ...ORIGIN_KEYS,
        "family",
        "address",
        "port",
        "ret",
      ]);
    });

    test("sees a refused connect and keeps every part of the address", async () => {
      const truth = await observed(hook, () => trigger("connect", "127.1.2.253", "9"));
      expect(connects(truth)).toMatchObject([{ family: "ipv4", address: "127.1.2.253", port: 9, ret: -111 }]);
    });

    test("sees an IPv6 connect, failed or not", async () => {
      const truth = await observed(hook, () => trigger("connect", "::1", "9"));
      expect(connects(truth)).toMatchObject([{ family: "ipv6", address: "::1", port: 9, ret: truth.ret }]);
    });

    test("reports the result of a connect that does not wait as the caller got it", async () => {
      const truth = await observed(hook, () => trigger("connect", "127.1.2.3", "9", "nonblocking"));
      expect(connects(truth)).toMatchObject([{ address: "127.1.2.3", ret: truth.ret }]);
    });

    test.runIf(sees32Bits(hook)).each(["connect", "socketcall"])(
      "sees a %s of the 32-bit interface",
      async (call: string) => {
        const truth = await observed(hook, () => trigger("compat", call, "127.1.2.3", "9"));
        // Where the kernel has none, the trigger ends there.
        const told = truth.ret === -ENOSYS ? [] : [{ address: "127.1.2.3", port: 9, ret: -111 }];
        expect(connects(truth)).toMatchObject(told);
        expect([-111, -ENOSYS]).toContain(truth.ret);
      },
    );

    test("leaves other families alone", async () => {
      const truth = await observed(hook, () => trigger("unix", "/nonexistent/socket"));
      expect(truth.ret).toBe(-2);
      expect(connects(truth)).toEqual([]);
    });
  });

  forEachHook("exec", (hook) => {
    const execs = (truth: Truth): readonly Json[] => eventsOf(output(), "exec", truth.pid);

    test("sees an exec with path, arguments and origin", async () => {
      const truth = await observed(hook, () => trigger("identity"));
      expect(execs(truth)).toHaveLength(1);
      // The exec comes before the trigger's first instruction.
      expectOrigin(execs(truth)[0], { ...truth, before: 0 });
      expect(execs(truth)[0]).toMatchObject({
        tid: truth.tid,
        comm: "bpf-trigger",
        path: TRIGGER,
        file: TRIGGER,
        argv: [TRIGGER, "identity"],
        truncated: false,
        ret: 0,
      });
      expect(Object.keys(execs(truth)[0] ?? {})).toEqual([
        ...ORIGIN_KEYS,
        "path",
        "file",
        "argv",
        "truncated",
        "cwd",
        "gid",
        "euid",
        "egid",
        "auid",
        "start",
        "parentStart",
        "container",
        "namespaces",
        "ret",
      ]);
    });

    test("keeps quotes, line feeds, empty arguments, UTF-8 and bytes that are none", async () => {
      const truth = await observed(hook, () => trigger("exec", "odd"));
      expect(execs(truth).at(-1)?.["argv"]).toEqual([
        TRIGGER,
        "identity",
        'quote" back\\slash',
        "line\nfeed\ttab\u0001",
        "\udcff\udcc3(\udced\udca0\udc80",
        "café 🐝",
        "",
      ]);
    });

    test("cuts arguments beyond 4096 bytes and says so", async () => {
      const truth = await observed(hook, () => trigger("exec", "5000"));
      const event = execs(truth).at(-1);
      expect(event?.["truncated"]).toBe(true);
      const kept =
        (event?.["argv"] as readonly string[] | undefined)?.map((argument) => Buffer.byteLength(argument)) ??
        [];
      // Every argument but the cut one takes its NUL with it.
      expect(kept.reduce((sum, bytes) => sum + bytes, 0) + kept.length - 1).toBe(4096);
    });

    test("keeps arguments that fit exactly", async () => {
      const room = 4096 - Buffer.byteLength(TRIGGER) - 1 - "identity".length - 1 - 1;
      const truth = await observed(hook, () => trigger("exec", String(room)));
      expect(execs(truth).at(-1)).toMatchObject({
        truncated: false,
        argv: [TRIGGER, "identity", "x".repeat(room)],
      });
    });

    test("does not see an exec that fails", async () => {
      await observed(hook, () => spawnSync(join(directory, "no-such-program")));
      const events = eventsOf(output(), "exec", process.pid);
      expect(events).toEqual([]);
      expect(spawnSync("grep", ["-c", "no-such-program", output()], { encoding: "utf8" }).stdout.trim()).toBe(
        "0",
      );
    });
  });

  test("names the family whose forced hook the kernel refuses, and leaves with 3", (context) => {
    const refused = HOOKS.find((hook) => hook.outcome === "failed");
    if (refused === undefined) return context.skip("this kernel refuses no hook");
    const args = [
      "--families",
      refused.family,
      "--hook",
      `${refused.family}=${refused.hook}`,
      "--output",
      "none",
    ];
    const ran = spawnSync(SENSOR, args, { encoding: "utf8" });
    expect(ran.status).toBe(3);
    expect(ran.stderr).toContain(`no hook for ${refused.family} could be used: ${refused.hook}: `);
    expect(ran.stderr.trim().split("\n")).toHaveLength(1);
  });
});
