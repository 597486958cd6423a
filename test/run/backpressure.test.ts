/** Forced overflows on a node made of data: the order of what is done, and that a stopped reader is continued on every path. */
import { describe, expect, test } from "vitest";
import { defineAgent } from "../../src/domain/agent.ts";
import { OVERFLOW_SECONDS } from "../../src/domain/plan.ts";
import type { BackpressureLine } from "../../src/domain/record.ts";
import { STILL_MS } from "../../src/run/await-progress.ts";
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

/** Of the overflow of its own readers, after which come those with what is outside of it. */
const readerOf = ({ host }: FakeRun): number =>
  host.processes.filter(({ spec }) => spec.command === "watcher").at(-3)?.pid ?? 0;

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
    expect(types.slice(-5)).toEqual(["block", "overflow", "overflow", "overflow", "end"]);
    expect(everyOverflowOf(run).map(({ outside }) => outside)).toEqual([
      undefined,
      "reader-stopped",
      "disk-full",
    ]);
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
    expect(buffers).toEqual(["usual", "smallest", "smallest", "smallest"]);
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
          if (ms === 20) disturb(run);
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
    expect(await blocksIn(true, 20 + 3 * OVERFLOW_SECONDS)).toBe(await blocksIn(false, 20));
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

  test("its disk is a small one that is filled for the window, freed after it, and unmounted", async () => {
    const run = backpressureRun(answering);
    await run.run();
    expect(outsideOf(run, "disk-full")).toMatchObject({ kind: "measured", operations: OPERATIONS });
    const course = run.host.done.flatMap((entry) => {
      if (/^(?:do|undo) small disk/.test(entry)) return [entry.split(" ")[0]];
      if (entry.startsWith("run sh -c head -c")) return ["fill"];
      if (entry === "cut /s/tare-1/agent/filler") return ["free"];
      return entry.startsWith("stop watcher") ? ["stop"] : [];
    });
    expect(course.slice(-5)).toEqual(["do", "fill", "free", "stop", "undo"]);
  });

  test("the disk of an agent that blocks is left alone: to free it might take what the agent holds up", async () => {
    const run = backpressureRun({ agents: [defineAgent({ ...WATCHER, overload: "blocks" })] });
    await run.run();
    expect(outsideOf(run, "disk-full")).toEqual({
      kind: "skipped",
      reason: expect.stringContaining("it blocks") as string,
    });
    expect(run.host.done.filter((entry) => entry.includes("small disk"))).toEqual([]);
  });
});
