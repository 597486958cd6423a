/** fapolicyd: it must gate nothing but the run's own mounts; and what its lines tell, which name no operation. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import highValue from "../../scenarios/high-value.ts";
import processExec from "../../scenarios/process-exec.ts";
import fapolicydFile from "../../src/agents/fapolicyd.ts";
import { marksOf, mountIds, parseMarks } from "../../src/agents/shared/fanotify-marks.ts";
import type { Host } from "../../src/domain/host.ts";
import { createHost } from "../../src/host/host.ts";
import { gapIn } from "../../src/run/coverage.ts";
import { ROOT, whyNot, withAgent } from "../support/agent-session.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { isolatedContext } from "../support/isolated-context.ts";
import { fixture, tallyFixture } from "../support/tally-fixture.ts";
import { variantOf } from "../support/agent-context.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const fapolicyd = variantOf(fapolicydFile, "fapolicyd");
const enforce = variantOf(fapolicydFile, "fapolicyd@enforce");

/** Debian's daemon on kernel 6.18, programs below /var/tmp/tare-capture: four opens, then four execs, each after a warm-up of two. */
const LOG = "fapolicyd-1.1.7-5.log";
const CAPTURED = "/var/tmp/tare-capture";

const INSIDE = "63 62 254:0 / / rw - ext4 /dev/vda rw\n70 63 0:21 / /proc rw - proc proc rw\n";
const ON_THE_NODE = "27 1 254:0 / / rw - ext4 /dev/vda rw\n22 27 0:21 / /proc rw - proc proc rw\n";
const OWN_MOUNT =
  "fanotify flags:7 event-flags:c8000\nfanotify mnt_id:3f mflags:0 mask:50000 ignored_mask:0\n";

const starting = (fdinfo: string, more: FakeHostOptions = {}, agent = fapolicyd) => {
  const host = new FakeHost({
    root: CAPTURED,
    answer: (command) => (command === "findmnt" ? { stdout: "ext4\n" } : {}),
    files: { "/proc/self/mountinfo": ON_THE_NODE },
    onStart: (process, self) => {
      self.files.set("/turn/fapolicyd.err", fixture(LOG));
      self.files.set(`/proc/${process.pid}/mountinfo`, INSIDE);
      self.files.set(`/proc/${process.pid}/fdinfo/7`, fdinfo);
    },
    ...more,
  });
  const context = isolatedContext(host, { watchedDirectory: `${CAPTURED}/w` });
  return { host, running: agent.start(host, context) };
};

describe("its log, captured from Debian's 1.1.7-5", () => {
  test("tells of each exec and each open by one line, from which the warm-up is taken off", async () => {
    const forms = (await starting(OWN_MOUNT).running).outputs[0]?.forms;
    if (forms?.exec === undefined || forms.file === undefined) throw new Error("a form is missing");
    const spec = { trial: "1231", operations: 4 };
    const exec = tallyFixture(LOG, { ...spec, form: forms.exec, family: "exec", warmup: 2 });
    expect(exec).toMatchObject({ delivered: 4, duplicates: 0, foreign: 2 });
    // The workload's preparation, which a run skips, opened two files more.
    const file = tallyFixture(LOG, { ...spec, form: forms.file, family: "file", warmup: 4 });
    expect(file).toMatchObject({ delivered: 4, duplicates: 0, foreign: 4 });
  });

  test("names a file by the first of its names, so that tokens would tell nothing", () => {
    expect(fixture(LOG)).toContain(`path=${CAPTURED}/w/pool/00000000`);
    expect(fixture(LOG)).not.toContain("TK-1231");
  });
});

test("counts only where program and file tell that a line is about the workload", () => {
  expect(gapIn(fapolicyd, processExec, "disk")).toBeUndefined();
  expect(gapIn(fapolicyd, highValue, "disk")).toMatchObject({ extent: "all" });
});

