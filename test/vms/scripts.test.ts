/** What the scripts behind boxes and lab say when they cannot do their work; the real scripts, before they begin with it. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

const SCRIPTS = resolve(import.meta.dirname, "../../scripts/vagrant");
const folder = temporaryFolder();

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const sh = (...args: readonly string[]): Ended =>
  spawnSync("sh", [...args], { encoding: "utf8", env: { ...process.env, TARE_VM_CACHE: folder } });

test.each([
  [["--arch", "armhf"], /--arch is "armhf"\nbox: {3}hint: it can be amd64 or arm64/],
  [[], /--arch is ""/],
  [["--arch"], /--arch says nothing/],
  [["--size", "1"], /unknown argument "--size"/],
])("box.sh %j", (args, expected) => {
  const ended = sh(join(SCRIPTS, "box.sh"), ...args);
  expect(ended.stderr).toMatch(expected);
  expect(ended.stdout).toBe("");
  expect(ended.status).toBe(2);
});

test("lab.sh without a command shows what it can do", () => {
  const ended = sh(join(SCRIPTS, "lab.sh"));
  expect(ended.stderr).toMatch(/lab\.sh build[^]*lab\.sh run COMMAND/);
  expect(ended.status).toBe(2);
});

test("a lab that does not fit on the disk is not begun", (ctx) => {
  const small = join(folder, "small");
  mkdirSync(small);
  // A disk of 16 MiB, in a mount namespace that ends with the script.
  const script = `mount -t tmpfs -o size=16m tmpfs "$1" && TARE_VM_CACHE=$1 exec sh "$2" build`;
  const ended = spawnSync(
    "unshare",
    ["--mount", "--propagation", "private", "sh", "-c", script, "sh", small, join(SCRIPTS, "lab.sh")],
    { encoding: "utf8" },
  );
  ctx.skip(
    process.getuid?.() !== 0 || ended.error !== undefined || ended.stderr.includes("mount:"),
    `needs root and mount namespaces: ${ended.stderr.trim()}`,
  );
  ctx.skip(ended.stderr.includes("mmdebstrap was not found"), "mmdebstrap is not installed");
  expect(ended.stderr).toMatch(/has 16 MiB free, the lab needs \d+\nlab: {3}hint: free some space/);
  expect(ended.status).toBe(3);
});
