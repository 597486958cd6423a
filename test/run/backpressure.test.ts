/** Forced overflows on a node made of data: the order of what is done, and that a stopped reader is continued on every path. */
import { describe, expect, test } from "vitest";
import { defineAgent } from "../../src/domain/agent.ts";
import { Outside, OVERFLOW_SECONDS } from "../../src/domain/plan.ts";
import type { BackpressureLine } from "../../src/domain/record.ts";
import { STILL_MS } from "../../src/run/await-progress.ts";
import { inPulses } from "../../src/run/suspend.ts";
import { FakeHost } from "../support/fake-host.ts";
import { type Behaviour, fakeRun, type FakeRun, OPERATIONS, WATCHER } from "./fake-run.ts";

const backpressureRun = (behaviour: Behaviour = {}): FakeRun =>
  fakeRun({ ...behaviour, overflow: true, options: { ...behaviour.options, deadlineMs: 5000 } });

const everyOverflowOf = ({ lines }: FakeRun): readonly BackpressureLine[] =>
  lines.filter((line): line is BackpressureLine => line.type === "overflow");

/** Of the agent's own readers. */
const overflowsOf = (run: FakeRun): readonly BackpressureLine[] =>
  everyOverflowOf(run).filter(({ outside }) => outside === undefined);

const outsideOf = (run: FakeRun, outside: BackpressureLine["outside"]): BackpressureLine["outcome"] => {
  const found = everyOverflowOf(run).find((line) => line.outside === outside);
  if (found === undefined) throw new Error(`no overflow with ${outside}`);
  return found.outcome;
};

/** Of the overflow of its own readers, after the one of the block. */
const readerOf = ({ host }: FakeRun): number =>
  host.processes.filter(({ spec }) => spec.command === "watcher")[1]?.pid ?? 0;

/** Everything that stops or continues a process, without which process it is. */
const suspensions = ({ host }: FakeRun): string[] =>
  host.done
    .filter((entry) => /SIGSTOP|SIGCONT|^(start|stop) sh\b/.test(entry))
    .map((entry) => entry.replace(/ \d+/, "").replace(/^(start sh) .*/s, "$1"));

