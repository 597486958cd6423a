import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./driver.ts";

const MACHINE_OFFSET = 18;
const EM_AARCH64 = 183;

test("builds every driver and noop for 64-bit Arm", { timeout: 120_000 }, (ctx) => {
  // The compiler may be there without its C library.
  const flags = ["-E", "-x", "c", "-"];
  const compiler = spawnSync("aarch64-linux-gnu-gcc", flags, {
    input: "#include <fcntl.h>\n",
    encoding: "utf8",
  });
  ctx.skip(
    compiler.status !== 0,
    `no cross compiler with a C library (libc6-dev-arm64-cross): ${compiler.error?.message ?? compiler.stderr}`,
  );
  execFileSync("make", ["-C", join(ROOT, "scenarios"), "ARCH=arm64"], { stdio: "pipe" });
  const sources = readdirSync(join(ROOT, "scenarios")).filter((name) => name.endsWith(".c"));
  for (const name of ["noop", ...sources.map((source) => source.slice(0, -".c".length))]) {
    const program = readFileSync(join(ROOT, "build/scenarios-arm64", name));
    expect([name, program.readUInt16LE(MACHINE_OFFSET)]).toEqual([name, EM_AARCH64]);
  }
});

test("refuses an architecture that it does not know", () => {
  const { status, stderr } = spawnSync("make", ["-C", join(ROOT, "scenarios"), "ARCH=vax"], {
    encoding: "utf8",
  });
  expect(status).not.toBe(0);
  expect(stderr).toContain('"vax"');
});