describe("what it gates", () => {
  test.each([
    ["mount", OWN_MOUNT, [{ of: "mount", mountId: 63 }]],
    // The forms of the other kinds are those of proc(5).
    [
      "file system",
      "fanotify sdev:800013 mflags:0 mask:50000 ignored_mask:0\n",
      [{ of: "filesystem", mountId: undefined }],
    ],
    [
      "inode",
      "fanotify ino:4f969 sdev:800013 mflags:0 mask:3b ignored_mask:0 fhandle-bytes:8 fhandle-type:1 f_handle:69f90400c275b5b4\n",
      [{ of: "inode", mountId: undefined }],
    ],
    ["nothing", "pos:\t0\nflags:\t02\n", []],
  ])("is read as a %s", (_, fdinfo, marks) => {
    expect(parseMarks(fdinfo)).toEqual(marks);
  });

  test.each([
    [
      "a mount of the node",
      "fanotify mnt_id:1b mflags:0 mask:50000 ignored_mask:0\n",
      /its own mounts: mount 27/,
    ],
    ["a whole file system", "fanotify sdev:800013 mflags:0 mask:50000 ignored_mask:0\n", /filesystem/],
    ["nothing", "pos:\t0\n", /gates nothing/],
  ])("is refused when it is %s", async (_, fdinfo, message) => {
    await expect(starting(fdinfo).running).rejects.toThrow(message);
  });

  test("is watched in mounts of its own only: it never starts on the node itself", async () => {
    const host = new FakeHost({ answer: () => ({ stdout: "ext4\n" }) });
    const context = isolatedContext(host, { inside: (command) => command });
    await expect(fapolicyd.start(host, context)).rejects.toThrow(/node itself would be covered/);
    expect(host.done.filter((step) => !step.startsWith("run "))).toEqual([]);
  });
});

describe("where it is started", () => {
  test("is permissive, and writes its database, state and report over private layers", async () => {
    const { host, running } = starting(OWN_MOUNT);
    await running;
    const layers = ["/etc/fapolicyd", "/var/lib/fapolicyd", "/var/log", "/run"];
    expect(host.done.filter((step) => !step.startsWith("run "))).toEqual([
      ...layers.map((folder) => `do a layer over ${folder} in the agent's own mount namespace`),
      "start fapolicyd --debug",
    ]);
    const configuration = host.files.get("/turn/etc-fapolicyd.files/fapolicyd.conf");
    expect(configuration).toMatch(/^permissive = 1$/m);
    expect(configuration).toMatch(/^watch_fs = ext4$/m);
    expect(configuration).toMatch(/^allow_filesystem_mark = 0$/m);
  });

  test("says that it died, and how, instead of waiting for it", async () => {
    const { running } = starting(OWN_MOUNT, {
      onStart: (process) => {
        process.end({ code: 1, signal: null });
      },
    });
    await expect(running).rejects.toThrow(/ended by itself \(exit status 1\)/);
  });
});

describe("as it denies", () => {
  const DENIED = "/turn/denied/";
  const ALLOWED = "/turn/allowed/";
  /** `through`: how many tries of denied things succeed once it runs; `refuses`: whether it refuses those beside them. */
  const startOn = (through: number, refuses = false) => {
    let left = through;
    const { host, running } = starting(
      OWN_MOUNT,
      {
        answer: (command, args, self) => {
          if (command === "findmnt") return { stdout: args.at(-1) === "/turn" ? "xfs\n" : "ext4\n" };
          const tries = args.at(-1) ?? "";
          if (command !== "nsenter" || self.processes.length === 0) return {};
          if (tries.startsWith(ALLOWED)) return { exitCode: refuses ? 1 : 0 };
          if (!tries.startsWith(DENIED)) return {};
          left -= 1;
          return { exitCode: left >= 0 ? 0 : 1 };
        },
      },
      enforce,
    );
    return { host, running, letThrough: (count: number) => (left = count) };
  };

  test("refuses a folder of its own first, allows the rest, and watches where that folder lies", async () => {
    const { host, running } = startOn(0);
    const { settings } = await running;
    expect(host.files.get("/turn/etc-fapolicyd.files/compiled.rules")).toBe(
      `deny_syslog perm=any all : dir=${DENIED}\nallow_syslog perm=execute all : all\nallow_syslog perm=open all : dir=${CAPTURED}/w/\nallow perm=any all : all\n`,
    );
    const configuration = host.files.get("/turn/etc-fapolicyd.files/fapolicyd.conf");
    expect(configuration).toMatch(/^permissive = 0$/m);
    expect(configuration).toMatch(/^watch_fs = ext4,xfs$/m);
    expect(settings["denied"]).toMatch(/^20 of 20 /);
  });

  test("is tried where the workload is, and nowhere else", async () => {
    const { host, running } = startOn(0);
    await running;
    const tries = host.done.filter((step) => step.includes(DENIED));
    expect(tries.length).toBeGreaterThan(0);
    expect(tries.filter((step) => !step.startsWith("run nsenter "))).toEqual([]);
  });

  test("is a failure where it lets one through, or refuses what lies beside them", async () => {
    await expect(startOn(1).running).rejects.toThrow("fapolicyd denied 19 of 20");
    await expect(startOn(0, true).running).rejects.toThrow(
      /does not deny cannot be used either: \/turn\/allowed/,
    );
  });

  test("says nothing of its losses once it has stopped to deny", async () => {
    const { running, letThrough } = startOn(0);
    const started = await running;
    expect(await started.lost()).toEqual({ kind: "value", value: 0 });
    letThrough(1);
    expect(await started.lost()).toMatchObject({
      kind: "missing",
      reason: expect.stringContaining("let an exec or an open through") as string,
    });
  });
});

