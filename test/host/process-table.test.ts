/** When a process counts as gone, with real processes. */
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { MARK, markedProcesses, startTimeOf } from "../../src/host/process-table.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

const stateOf = (pid: number): string | undefined =>
  /^State:\t(\S)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];

/** Builds the program of that name in fixtures/ and starts it. */
function startFixture(name: string): ChildProcessByStdio<null, Readable, null> {
  const program = join(folder, name);
  const source = join(import.meta.dirname, "fixtures", `${name}.c`);
  const built = spawnSync("cc", ["-pthread", "-o", program, source], { encoding: "utf8" });
  expect(built.stderr).toBe("");
  return spawn(program, { stdio: ["ignore", "pipe", "inherit"] });
}

test("one whose first thread has ended is not gone while another runs", async () => {
  const child = startFixture("leader-ends-first");
  const pid = child.pid ?? -1;
  const exited = once(child, "exit");
  try {
    await once(child.stdout, "data");
    while (stateOf(pid) !== "Z") await sleep(5);
    expect(startTimeOf(pid)).toMatch(/^\d+$/);
  } finally {
    child.kill("SIGKILL");
  }
  await exited;
  expect(startTimeOf(pid)).toBeUndefined();
});

test("a zombie is gone, though nobody has waited for it", async () => {
  const parent = startFixture("keeps-a-zombie");
  try {
    const [said] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(said.toString());
    expect(stateOf(pid)).toBe("Z");
    expect(startTimeOf(pid)).toBeUndefined();
    expect(startTimeOf(parent.pid ?? -1)).toMatch(/^\d+$/);
  } finally {
    parent.kill("SIGKILL");
  }
});

test("one that executes programs one after the other is found at every look", async () => {
  const script = join(folder, "executes-itself.sh");
  writeFileSync(script, 'exec sh "$0"\n');
  const mark = `test-${process.pid}:1`;
  // Longer than a page: the kernel hands it out page by page, and stops when the program is replaced in between.
  const env = { LONG: "x".repeat(20_000), [MARK]: mark };
  const child = spawn("sh", [script], { env, stdio: "ignore" });
  try {
    await once(child, "spawn");
    for (let look = 0; look < 100; look += 1) expect(await markedProcesses(mark)).toEqual([child.pid]);
  } finally {
    child.kill("SIGKILL");
  }
});
