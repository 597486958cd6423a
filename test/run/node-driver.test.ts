/** A workload's driver in Node is started as the harness itself was. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../support/agent-session.ts";

const PROGRAM = `
import { programOf } from ${JSON.stringify(join(ROOT, "src/run/drive.ts"))};
const scenario = { driver: { kind: "tinybench", module: "scenarios/some.ts" } };
console.log(programOf({ root: "/tare" } as never, scenario as never).slice(1).join(" "));`;

test.each([
  [["--single-threaded", "--max-semi-space-size=8"], "--single-threaded /tare/scenarios/some.ts"],
  [["--max-semi-space-size=8"], "/tare/scenarios/some.ts"],
])("a harness with %j starts its driver with %s", (flags, expected) => {
  const args = [...flags, "--input-type=module-typescript", "-e", PROGRAM];
  expect(execFileSync(process.execPath, args, { encoding: "utf8" }).trim()).toBe(expected);
});
