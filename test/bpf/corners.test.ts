/** Corners that sensors get wrong: who is shown when a script or a descriptor is started, odd bytes, short lives, a sensor that stands still. */
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { forEachHook, OBSTACLE, observing } from "./observing.ts";
import { eventsOf, parseLines, Sensor, trigger, TRIGGER } from "./sensor.ts";
import type { Json, Truth } from "./sensor.ts";

const directory = temporaryFolder();
const { observed, output } = observing();
const execs = (truth: Truth): readonly Json[] => eventsOf(output(), "exec", truth.pid);

forEachHook("exec", (hook) => {
  test("a script is shown by its own path, and its interpreter as the file and by what it gets", async () => {
    const script = join(directory, `script-${hook.hook.replaceAll("/", "-")}`);
    writeFileSync(script, `#!${TRIGGER} identity\n`);
    chmodSync(script, 0o755);
    const truth = await observed(hook, () => trigger("exec-path", script));
    expect(execs(truth).at(-1)).toMatchObject({
      path: script,
      file: TRIGGER,
      argv: [TRIGGER, "identity", script, "identity"],
    });
  });

  test("a program started by its descriptor is shown by that, as the kernel names it", async () => {
    const truth = await observed(hook, () => trigger("fexec", TRIGGER));
    const path = execs(truth).at(-1)?.["path"];
    expect(path).toMatch(/^\/dev\/fd\/\d+$/);
    expect(execs(truth).at(-1)).toMatchObject({ file: TRIGGER, argv: [TRIGGER, "identity"] });
  });

  test("a program named otherwise is shown by the file that runs: relative, by a link, without a file", async () => {
    const link = join(directory, `link-${hook.hook.replaceAll("/", "-")}`);
    symlinkSync(TRIGGER, link);
    const cwd = process.cwd();
    const relative = `./${TRIGGER.slice(cwd.length + 1)}`;
    const [byLink, byRelative, inMemory] = await observed(
      hook,
      () => [trigger("exec-path", link), trigger("exec-path", relative), trigger("memory")] as const,
    );
    expect(execs(byLink).at(-1)).toMatchObject({ path: link, file: TRIGGER });
    expect(execs(byRelative).at(-1)).toMatchObject({ path: relative, file: TRIGGER, cwd });
    expect(execs(inMemory).at(-1)?.["file"]).toMatch(/^\/memfd:tare-program/);
  });

  test("the child of a vfork that executes is a process of its own", async () => {
    const truth = await observed(hook, () => trigger("vfork"));
    const child = truth.ret;
    expect(eventsOf(output(), "exec", child)).toMatchObject([
      { tid: child, ppid: truth.pid, path: TRIGGER, argv: [TRIGGER, "identity"] },
    ]);
  });

  test("processes that are long gone when their events are read are all there, whole", async () => {
    const count = 100;
    const truth = await observed(hook, () => trigger("short-lives", String(count)));
    const children = parseLines(readFileSync(output(), "utf8")).filter(
      (event) => event["type"] === "exec" && event["ppid"] === truth.pid,
    );
    expect(new Set(children.map((event) => event["pid"])).size).toBe(count);
    for (const event of children)
      expect(event).toMatchObject({ path: TRIGGER, argv: [TRIGGER, "exit", "0"], cwd: process.cwd() });
  });
});

forEachHook("network", (hook) => {
  test("an IPv4 address written as an IPv6 one stays what the caller gave", async () => {
    const truth = await observed(hook, () => trigger("connect", "::ffff:127.0.0.9", "9"));
    expect(eventsOf(output(), "connect", truth.pid)).toMatchObject([
      { family: "ipv6", address: "::ffff:127.0.0.9", port: 9, ret: truth.ret },
    ]);
  });
});

forEachHook("file", (hook) => {
  test("a path that is no UTF-8 comes out as valid JSON from which the bytes can be had", async () => {
    const truth = await observed(hook, () => trigger("openat-odd"));
    expect(eventsOf(output(), "open", truth.pid)).toContainEqual(
      expect.objectContaining({ path: '/nonexistent/\udcff"\\\n\u{1f41d}\udced\udca0\udc80', ret: -2 }),
    );
  });
});

describe.skipIf(OBSTACLE !== undefined)("a sensor that stands still", () => {
  test("counts what it could not hold, and goes on", async () => {
    const file = join(directory, "stopped.jsonl");
    const sensor = await Sensor.start(["--families", "file", "--output", file, "--ring-bytes", "65536"]);
    try {
      sensor.child.kill("SIGSTOP");
      trigger("burst", "/nonexistent/stopped", "20000");
      await sleep(1000);
      trigger("burst", "/nonexistent/stopped", "20000");
      sensor.child.kill("SIGCONT");
      const stopped = (await sensor.statistics()).families["file"];
      expect(stopped?.lost).toBeGreaterThan(30_000);
      const truth = trigger("openat", "/nonexistent/afterwards", "0", "0");
      const { families, written } = await sensor.stop();
      const ended = families["file"];
      expect(ended?.seen).toBe((ended?.emitted ?? 0) + (ended?.lost ?? 0));
      expect(eventsOf(file, "open", truth.pid)).toContainEqual(
        expect.objectContaining({ path: "/nonexistent/afterwards" }),
      );
      expect(written).toMatchObject({ events: ended?.emitted, bytes: statSync(file).size });
    } finally {
      sensor.kill();
    }
  });
});
