/** The command line and the build: what is wrong is said in one line, with the exit code that belongs to it. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { OBSTACLE } from "./observing.ts";
import { ROOT, SENSOR } from "./sensor.ts";

const run = (...args: readonly string[]) => spawnSync(SENSOR, args, { encoding: "utf8", timeout: 20_000 });

describe.skipIf(OBSTACLE !== undefined)("the command", () => {
  test.each([
    [["--output"], "requires an argument"],
    [[], "--output is missing"],
    [["--output", "none", "extra"], '"extra" is not an option'],
    [["--output", "none", "--families", "exec,disk"], 'no family is named "disk"'],
    [["--output", "none", "--families", ""], 'no family is named ""'],
    [["--output", "none", "--ring-bytes", "5000"], '"5000" is not a power of two'],
    [["--output", "none", "--ring-bytes", "2"], '"2" is not a power of two'],
    [["--output", "none", "--ring-bytes", "8M"], '"8M" is not a power of two'],
    [["--output", "none", "--hook", "file"], "names no hook"],
    [["--output", "none", "--hook", "file=kprobe/nothing"], 'file has no hook "kprobe/nothing"'],
  ])("%j is a usage error", (args, message) => {
    const ran = run(...args);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain(message);
    expect(ran.stderr.trim().split("\n")).toHaveLength(1);
  });

  test("an output that cannot be written is named, with the reason", () => {
    const ran = run("--output", "/nonexistent/events.jsonl");
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain("/nonexistent/events.jsonl: No such file or directory");
  });

  test("a user without privilege is told what the kernel refuses", (context) => {
    const ran = spawnSync(SENSOR, ["--output", "none"], { encoding: "utf8", uid: 65534, gid: 65534 });
    if (ran.error !== undefined) return context.skip(`other users cannot run it here: ${ran.error.message}`);
    expect([ran.status, ran.stderr]).toEqual([3, expect.stringContaining("run as root")]);
  });

  test("--help states the default of the ring, --version a version", () => {
    expect(run("--help").stdout).toContain(`default: ${8 << 20}`);
    expect(run("--version").stdout).toMatch(/^tare-sensor \d+\.\d+\.\d+\n$/);
  });
});

describe.skipIf(OBSTACLE !== undefined)("the build", () => {
  test("compiles the kernel's objects for arm64 from the same source", () => {
    const made = spawnSync("make", ["-C", join(ROOT, "bpf"), "ARCH=arm64"], { encoding: "utf8" });
    expect(made.stderr).toBe("");
    const folder = process.arch === "arm64" ? "bpf" : "bpf-arm64";
    const machine = Buffer.from([247, 0]); // EM_BPF
    for (const family of ["exec", "file", "network"])
      expect(readFileSync(join(ROOT, "build", folder, `${family}.bpf.o`)).subarray(18, 20)).toEqual(machine);
  });

  const files = readdirSync(join(ROOT, "bpf"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[ch]$|^Makefile$/.test(name))
    .map((name) => ({ name, text: readFileSync(join(ROOT, "bpf", name), "utf8") }));

  test("every C file states its licence", () => {
    expect(files.length).toBeGreaterThan(10);
    for (const { text } of files)
      expect(text.split("\n")[0]).toContain("SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause");
  });

  test.each([
    ["kernel", []],
    ["output", ["kernel"]],
    ["loader", ["kernel", "output"]],
  ])("%s includes no other rooms than %j", (room, allowed) => {
    const inRoom = files.filter(({ name }) => name.startsWith(`${room}/`));
    const included = inRoom.flatMap(({ text }) =>
      [...text.matchAll(/#include "\.\.\/(\w+)\//g)].map(([, to]) => to),
    );
    expect(inRoom.length).toBeGreaterThan(10);
    expect(new Set(included)).toEqual(new Set(allowed));
  });
});
