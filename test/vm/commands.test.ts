/** The scripts' own errors: what is wrong, which value, what next, and tare's exit codes. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CLONE } from "../../scripts/vm/payload.ts";
import { has } from "../../scripts/vm/shell.ts";

let cache = "";
beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), "tare-vm-empty-"));
});
afterAll(() => {
  rmSync(cache, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const start = async (script: string, args: readonly string[], env: Record<string, string> = {}) =>
  await new Promise<Ended>((resolve) => {
    execFile(
      process.execPath,
      [join(CLONE, "scripts/vm", script), ...args],
      { env: { ...process.env, TARE_VM_CACHE: cache, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
      },
    );
  });

test.each([
  ["image.ts", ["--arch", "sparc"], '--arch is "sparc"', "it can be amd64 or arm64"],
  ["image.ts", ["--arch", "amd64", "--kernel", "4.19"], '--kernel is "4.19"', "it can be 5.10, 6.1, 6.12"],
  ["image.ts", ["--arch", "amd64", "--flavour", "mint"], '--flavour is "mint"', "fast, systemd, agents"],
  ["image.ts", ["--nothing"], "--nothing", "image.sh --arch"],
  ["run.ts", ["--arch", "amd64"], "there is no command to run", "run.sh"],
  ["print-payload.ts", ["--arch", "pdp11"], '--arch is "pdp11"', "it can be amd64 or arm64"],
] as const)("%s %j is a usage error", async (script, args, what, next) => {
  const { code, stdout, stderr } = await start(script, args);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(what);
  expect(stderr).toContain(next);
});

test.each(["image.ts", "run.ts", "test.ts", "print-payload.ts", "kernels-table.ts"])(
  "%s --help says how it is used",
  async (script) => {
    const { code, stdout } = await start(script, ["--help"]);
    expect(code).toBe(0);
    expect(stdout.trim()).not.toBe("");
  },
);

test("a mirror that nobody reaches is an error that says where mirrors come from, and leaves nothing", async (context) => {
  for (const tool of ["mmdebstrap", "depmod", "cpio"])
    context.skip(!(await has(tool)), `${tool} is not installed: sh scripts/setup.sh vm`);
  context.skip(process.getuid?.() !== 0, "unpacking packages needs root");
  const { code, stderr } = await start("image.ts", ["--arch", "amd64", "--flavour", "fast"], {
    TARE_VM_MIRROR: "http://127.0.0.1:9/debian",
  });
  expect(code).toBe(3);
  expect(stderr).toContain("127.0.0.1:9");
  expect(stderr).toContain("TARE_VM_MIRROR");
  expect(readdirSync(cache)).toEqual([]);
});
