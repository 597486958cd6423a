import { execFileSync } from "node:child_process";
import { expect, test, beforeAll } from "vitest";
import { buildDrivers } from "./driver.ts";

beforeAll(buildDrivers, 120_000);

/** Works for a while and prints what it has used, in microseconds, before it ends. */
const CHILD = `for (let i = 0, end = performance.now() + 50; performance.now() < end; i++);
const { user, system } = process.cpuUsage();
console.log(user + system);`;

test("the CPU time of an operation in Node holds that of the children that it waited for", async () => {
  const { usage } = await import("../../scenarios/driver/node-service/usage.ts");
  const before = usage();
  const said = Number(execFileSync(process.execPath, ["-e", CHILD], { encoding: "utf8" }));
  const after = usage();
  expect(said).toBeGreaterThan(0);
  const used = after.userNs + after.systemNs - before.userNs - before.systemNs;
  expect(used).toBeGreaterThanOrEqual(said * 1000);
  expect(after.voluntary + after.involuntary).toBeGreaterThan(before.voluntary + before.involuntary);
});
