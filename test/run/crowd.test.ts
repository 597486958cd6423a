/** A real crowd: that it is there, and that nothing of it is left, however a run ends. */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ScalePoint } from "../../src/domain/scale.ts";
import { cleanUp } from "../../src/host/effects.ts";
import { createHost } from "../../src/host/host.ts";
import { findJournals } from "../../src/host/journal.ts";
import { gatherCrowd } from "../../src/run/crowd.ts";
import { ROOT } from "../support/agent-session.ts";
import { FakeHost } from "../support/fake-host.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
let count = 0;

/** With a part of its name that says that it is tare's, or nothing in it would be removed. */
const place = (): string => {
  const path = join(folder, `tare-${++count}`);
  mkdirSync(path);
  return path;
};

const statOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
};

/** Those that sleep: what has ended, and waits for whoever inherits it, is there no more. */
const crowdOf = (size: string): readonly string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => /^\d+ \(crowd\) [^Z]/.test(statOf(pid)))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`\0${size}\0`);
      } catch {
        return false;
      }
    });

const filesOf = (pid: string): number =>
  readdirSync(`/proc/${pid}/fd`).filter((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === "/dev/null").length;

/** A program that gathers a crowd and waits to be killed. */
const GATHERER = `
import { createHost } from "${ROOT}/src/host/host.ts";
import { gatherCrowd } from "${ROOT}/src/run/crowd.ts";
const [journalDirectory, scratch] = process.argv.slice(1);
const host = createHost({ root: "${ROOT}", journalDirectory });
const context = { host, scratch, disks: [scratch], name: "tare-crowd-killed", signal: new AbortController().signal };
await gatherCrowd(context, host.effects.scope("test"), { axis: "processes", at: 37 });
console.log("gathered");
setInterval(() => undefined, 1000);
`;

const contextIn = (scratch: string) => ({
  host: createHost({ root: ROOT, journalDirectory: join(scratch, "journal") }),
  scratch,
  disks: [scratch],
  name: `tare-crowd-${process.pid}`,
  signal: new AbortController().signal,
});

describe("a crowd", () => {
  test("is as many processes as are asked for, and gone with its scope", async () => {
    const context = contextIn(place());
    const effects = context.host.effects.scope("test");
    try {
      await gatherCrowd(context, effects, { axis: "processes", at: 41 });
      // One more holds them all.
      expect(crowdOf("41")).toHaveLength(42);
    } finally {
      expect(await effects.undo()).toEqual([]);
    }
    expect(crowdOf("41")).toEqual([]);
  });

  test("is as many open files as are asked for", async () => {
    const context = contextIn(place());
    const effects = context.host.effects.scope("test");
    try {
      await gatherCrowd(context, effects, { axis: "files", at: 2500 });
      const held = crowdOf("2500")
        .map(filesOf)
        .sort((a, b) => b - a);
      // Every one has the standard streams of the first: what is above is what it holds.
      const own = held.at(-1) ?? NaN;
      expect(held.map((files) => files - own)).toEqual([1000, 1000, 500, 0]);
    } finally {
      expect(await effects.undo()).toEqual([]);
    }
  });

  test("ends when tare is killed, before anybody cleans up", async () => {
    const scratch = place();
    const journal = join(scratch, "journal");
    const tare = spawn(process.execPath, [
      "--input-type=module-typescript",
      "-e",
      GATHERER,
      "--",
      journal,
      scratch,
    ]);
    try {
      await new Promise((resolve) => tare.stdout.once("data", resolve));
      expect(crowdOf("37")).toHaveLength(38);
      tare.kill("SIGKILL");
      await expect.poll(() => crowdOf("37")).toEqual([]);
      const [left] = await findJournals(journal);
      if (left === undefined) throw new Error("the killed process left no journal");
      expect((await cleanUp(journal, left)).problems).toEqual([]);
    } finally {
      tare.kill("SIGKILL");
    }
  });
});

describe("no crowd is gathered", () => {
  const gather = async (size: ScalePoint, files: Readonly<Record<string, string>> = {}) => {
    const host = new FakeHost({ files });
    const signal = new AbortController().signal;
    const gathering = gatherCrowd(
      { host, name: "tare-test", scratch: "/scratch", disks: [], signal },
      host.effects.scope("test"),
      size,
    );
    return { host, gathering };
  };

  test("for a node as it is", async () => {
    const { host, gathering } = await gather({ axis: "files", at: 0 });
    await gathering;
    expect(host.processes).toEqual([]);
  });

  test("on a node that is short of memory", async () => {
    const meminfo = "MemTotal: 8000000 kB\nMemAvailable: 700000 kB\n";
    const { host, gathering } = await gather({ axis: "processes", at: 500 }, { "/proc/meminfo": meminfo });
    await expect(gathering).rejects.toMatchObject({
      stage: "scale",
      message: expect.stringContaining(
        "no 500 processes: 683 MiB of 7812 were left of the node's memory",
      ) as string,
    });
    expect(host.processes).toEqual([]);
  });
});
