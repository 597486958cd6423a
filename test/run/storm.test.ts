/** A real storm: that it is there, that nothing of it outlives its trial, and that it ends when tare is killed. */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cleanUp } from "../../src/host/effects.ts";
import { createHost } from "../../src/host/host.ts";
import { findJournals } from "../../src/host/journal.ts";
import { armGuard } from "../../src/run/guard.ts";
import { ON_THE_NODE } from "../../src/run/namespaces.ts";
import { besideStorm } from "../../src/run/storm.ts";
import processExec from "../../scenarios/process-exec.ts";
import { ROOT } from "../support/agent-session.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
let count = 0;

/** With a part of its name that says that it is tare's, or nothing in it would be removed. */
const place = (): string => {
  const path = join(folder, `tare-${++count}`);
  mkdirSync(path);
  return path;
};

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

const stormOf = (trial: string): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => textOf(`/proc/${name}/cmdline`).includes(`--trial=${trial}\0`))
    .map(Number);

const startsOnNode = (): number => Number(/^processes (\d+)$/m.exec(textOf("/proc/stat"))?.[1]);

const requestFor = (id: string) => ({
  scenario: processExec,
  storm: { id, scenario: "process-exec", ratePerSecond: 200 },
  setting: "shared" as const,
  cgroup: [],
  namespaces: ON_THE_NODE,
  signal: new AbortController().signal,
});

/** A program that begins a storm beside work that never ends, and waits to be killed. */
const STORMER = `
import { createHost } from "${ROOT}/src/host/host.ts";
import { besideStorm } from "${ROOT}/src/run/storm.ts";
import { ON_THE_NODE } from "${ROOT}/src/run/namespaces.ts";
import scenario from "${ROOT}/scenarios/process-exec.ts";
const [journalDirectory, scratch, id] = process.argv.slice(1);
const host = createHost({ root: "${ROOT}", journalDirectory });
const storm = { id, scenario: "process-exec", ratePerSecond: 200 };
const request = { scenario, storm, setting: "shared", cgroup: [], namespaces: ON_THE_NODE, signal: new AbortController().signal };
await besideStorm({ host, scratch, emit: () => undefined }, request, () => {
  console.log("stormy");
  return new Promise(() => setInterval(() => undefined, 1000));
});
`;

describe("a storm", () => {
  test("starts processes while the work is done, and nothing of it is left after it", async () => {
    const scratch = place();
    const host = createHost({ root: ROOT, journalDirectory: join(scratch, "journal") });
    const context = { host, scratch, emit: () => undefined };
    const { result, asked, problems } = await besideStorm(context, requestFor("0fd1"), async () => {
      const before = startsOnNode();
      // One that is just being started still has the name of who starts it.
      expect(stormOf("0fd1").length).toBeGreaterThanOrEqual(2 * host.cpus.length);
      await expect.poll(() => startsOnNode() - before).toBeGreaterThan(40);
      return "done";
    });
    expect([result, problems]).toEqual(["done", []]);
    expect(asked).toEqual({ processes: host.cpus.length, askedPerSecond: 200 * host.cpus.length });
    expect(stormOf("0fd1")).toEqual([]);
    expect(readdirSync(scratch).filter((name) => name === "storm")).toEqual([]);
  });

  test("ends with work that fails, which is told as it is", async () => {
    const scratch = place();
    const host = createHost({ root: ROOT, journalDirectory: join(scratch, "journal") });
    const failing = besideStorm({ host, scratch, emit: () => undefined }, requestFor("0fd2"), () =>
      Promise.reject(new Error("the service broke")),
    );
    await expect(failing).rejects.toThrow("the service broke");
    expect(stormOf("0fd2")).toEqual([]);
  });

  test("ends when tare is killed, before anybody cleans up", async () => {
    const scratch = place();
    const journal = join(scratch, "journal");
    const tare = spawn(process.execPath, [
      "--input-type=module-typescript",
      "-e",
      STORMER,
      "--",
      journal,
      scratch,
      "0fd3",
    ]);
    try {
      await new Promise((resolve) => tare.stdout.once("data", resolve));
      expect(stormOf("0fd3").length).toBeGreaterThan(0);
      tare.kill("SIGKILL");
      await expect.poll(() => stormOf("0fd3")).toEqual([]);
      const [left] = await findJournals(journal);
      if (left === undefined) throw new Error("the killed process left no journal");
      expect((await cleanUp(journal, left)).problems).toEqual([]);
      expect(readdirSync(scratch).filter((name) => name === "storm")).toEqual([]);
    } finally {
      tare.kill("SIGKILL");
    }
  });
});

test("the guard ends with what it was for, and leaves alone whoever has the pids then", async () => {
  const here = place();
  const host = createHost({ root: ROOT, journalDirectory: join(here, "journal") });
  const scope = host.effects.scope("test");
  const bystander = spawn("sleep", ["60"]);
  try {
    await armGuard(host, scope, {
      send: "KILL",
      pids: [bystander.pid ?? 0],
      seconds: 60,
      purpose: "ends the test's own process",
      stage: "storm",
      stderr: join(here, "guard"),
      signal: new AbortController().signal,
    });
    expect(await scope.undo()).toEqual([]);
    expect(textOf(`/proc/${bystander.pid ?? 0}/stat`)).toMatch(/\) S /);
  } finally {
    bystander.kill("SIGKILL");
  }
});

test("the guard ends what it was told to when its time is over", async () => {
  const here = place();
  const host = createHost({ root: ROOT, journalDirectory: join(here, "journal") });
  const scope = host.effects.scope("test");
  const target = spawn("sleep", ["60"]);
  const ended = new Promise((resolve) => target.once("exit", (_, signal) => resolve(signal)));
  try {
    await armGuard(host, scope, {
      send: "KILL",
      pids: [target.pid ?? 0],
      seconds: 1,
      purpose: "ends the test's own process",
      stage: "storm",
      stderr: join(here, "guard"),
      signal: new AbortController().signal,
    });
    expect(await ended).toBe("SIGKILL");
  } finally {
    await scope.undo();
    target.kill("SIGKILL");
  }
});
