/** Pure tests run beside each other, so they start nothing: what one starts, another would wait for or see. */
import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import { afterAll } from "vitest";

const tried: string[] = [];

const refuse = (command: unknown): never => {
  tried.push(String(command));
  throw new Error(
    `a test of a pure room starts ${String(command)}; such tests go to a room that vitest.config.ts does not call pure`,
  );
};

const starts = { exec: refuse, execFile: refuse, fork: refuse, spawn: refuse };
Object.assign(childProcess, { ...starts, execFileSync: refuse, execSync: refuse, spawnSync: refuse });
syncBuiltinESMExports();

afterAll(() => {
  // The code under test may have taken the error for an answer.
  if (tried.length > 0) throw new Error(`tests of a pure room tried to start ${tried.splice(0).join(", ")}`);
});
