/** A guard on the real kernel does all that it is there for, although it is told to end again meanwhile. */
import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, readSync, readdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createHost } from "../../src/host/host.ts";
import { armGuard } from "../../src/run/guard.ts";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();

const textOf = (pid: string, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
};

const guardWriting = (text: string, path: string): string => {
  const pid = readdirSync("/proc").find((one) =>
    textOf(one, "cmdline").endsWith(`\0write\x003600\0${text}\0${path}\0`),
  );
  if (pid === undefined) throw new Error("there is no guard");
  return pid;
};

/** As much as a pipe takes; returns how many bytes that is. */
const fill = (pipe: number): number => {
  let bytes = 0;
  try {
    for (;;) bytes += writeSync(pipe, Buffer.alloc(4096, "."));
  } catch {
    return bytes;
  }
};

const drained = (pipe: number): string => {
  let text = "";
  const chunk = Buffer.alloc(4096);
  try {
    for (;;) text += chunk.toString("latin1", 0, readSync(pipe, chunk));
  } catch {
    return text;
  }
};

test("the kernel tells a guard once for each thread of tare's, and only the first counts", async () => {
  const path = join(folder, "pipe");
  expect(spawnSync("mkfifo", [path]).status).toBe(0);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const host = createHost({ root: ROOT, journalDirectory: join(folder, "tare/journal") });
  const scope = host.effects.scope("test");
  try {
    expect(fill(pipe)).toBeGreaterThan(0);
    await armGuard(host, scope, {
      write: "as it was",
      to: path,
      seconds: 3600,
      purpose: "writes to a pipe",
      stage: "test",
      stderr: join(folder, "guard"),
      signal: new AbortController().signal,
    });
    const guard = guardWriting("as it was", path);
    const sleeper = textOf(guard, `task/${guard}/children`).trim();
    expect(sleeper).toMatch(/^\d+$/);
    host.signal(Number(guard), "SIGTERM");
    // A descriptor, an address, and a length of ten.
    await expect
      .poll(() => textOf(guard, "syscall"), { message: "the guard writes" })
      .toMatch(/^\d+ 0x1 \S+ 0xa /);
    host.signal(Number(guard), "SIGTERM");
    let text = "";
    await expect
      .poll(() => (text += drained(pipe)), { message: "what the guard wrote" })
      .toMatch(/as it was\n$/);
    await expect.poll(() => host.alive(Number(sleeper)), { message: "its sleep goes on" }).toBe(false);
  } finally {
    closeSync(pipe);
    await scope.undo();
  }
});