describe("a forced overflow", () => {
  test("comes after all blocks, stands in a line of its own, and is no trial of any block", async () => {
    const run = backpressureRun({ blocks: 2 });
    await run.run();
    const types = run.lines.map(({ type }) => type);
    expect(types.slice(-8)).toEqual(["block", ...Array.from({ length: 6 }, () => "overflow"), "end"]);
    expect(everyOverflowOf(run).map(({ outside }) => outside)).toEqual([undefined, ...Outside.options]);
    expect(run.lines.at(-1)).toMatchObject({ type: "end", reason: "complete", blocks: 2 });
    const [line] = overflowsOf(run);
    expect(run.trials("watcher").map(({ id }) => id)).not.toContain(line?.id);
  });

  test("starts the agent with its smallest buffers, and the blocks with the usual ones", async () => {
    const buffers: string[] = [];
    const agent = defineAgent({
      ...WATCHER,
      start: (host, context) => {
        buffers.push(context.buffers);
        return WATCHER.start(host, context);
      },
    });
    await backpressureRun({ agents: [agent] }).run();
    // No disk can be made there, so that those are not tried.
    expect(buffers).toEqual(["usual", "smallest", "smallest", "smallest", "smallest"]);
  });

  test("arms the guard before it stops a reader, and puts everything back, last in, first out", async () => {
    const run = backpressureRun();
    await run.run();
    const title = "process stopped by SIGSTOP";
    expect(suspensions(run)).toEqual([
      "start sh",
      `do ${title}`,
      "signal SIGCONT",
      `undo ${title}`,
      "stop sh",
    ]);
    expect(run.host.done).toContain(`do process ${readerOf(run)} stopped by SIGSTOP`);
  });

  test("counts what came out after the readers were continued, and what the agent declared", async () => {
    const run = backpressureRun({ missed: 5 });
    await run.run();
    expect(overflowsOf(run)).toMatchObject([
      {
        agent: "watcher",
        scenario: "file-open",
        outcome: {
          kind: "measured",
          operations: OPERATIONS,
          delivered: OPERATIONS - 5,
          declaredLost: { kind: "value", value: 0 },
          continued: "window-over",
        },
      },
    ]);
  });

  test("continues the readers of an agent that blocks, after a bounded time", async () => {
    const run = backpressureRun({ blocksWhenStopped: true });
    await run.run();
    const [line] = overflowsOf(run);
    expect(line?.outcome).toMatchObject({
      kind: "measured",
      continued: "no-progress",
      delivered: OPERATIONS,
    });
    const stoppedMs = line?.outcome.kind === "measured" ? line.outcome.stoppedMs : 0;
    expect(stoppedMs).toBeGreaterThanOrEqual(STILL_MS);
    expect(stoppedMs).toBeLessThan(STILL_MS + 200);
  });

  test("lets a workload that gets on slowly go on, and continues the readers at last", async () => {
    let ran = 0;
    const run = backpressureRun({
      blocksWhenStopped: true,
      options: {
        onSleep: (_, host) => {
          for (const { pid } of host.processes) host.files.set(`/proc/${pid}/schedstat`, `${++ran} 0 0\n`);
        },
      },
    });
    await run.run();
    expect(overflowsOf(run)[0]?.outcome).toMatchObject({ kind: "measured", continued: "time-limit" });
  });

  /** Lets something happen while the readers are stopped. */
  const disturbed = (disturb: (run: FakeRun) => void): FakeRun => {
    const run: FakeRun = backpressureRun({
      blocksWhenStopped: true,
      options: {
        onSleep: (ms) => {
          if (ms === 20 && suspensions(run).length >= 2) disturb(run);
        },
      },
    });
    return run;
  };
  const CONTINUED = ["signal SIGCONT", "undo process stopped by SIGSTOP", "stop sh"];

  test("continues the readers when the run is interrupted", async () => {
    const run = disturbed(({ abort }) => {
      abort.abort(new Error("interrupted"));
    });
    await expect(run.run()).rejects.toThrow("interrupted");
    expect(suspensions(run).slice(2)).toEqual(CONTINUED);
  });

  test("continues the readers when the driver dies, and records why nothing was counted", async () => {
    const run = disturbed(({ host }) => {
      host.processes.at(-2)?.end({ code: 1, signal: null });
    });
    await run.run();
    expect(overflowsOf(run)).toMatchObject([{ outcome: { kind: "failed", stage: "window" } }]);
    expect(suspensions(run).slice(2)).toEqual(CONTINUED);
  });

  test("does not stop a reader without a guard that would continue it", async () => {
    const run: FakeRun = backpressureRun({
      guardFails: true,
    });
    await run.run();
    expect(overflowsOf(run)).toMatchObject([
      { outcome: { kind: "failed", message: expect.stringContaining("guard") as string } },
    ]);
    expect(suspensions(run)).toEqual(["start sh", "stop sh"]);
  });

  test("is not tried on an agent without a process that reads events", async () => {
    const agent = defineAgent({
      ...WATCHER,
      start: async (host, context) => ({ ...(await WATCHER.start(host, context)), consumers: [] }),
    });
    const run = backpressureRun({ agents: [agent] });
    await run.run();
    expect(overflowsOf(run)).toMatchObject([
      { outcome: { kind: "skipped", reason: expect.stringContaining("none to stop") as string } },
    ]);
    expect(suspensions(run)).toEqual([]);
  });

  test("stops the readers that the agent names, and not the rest of it", async () => {
    const agent = defineAgent({
      ...WATCHER,
      start: async (host, context) => {
        const running = await WATCHER.start(host, context);
        const helper = await context.launch(
          { command: "helper", args: [], stdout: "/h", stderr: "/h" },
          { signals: ["SIGTERM"], graceMs: 1 },
        );
        return { ...running, processes: [...running.processes, helper], consumers: running.processes };
      },
    });
    const run = backpressureRun({ agents: [agent] });
    await run.run();
    expect(run.host.done).toContain(`do process ${readerOf(run)} stopped by SIGSTOP`);
  });

  test("is not repeated by a run that goes on", async () => {
    const first = backpressureRun();
    await first.run();
    const done = new Set(everyOverflowOf(first).map(({ id }) => id));
    const resumed = backpressureRun({ overflowed: done, firstBlock: 1 });
    await resumed.run();
    expect(resumed.lines.map(({ type }) => type)).toEqual(["end"]);
  });

  test("takes its time from the run's budget", async () => {
    const blocksIn = async (overflow: boolean, timeBudgetSeconds: number): Promise<number> => {
      const run = fakeRun({ overflow, blocks: 40, timeBudgetSeconds, options: { deadlineMs: 5000 } });
      await run.run();
      return run.lines.filter(({ type }) => type === "block").length;
    };
    expect(await blocksIn(true, 20 + 6 * OVERFLOW_SECONDS)).toBe(await blocksIn(false, 20));
    expect(await blocksIn(true, 20)).toBeLessThan(await blocksIn(false, 20));
  });
});

