/** Forced overflows on a node made of data: the order of what is done, and that a stopped reader is continued on every path. */
import { describe, expect, test } from "vitest";
import { defineAgent } from "../../src/domain/agent.ts";
import { OVERFLOW_SECONDS } from "../../src/domain/plan.ts";
import type { BackpressureLine } from "../../src/domain/record.ts";
import { STILL_MS } from "../../src/run/await-progress.ts";
import { type Behaviour, fakeRun, type FakeRun, OPERATIONS, WATCHER } from "./fake-run.ts";

const backpressureRun = (behaviour: Behaviour = {}): FakeRun =>
  fakeRun({ ...behaviour, overflow: true, options: { ...behaviour.options, deadlineMs: 5000 } });

const overflowsOf = ({ lines }: FakeRun): readonly BackpressureLine[] =>
  lines.filter((line): line is BackpressureLine => line.type === "overflow");

const readerOf = ({ host }: FakeRun): number =>
  host.processes.findLast(({ spec }) => spec.command === "watcher")?.pid ?? 0;

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
    expect(types.slice(-3)).toEqual(["block", "overflow", "end"]);
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
    expect(buffers).toEqual(["usual", "smallest"]);
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
    const done = new Set(overflowsOf(first).map(({ id }) => id));
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
    expect(await blocksIn(true, 20 + OVERFLOW_SECONDS)).toBe(await blocksIn(false, 20));
    expect(await blocksIn(true, 20)).toBeLessThan(await blocksIn(false, 20));
  });
});
