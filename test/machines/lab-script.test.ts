/** What the lab's script says when it cannot do its work; the real script, before it begins. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
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