describe("what it says it lost", () => {
  test("is what its queue refused", async () => {
    const { host, running } = starting(OWN_MOUNT);
    const started = await running;
    expect(await started.lost()).toEqual({ kind: "value", value: 0 });
    // The words are those in the daemon's source: version 1.1, and later ones.
    const refusals =
      "enqueue error\nFailed to enqueue event for PID 7: queue is full, please consider tuning q_size if issue happens often\n";
    host.files.set("/turn/fapolicyd.err", fixture(LOG) + refusals);
    expect(await started.lost()).toEqual({ kind: "value", value: 2 });
  });
});

describe("on this node", () => {
  const folder = temporaryFolder();

  test("marks only mounts that the node does not have, and makes the workload wait while it cannot answer", async (ctx) => {
    const host = createHost({ root: ROOT, journalDirectory: `${folder}/journal` });
    const obstacle = await whyNot(host, fapolicyd);
    ctx.skip(obstacle !== undefined, obstacle);
    const node = mountIds(readFileSync("/proc/self/mountinfo", "utf8"));
    const { problems } = await withAgent(host, fapolicyd, folder, async (session) => {
      const pid = session.running.processes[0]?.pid ?? 0;
      const marks = await marksOf(host, pid);
      expect(marks.length).toBeGreaterThan(0);
      expect(marks.filter(({ of, mountId }) => of !== "mount" || node.has(mountId ?? -1))).toEqual([]);
      const ledger = await session.trial("exec", 20, {
        around: async (window) => {
          let isDone = false;
          host.signal(pid, "SIGSTOP");
          const done = window().then(() => {
            isDone = true;
          });
          await host.sleep(1000);
          expect(isDone).toBe(false);
          // The node itself opens and executes as before: nobody outside waits.
          expect((await host.run("cat", [`${ROOT}/package.json`])).exitCode).toBe(0);
          host.signal(pid, "SIGCONT");
          await done;
        },
      });
      expect(ledger).toMatchObject({ operations: 20, delivered: 20, declared: 0 });
    });
    expect(problems).toEqual([]);
  });

  /** Its folders, what is mounted over them, and the marks of every process of its name. */
  const stateOfNode = async (host: Host): Promise<object> => {
    const pids = (await host.run("pgrep", ["-x", "fapolicyd"])).stdout
      .split("\n")
      .filter((pid) => pid !== "");
    const marks = await Promise.all(pids.map((pid) => marksOf(host, Number(pid))));
    const folders = [
      "/etc/fapolicyd",
      "/var/lib/fapolicyd",
      "/run/fapolicyd",
      "/var/log/fapolicyd-access.log",
    ];
    const found = await host.run("find", [...folders, "-printf", "%p %s %m %T@ %C@\\n"]);
    const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    return {
      marks,
      folders: found.stdout,
      mounts: mounts.filter((line) => / \/(?:etc|var\/lib)\/fapolicyd | \/run | \/var\/log /.test(line)),
    };
  };

  test("denies its folder ten times of ten, nothing else, and leaves the node as it was", async (ctx) => {
    const host = createHost({ root: ROOT, journalDirectory: `${folder}/journal` });
    const obstacle = await whyNot(host, enforce);
    ctx.skip(obstacle !== undefined, obstacle);
    const before = await stateOfNode(host);
    const { problems, running } = await withAgent(host, enforce, folder, async (session) => {
      const denied = `${folder}/agent/denied`;
      expect(await session.run("cat", `${denied}/file`)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining("Operation not permitted") as string,
      });
      // Who is not in its namespace is asked nothing.
      expect((await host.run("cat", [`${denied}/file`])).exitCode).toBe(0);
      expect((await host.run(`${denied}/program`, [])).exitCode).toBe(0);
      for (const family of enforce.observes)
        expect(await session.trial(family, 100)).toMatchObject({ delivered: 100, declared: 0 });
      expect(await session.running.lost()).toEqual({ kind: "value", value: 0 });
    });
    expect(running.settings["denied"]).toMatch(/^20 of 20 /);
    expect(problems).toEqual([]);
    expect(await stateOfNode(host)).toEqual(before);
  });
});
