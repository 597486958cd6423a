/** The families that are observed only when asked for, by every hook that loads here, field by field. */
import { constants } from "node:os";
import { expect, test } from "vitest";
import { expectOrigin, forEachHook, observing, ORIGIN_KEYS } from "./observing.ts";
import { eventsOf, trigger, triggerEnding } from "./sensor.ts";
import type { Json, Truth } from "./sensor.ts";

const { observed, output } = observing();
const of = (type: string, truth: Truth): readonly Json[] => eventsOf(output(), type, truth.pid);

forEachHook("exit", (hook) => {
  test("tells the code of a process that ends by itself, and how long it ran", async () => {
    const truth = await observed(hook, () => triggerEnding("exit", "7"));
    const events = of("exit", truth);
    expect(events).toHaveLength(1);
    expectOrigin(events[0], { ...truth, after: Infinity });
    expect(events[0]).toMatchObject({ comm: "bpf-trigger", code: truth.code, signal: null, core: false });
    expect(truth.code).toBe(7);
    expect(events[0]?.["lifetime"]).toBeGreaterThanOrEqual(truth.after - truth.before);
    expect(Object.keys(events[0] ?? {})).toEqual([...ORIGIN_KEYS, "code", "signal", "core", "lifetime"]);
  });

  test("tells the signal of one that was killed", async () => {
    const truth = await observed(hook, () => triggerEnding("die", String(constants.signals.SIGKILL)));
    expect(truth.signal).toBe("SIGKILL");
    expect(of("exit", truth)).toMatchObject([{ code: null, signal: constants.signals.SIGKILL, core: false }]);
  });

  test("is one event for a process, however many threads end with it", async () => {
    const truth = await observed(hook, () => triggerEnding("exit-with-threads", "3"));
    expect(of("exit", truth)).toMatchObject([{ code: 3 }]);
  });
});

forEachHook("accept", (hook) => {
  test.each([
    ["accept", "127.0.0.1", "ipv4"],
    ["accept4", "127.1.2.3", "ipv4"],
    ["accept4", "::1", "ipv6"],
    ["accept4", "::ffff:127.0.0.9", "ipv6"],
  ])("%s on %s tells both ends", async (call, address, family) => {
    const truth = await observed(hook, () => trigger(call, address));
    const events = of("accept", truth);
    expect(truth.ret).toBeGreaterThan(0);
    expect(events).toHaveLength(1);
    expectOrigin(events[0], truth);
    const peer =
      address === "127.1.2.3" ? "127.0.0.1" : address === "::ffff:127.0.0.9" ? "::ffff:127.0.0.1" : address;
    expect([peer, address]).toContain(events[0]?.["peer"]);
    expect(events[0]).toMatchObject({ family, address, ...truth.more, ret: truth.ret });
    expect(Object.keys(events[0] ?? {})).toEqual([
      ...ORIGIN_KEYS,
      "family",
      "address",
      "port",
      "peer",
      "peerPort",
      "ret",
    ]);
  });

  test("one that fails has no addresses, but its error", async () => {
    const truth = await observed(hook, () => trigger("accept-bad"));
    expect(of("accept", truth)).toMatchObject([
      { family: null, address: null, peer: null, port: null, ret: -9 },
    ]);
  });

  test("leaves other families alone", async () => {
    const truth = await observed(hook, () => trigger("accept-unix"));
    expect(truth.ret).toBeGreaterThan(0);
    expect(of("accept", truth)).toEqual([]);
  });
});

const NOBODY = "65534";
const CAP_NET_RAW = "13";

forEachHook("privilege", (hook) => {
  test.each([
    ["setuid", NOBODY, "0", "0"],
    ["setgid", NOBODY, "0", "0"],
    ["setreuid", "-1", NOBODY, "0"],
    ["setregid", "-1", NOBODY, "0"],
    ["setresuid", "1", "2", "3"],
    ["setresgid", "1", "2", "3"],
    ["setfsuid", NOBODY, "0", "0"],
    ["setfsgid", NOBODY, "0", "0"],
    ["setgroups", "0", "0", "0"],
    ["capset", CAP_NET_RAW, "0", "0"],
  ])("%s tells who the caller is afterwards", async (...call) => {
    const truth = await observed(hook, () => trigger("privilege", ...call));
    const events = of("privilege", truth);
    expect(events).toHaveLength(1);
    expectOrigin(events[0], truth);
    expect(events[0]).toMatchObject({ call: call[0], ...truth.more, ret: truth.ret });
    expect(Object.keys(events[0] ?? {})).toEqual([
      ...ORIGIN_KEYS,
      "call",
      "euid",
      "suid",
      "gid",
      "egid",
      "sgid",
      "capabilities",
      "ret",
    ]);
  });

  test("a call that is refused changes nothing and is told", async () => {
    const truth = await observed(hook, () => trigger("privilege", "setgroups", "-1", "0", "0"));
    expect(truth.ret).toBe(-22);
    expect(of("privilege", truth)).toMatchObject([{ call: "setgroups", ...truth.more, ret: -22 }]);
  });
});

const BPF_MAP_CREATE = 0;
const BPF_PROG_LOAD = 5;

forEachHook("bpf", (hook) => {
  test("a map that is created: its type and name", async () => {
    const truth = await observed(hook, () => trigger("bpf-map", "tare_truth"));
    const events = of("bpf", truth);
    expect(events).toHaveLength(1);
    expectOrigin(events[0], truth);
    expect(events[0]).toMatchObject({ command: BPF_MAP_CREATE, kind: 2, name: "tare_truth", ret: truth.ret });
    expect(truth.ret).toBeGreaterThan(0);
    expect(Object.keys(events[0] ?? {})).toEqual([...ORIGIN_KEYS, "command", "kind", "name", "ret"]);
  });

  test("a program that is refused: its type, name and error", async () => {
    const truth = await observed(hook, () => trigger("bpf-program", "tare_refused"));
    expect(truth.ret).toBeLessThan(0);
    expect(of("bpf", truth)).toMatchObject([
      { command: BPF_PROG_LOAD, kind: 1, name: "tare_refused", ret: truth.ret },
    ]);
  });

  test("null for what a bad pointer hides", async () => {
    const truth = await observed(hook, () => trigger("bpf-bad"));
    expect(of("bpf", truth)).toMatchObject([{ command: BPF_MAP_CREATE, kind: null, name: null, ret: -14 }]);
  });
});
