/** What the lab's script says when it cannot do its work; the real script, before it begins. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

const LAB = resolve(import.meta.dirname, "../../scripts/machines/lab.sh");
const folder = temporaryFolder();

test("lab.sh without a command shows what it can do", () => {
  const ended = spawnSync(LAB, { encoding: "utf8" });
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
    ["--mount", "--propagation", "private", "sh", "-c", script, "sh", small, LAB],
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

const lab = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawnSync("sh", [LAB, ...args], { encoding: "utf8", env: { ...process.env, ...env } });

test("where no lab is built, find says so by failing", () => {
  expect(lab(["find"], { TARE_VM_CACHE: join(folder, "none at all") })).toMatchObject({
    status: 1,
    stdout: "",
  });
});

test.each([
  [["run"], /no command to run/, /lab\.sh run vagrant --version/],
  [["run", "npm", "run", "tare"], /there is no npm in the lab/, /run sh scripts\/tare\.sh/],
  [
    ["run", "--share", "/no/such/folder", "true"],
    /--share \/no\/such\/folder: no such file/,
    /one that is there/,
  ],
])("lab.sh %j is refused before anything is begun", (args, what, next) => {
  const cache = join(folder, "untouched");
  const ended = lab(args, { TARE_VM_CACHE: cache });
  expect(ended.stderr).toMatch(what);
  expect(ended.stderr).toMatch(next);
  expect(ended.status).toBe(3);
});

test("what a killed run left is swept, and what a living one works in is not", async () => {
  const cache = join(folder, "a cache, with a comma");
  for (const name of ["lab-run.dead/root", "lab-run.alive/root"])
    mkdirSync(join(cache, name), { recursive: true });
  const holder = spawn("flock", [
    "--no-fork",
    join(cache, "lab-run.alive"),
    "sh",
    "-c",
    "echo; exec sleep 600",
  ]);
  await once(holder.stdout, "data");
  try {
    expect(lab(["sweep"], { TARE_VM_CACHE: cache })).toMatchObject({ status: 0, stderr: "" });
    expect(readdirSync(cache).toSorted()).toEqual(["lab-run.alive", "vagrant-lab.lock"]);
  } finally {
    holder.kill();
  }
});
