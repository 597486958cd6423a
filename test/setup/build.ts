/** Builds the sensor and the workloads before the first test, so that no two test files build them at once. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

export default (): void => {
  // In a guest, which has no compiler, the programs are there already.
  if (process.env["TARE_TEST_PREBUILT"] === "yes") return;
  const root = join(import.meta.dirname, "../..");
  // What does not build is told by the tests that need it.
  for (const part of ["bpf", "scenarios"])
    spawnSync("make", ["-s", "-C", join(root, part)], { stdio: "inherit" });
};
