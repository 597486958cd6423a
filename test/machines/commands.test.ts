/** The programs' own errors: what is wrong, which value, what next, and tare's exit codes. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CLONE } from "../../src/machines/clone.ts";
import { has } from "../../src/machines/images/shell.ts";

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

const TEST = "scripts/machines/test.ts";
const TARE = "src/cli/main.ts";

const start = async (program: string, args: readonly string[], env: Record<string, string> = {}) =>
  await new Promise<Ended>((resolve) => {
    execFile(
      process.execPath,
      [join(CLONE, program), ...args],
      { env: { ...process.env, TARE_VM_CACHE: cache, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
      },
    );
  });

test.each([
  [
    TARE,
    ["vms", "exec", "--arch", "sparc", "--", "true"],
    "--arch sparc: not known",
    "it can be amd64, arm64",
  ],
  [
    TARE,
    ["vms", "exec", "--kernel", "4.19", "--", "true"],
    "--kernel 4.19: not known",
    "it can be 5.10, 6.1, 6.12",
  ],
  [
    TARE,
    ["vms", "exec", "--flavour", "mint", "--", "true"],
    "--flavour mint: not known",
    "fast, systemd, agents",
  ],
  [TARE, ["vms", "exec", "--time-limit", "0", "--", "true"], "--time-limit 0", "not a duration"],
  [TARE, ["vms", "exec", "--arch", "amd64"], "missing required argument", "command"],
  [TEST, ["--nothing"], "--nothing", "npm run test:vm --"],
  [TEST, ["--agents", "--release", "sid"], "--release sid: not known", "it can be bookworm, trixie"],
  [TARE, ["vms", "box", "--arch", "armhf"], "--arch armhf: not known", "it can be amd64, arm64"],
  [
    TARE,
    ["vms", "box", "--arch", "amd64", "--kernel", "4.19"],
    "--kernel 4.19: not known",
    "5.10, 6.1, 6.12",
  ],
  [TARE, ["vms", "box"], "--arch <name>", "not specified"],
  [TARE, ["vms", "payload", "--arch", "pdp11"], "--arch pdp11: not known", "it can be amd64, arm64"],
] as const)("%s %j is a usage error", async (program, args, what, next) => {
  const { code, stdout, stderr } = await start(program, args);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(what);
  expect(stderr).toContain(next);
});

test("npm run test:vm -- --help says how it is used", async () => {
  const { code, stdout } = await start(TEST, ["--help"]);
  expect(code).toBe(0);
  expect(stdout.trim()).not.toBe("");
});

test("a mirror that cannot be reached is an error that says where mirrors come from, and leaves nothing", async (context) => {
  for (const tool of ["mmdebstrap", "depmod", "cpio"])
    context.skip(!(await has(tool)), `${tool} is not installed`);
  context.skip(process.getuid?.() !== 0, "unpacking packages needs root");
  const { code, stderr } = await start(
    TARE,
    ["vms", "exec", "--no-setup", "--flavour", "fast", "--", "true"],
    {
      TARE_VM_MIRROR: "http://127.0.0.1:9/debian",
    },
  );
  expect(code).toBe(3);
  expect(stderr).toContain("127.0.0.1:9");
  expect(stderr).toContain("TARE_VM_MIRROR");
  expect(readdirSync(cache)).toEqual([]);
});

test.each([
  ["", 3, "skipped is not passed"],
  ["yes", 0, "not tried: amd64 with kernel 6.12"],
])("npm run test:vm whose guest cannot be made, with TARE_TEST_MAY_SKIP=%j", async (may, expected, said) => {
  // Whichever of what it takes is missing first here: a tool, root, or the mirror.
  const { code, stdout, stderr } = await start(TEST, ["--no-setup", "--arch", "amd64"], {
    TARE_VM_MIRROR: "http://127.0.0.1:9/debian",
    TARE_TEST_MAY_SKIP: may,
  });
  expect(stdout).toMatch(
    /amd64 with kernel 6\.12: skipped: [^]*counting on amd64: skipped: [^]*0 passed, 0 failed, 2 skipped\n$/,
  );
  expect(stderr).toContain(said);
  expect(code).toBe(expected);
});
