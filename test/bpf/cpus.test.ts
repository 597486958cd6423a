/** Which CPUs the sensor makes rings for, by the lists of machines on which not all that may be are online. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "./sensor.ts";

const PROGRAM = join(ROOT, "build/test/cpus-check");
const PREBUILT = process.env["TARE_TEST_PREBUILT"] === "yes";

const ringsFor = (possible: string, online: string): string => {
  const ran = spawnSync(PROGRAM, [possible, online], { encoding: "utf8" });
  expect(ran.stderr).toBe("");
  return ran.stdout.trim();
};

describe.skipIf(PREBUILT)("rings for CPUs", () => {
  beforeAll(() => {
    mkdirSync(join(ROOT, "build/test"), { recursive: true });
    const sources = [join(import.meta.dirname, "fixtures/cpus-check.c"), join(ROOT, "bpf/loader/cpus.c")];
    const flags = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    execFileSync("cc", ["-std=gnu11", ...flags, "-I", join(ROOT, "bpf/loader"), ...sources, "-o", PROGRAM], {
      stdio: "pipe",
    });
  });

  test.each([
    ["all of them are online", "0-3\n", "0-3\n", "4: 0 1 2 3"],
    ["room for more than there are", "0-7\n", "0-1\n", "2: 0 1 0 1 0 1 0 1"],
    ["one in the middle is off", "0-3\n", "0,2-3\n", "3: 0 1 1 2"],
    ["the first is off", "0-3\n", "1-3\n", "3: 0 0 1 2"],
    ["numbers with gaps", "0,2,4\n", "0,4\n", "2: 0 1 0 1 1"],
    ["one alone", "0\n", "0\n", "1: 0"],
    ["a list that names one twice", "0-1\n", "0-1,1\n", "2: 0 1"],
    ["an online one that there cannot be", "0-1\n", "0-5\n", "2: 0 1"],
    ["nothing tells which are online", "0-2\n", "", "3: 0 1 2"],
    ["a list of those online that is none", "0-2\n", "no list\n", "3: 0 1 2"],
    ["nothing tells which there may be", "", "0-1\n", "0:"],
    ["a range that ends before it begins", "3-1\n", "", "0:"],
    ["a number that no kernel has", "0-4294967296\n", "", "0:"],
  ])("%s", (_, possible, online, told) => {
    expect(ringsFor(possible, online)).toBe(told);
  });
});