describe("what is slow outside of an agent", () => {
  const answering: Behaviour = {
    options: { answer: (command) => (["mkfifo", "sh"].includes(command) ? { exitCode: 0 } : undefined) },
  };

  test("who reads what it prints is stopped, and not the agent", async () => {
    const run = backpressureRun(answering);
    await run.run();
    expect(outsideOf(run, "reader-stopped")).toMatchObject({
      kind: "measured",
      operations: OPERATIONS,
      delivered: OPERATIONS,
    });
    const watcher = run.host.processes.find(({ spec }) => spec.stdout.endsWith("/events.pipe"));
    const reader = run.host.processes.find(({ spec }) => spec.args.includes("/s/tare-1/agent/events.pipe"));
    expect(run.host.done).toContain("run mkfifo --mode=0600 /s/tare-1/agent/events.pipe");
    expect(run.host.done).toContain(`do process ${reader?.pid} stopped by SIGSTOP`);
    expect(run.host.done).not.toContain(`do process ${watcher?.pid} stopped by SIGSTOP`);
    expect(run.host.done).toContain(`signal SIGCONT ${reader?.pid}`);
  });

  test("nobody can be stopped who reads what is printed nowhere", async () => {
    const run = backpressureRun();
    await run.run();
    expect(outsideOf(run, "reader-stopped")).toEqual({
      kind: "skipped",
      reason: expect.stringContaining("it prints no events") as string,
    });
  });

  const THROTTLE = "/sys/fs/cgroup/blkio/blkio.throttle.write_bps_device";
  /** A node on which a disk can be made, and be slow. */
  const withDisks: Behaviour = {
    options: {
      ...answering.options,
      programs: { "mkfs.ext4": "/sbin/mkfs.ext4" },
      files: {
        "/dev/loop-control": "",
        "/proc/self/mountinfo":
          "36 1 8:1 / / rw - ext4 /dev/sda1 rw\n40 36 7:3 / /s/tare-1/agent rw - ext4 x rw\n",
        "/proc/self/mounts": "cgroup /sys/fs/cgroup/blkio cgroup rw,blkio 0 0\n",
        [THROTTLE]: "",
      },
      setBack: { [THROTTLE]: "free" },
    },
  };
  const OWN_DISK = /^(do|undo) small disk in/;

  test("its disk is a small one that is filled for the window, freed after it by a signal alone, and unmounted", async () => {
    const run = backpressureRun(withDisks);
    await run.run();
    expect(outsideOf(run, "disk-full")).toMatchObject({ kind: "measured", operations: OPERATIONS });
    const filler = run.host.processes.find(({ spec }) => spec.args.includes("/s/tare-1/agent/filler"));
    const course = run.host.done.flatMap((entry) => {
      const [, disk] = OWN_DISK.exec(entry) ?? [];
      if (disk !== undefined) return [disk];
      if (entry.startsWith("start sh -c exec 9>")) return ["fill"];
      if (entry === `signal SIGKILL ${filler?.pid}`) return ["free"];
      return entry.startsWith("stop watcher") ? ["stop"] : [];
    });
    // Those of the peers come last.
    expect(course.slice(-7)).toEqual(["do", "fill", "free", "stop", "undo", "stop", "stop"]);
  });

  test("its disk is limited for the window under a guard, freed through an open file, and unmounted", async () => {
    const run = backpressureRun(withDisks);
    await run.run();
    expect(outsideOf(run, "disk-slow")).toMatchObject({ kind: "measured", operations: OPERATIONS });
    expect(run.host.files.get(THROTTLE)).toBe("free");
    const course = run.host.done.flatMap((entry) => {
      if (entry.includes(`write 20 7:3 0 ${THROTTLE}`)) return ["guard"];
      const [, limit] = /^(do|undo) limit of the disk 7:3/.exec(entry) ?? [];
      return limit ?? OWN_DISK.exec(entry)?.[1] ?? [];
    });
    expect(course.slice(0, 5)).toEqual(["do", "guard", "do", "undo", "undo"]);
  });

  test("no disk is made slow where no cgroup can do it, and none is made where there are no loop devices", async () => {
    const { [THROTTLE]: _, ...files } = withDisks.options?.files ?? {};
    const without = backpressureRun({ options: { ...withDisks.options, files } });
    await without.run();
    expect(outsideOf(without, "disk-slow")).toEqual({
      kind: "skipped",
      reason: expect.stringContaining("blkio of version 1, or io of version 2") as string,
    });
    const bare = backpressureRun(answering);
    await bare.run();
    for (const outside of ["disk-slow", "disk-full"] as const)
      expect(outsideOf(bare, outside)).toEqual({
        kind: "skipped",
        reason: expect.stringContaining("mkfs.ext4 is not installed") as string,
      });
    expect(bare.host.done.filter((entry) => OWN_DISK.test(entry))).toEqual([]);
  });

  const WITH_PEER = defineAgent({
    ...WATCHER,
    start: async (host, context) => {
      const running = await WATCHER.start(host, context);
      const peer = await context.launch(
        { command: "client", args: [], stdout: "/c", stderr: "/c" },
        { signals: ["SIGTERM"], graceMs: 1 },
      );
      return { ...running, processes: [...running.processes, peer], peers: [peer] };
    },
  });

  test.each(["peer-slow", "peer-stopped"] as const)(
    "%s: the other end of its socket, and not the agent",
    async (outside) => {
      const run = backpressureRun({ agents: [WITH_PEER] });
      await run.run();
      expect(outsideOf(run, outside)).toMatchObject({ kind: "measured", delivered: OPERATIONS });
      const [, , , slow, stopped] = run.host.processes.filter(({ spec }) => spec.command === "client");
      const peer = outside === "peer-slow" ? slow : stopped;
      expect(run.host.done).toContain(`do process ${peer?.pid} stopped by SIGSTOP`);
      expect(run.host.done).toContain(`signal SIGCONT ${peer?.pid}`);
    },
  );

  test("an agent without a socket has nobody at its other end", async () => {
    const run = backpressureRun();
    await run.run();
    expect(outsideOf(run, "peer-slow")).toEqual({
      kind: "skipped",
      reason: expect.stringContaining("from a socket") as string,
    });
  });
});

test("what is slow runs for a moment now and then, and is not stopped again once it is released", async () => {
  const host = new FakeHost();
  const peer = await host.start({ command: "client", args: [], stdout: "/c", stderr: "/c" });
  const slow = inPulses(host, [peer.pid], { release: () => host.done.push("released") });
  await host.pass(500);
  slow.release();
  await host.pass(500);
  expect(host.done.slice(1)).toEqual([
    `signal SIGCONT ${peer.pid}`,
    `signal SIGSTOP ${peer.pid}`,
    "released",
  ]);
});
