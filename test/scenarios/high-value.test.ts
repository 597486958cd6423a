/** High-value operations by the testimony of the kernel: what each kind did, with which token, and that nothing is left. */
import { readFileSync, readdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import scenario from "../../scenarios/high-value.ts";
import { buildDrivers, closed, drive, native, operationOf, start, temporaryDirectory } from "./driver.ts";

const directory = temporaryDirectory();
beforeAll(buildDrivers, 120_000);
afterAll(() => directory.dispose());

const whyNot = (): string | undefined => {
  if (process.getuid?.() !== 0) return "needs root: it changes users and enters namespaces";
  const tried = spawnSync("strace", ["-e", "trace=none", "true"], { encoding: "utf8" });
  if (tried.error !== undefined) return `strace cannot be started: ${tried.error.message}`;
  return tried.status === 0 ? undefined : `strace fails here: ${tried.stderr.trim()}`;
};

/** For each kind the call that makes it one. Under strace nothing becomes root by a setuid bit, so that the exec alone shows. */
const EVIDENCE: Readonly<Record<string, (token: string) => RegExp>> = {
  sudo: (token) => new RegExp(`execve\\("/usr/bin/su", \\["su", "${token}", "--version"\\].* = 0`),
  "temporary-exec": (token) =>
    new RegExp(`execve\\("${directory.path}/temporary-0a51", \\["temporary", "${token}"\\].* = 0`),
  "privilege-change": () => /setresuid\(-1, 65534, -1\) += 0\n\d+ +setuid\(0\) += 0/,
  "deleted-binary": (token) =>
    new RegExp(`execveat\\(\\d+, "", \\["deleted", "${token}"\\], .*AT_EMPTY_PATH\\) = 0`),
  bpf: () => /bpf\(BPF_MAP_CREATE, \{map_type=BPF_MAP_TYPE_ARRAY.* = \d+/,
  "container-shell": (token) =>
    new RegExp(
      `setns\\(\\d+, CLONE_NEWNS\\|CLONE_NEWUTS\\|CLONE_NEWIPC\\) += 0\\n\\d+ +execve\\("/bin/sh", \\["sh", "-c", ":", "${token}"\\].* = 0`,
    ),
};

const techniques = scenario.techniques ?? [];

describe("high-value", () => {
  test("does each of its techniques in turn, with its token", async (ctx) => {
    const reason = whyNot();
    ctx.skip(reason !== undefined, reason);
    const trace = join(directory.path, "trace");
    const calls = "execve,execveat,setuid,setresuid,bpf,setns";
    const result = await drive(
      ["strace", "-f", "-qq", "-s", "128", "-e", `trace=${calls}`, "-o", trace, ...native("high-value")],
      closed({
        flags: ["--trial=0a51", `--directory=${directory.path}`],
        batches: 1,
        batchOperations: techniques.length,
      }),
    );
    expect(operationOf(result)).toMatchObject({ count: techniques.length, errors: 0 });
    const text = readFileSync(trace, "utf8");
    for (const [operation, { id }] of techniques.entries()) {
      const evidence = EVIDENCE[id];
      if (evidence === undefined) throw new Error(`nothing is known to look for of ${id}`);
      const token = `TK-0a51-${operation.toString(16).padStart(8, "0")}`;
      expect(text).toMatch(evidence(token));
      expect(text).toContain(`"${token}"`);
    }
  });

  test("leaves no file and no process", async (ctx) => {
    ctx.skip(process.getuid?.() !== 0, "needs root: it changes users and enters namespaces");
    const folder = temporaryDirectory();
    const flags = ["--trial=0a52", `--directory=${folder.path}`, "--warmup-operations=6"];
    await drive(native("high-value"), closed({ flags, batches: 2, batchOperations: 6 }));
    expect(readdirSync(folder.path)).toEqual([]);
    expect(spawnSync("pgrep", ["-f", "--", "--trial=0a52"], { encoding: "utf8" }).stdout).toBe("");
    folder.dispose();
  });

  test("refuses to start without a directory", async () => {
    const { code, stderr } = await start(native("high-value"), [
      "--trial=ffff",
      "--mode=sentinel",
      "--interval-ms=10",
    ]).ended;
    expect([code, stderr]).toEqual([2, expect.stringContaining("--directory is missing")]);
  });
});
