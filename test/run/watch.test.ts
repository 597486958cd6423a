/** Agents watched second by second, on a node made of data whose counters rise as time passes. */
import { describe, expect, test } from "vitest";
import { type Agent, defineAgent } from "../../src/domain/agent.ts";
import type { Scenario } from "../../src/domain/scenario.ts";
import { missing, value } from "../../src/domain/units.ts";
import type { WatchLine } from "../../src/domain/watch.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";
import { PROFILES } from "../../src/plan/profiles.ts";
import { runPlan } from "../../src/run/run-plan.ts";
import { FakeHost, type FakeHostOptions } from "../support/fake-host.ts";
import { fakeContext } from "./fake-context.ts";
import { BASELINE_AGENT, resultOf } from "./fake-run.ts";

const NONE = { small: [], medium: [], large: [] } as const;
const SECONDS = { small: 3, medium: 3, large: 3 } as const;

const AT_REST: Scenario = {
  id: "at-rest",
  title: "nothing",
  summary: "nothing",
  operations: [],
  driver: { kind: "none" },
  watch: { blocks: 2, seconds: SECONDS, afterSeconds: 0 },
  loads: NONE,
};

const CHURN: Scenario = {
  ...AT_REST,
  id: "churn",
  operations: ["tree"],
  driver: { kind: "native", program: "churn" },
  watch: { blocks: 1, seconds: SECONDS, ratePerSecond: 10, afterSeconds: 2 },
};

/** It observes nothing that a sentinel could show, and writes a line a second. */
const IDLER: Agent = defineAgent({
  ...BASELINE_AGENT,
  id: "idler",
  role: "sensor",
  start: async (_, context) => {
    const path = `${context.directory}/events`;
    const process = await context.launch(
      { command: "idler", args: [], stdout: path, stderr: `${context.directory}/err` },
      { signals: ["SIGTERM"], graceMs: 100 },
    );
    return {
      processes: [process],
      outputs: [{ path, forms: {} }],
      logs: [],
      settings: { buffer: "small" },
      lost: () => Promise.resolve(missing("it loses nothing")),
    };
  },
});

const CGROUP = "/sys/fs/cgroup/tare-1";
const USEC = 1000;

interface Node {
  readonly scenarios: readonly Scenario[];
  readonly options?: FakeHostOptions;
  readonly watched?: ReadonlySet<string>;
  readonly watch?: { readonly blocks?: number; readonly seconds?: number };
}

const watchRun = ({ scenarios, options, watched, watch }: Node) => {
  const plan = buildPlan({
    seed: 1,
    profile: PROFILES.quick,
    agents: [IDLER],
    scenarios,
    blocks: 30,
    ...(watch === undefined ? {} : { watch }),
    filesOn: "disk",
    stop: "fixed",
    timeBudgetSeconds: undefined,
    budgets: [],
    budgetSource: "none",
  });
  const count = (host: FakeHost, path: string, text: (seconds: number) => string): void => {
    host.files.set(path, text(host.now() / 1000));
  };
  const turn = (host: FakeHost): void => {
    count(host, `${CGROUP}/cpu.stat`, (seconds) => {
      const usec = Math.round(seconds * 3 * USEC);
      return `usage_usec ${usec}\nuser_usec ${usec / 3}\nsystem_usec ${(2 * usec) / 3}\n`;
    });
    count(host, `${CGROUP}/memory.stat`, (seconds) => `anon ${Math.round(seconds)}000\nfile 9\n`);
    count(host, "/proc/schedstat", (seconds) => `cpu0 0 0 0 0 0 0 ${Math.round(seconds * 2e7)} 0 0\n`);
    for (const { pid, spec } of host.processes.filter(({ spec }) => spec.command === "idler")) {
      count(
        host,
        `/proc/${pid}/task/${pid}/status`,
        (seconds) => `voluntary_ctxt_switches:\t${Math.round(seconds)}\n`,
      );
      count(host, spec.stdout, (seconds) => "event\n".repeat(Math.round(seconds)));
    }
  };
  const host = new FakeHost({
    deadlineMs: 5000,
    answer: () => ({}),
    ...options,
    files: {
      "/proc/self/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
      [`${CGROUP}/memory.peak`]: "1\n",
      ...options?.files,
    },
    onSleep: (_, fake) => {
      turn(fake);
    },
    onStart: (process, fake) => {
      if (process.spec.command === "idler") fake.files.set(`${CGROUP}/cgroup.procs`, `${process.pid}\n`);
      if (process.spec.args.includes("--mode=open"))
        process.print(JSON.stringify({ driver: "prepared", workers: [process.pid] }));
      turn(fake);
      options?.onStart?.(process, fake);
    },
    onInput: (process, line) => {
      if (line === "go") process.print(JSON.stringify(resultOf("0001")));
      if (line !== "drained") return;
      process.print('{"driver":"drained","snapshots":[]}');
      process.end({ code: 0, signal: null });
    },
  });
  turn(host);
  const { context, lines, events } = fakeContext(
    host,
    plan,
    [BASELINE_AGENT, IDLER],
    scenarios,
    watched === undefined ? {} : { watched },
  );
  return {
    host,
    plan,
    lines,
    events,
    run: () => runPlan(context, 0, 0),
    watches: () => lines.filter((line): line is WatchLine => line.type === "watch"),
  };
};

describe("at rest", () => {
  test("every agent and the baseline have a window in each block, and no block is timed", async () => {
    const run = watchRun({ scenarios: [AT_REST] });
    await run.run();
    expect(run.plan.blocks).toEqual([]);
    expect(
      run
        .watches()
        .map(({ block, agent }) => `${block} ${agent}`)
        .sort(),
    ).toEqual(["0 baseline", "0 idler", "1 baseline", "1 idler"]);
    expect(run.lines.at(-1)).toMatchObject({ type: "end", reason: "complete", blocks: 0 });
    expect(run.host.done.filter((entry) => entry.includes("--mode="))).toEqual([]);
  });

  test("a window has a reading a second, and what an agent did by all counters", async () => {
    const run = watchRun({ scenarios: [AT_REST] });
    await run.run();
    const line = run.watches().find(({ agent }) => agent === "idler");
    expect(line).toMatchObject({ seconds: 3, afterSeconds: 0, leftovers: [] });
    expect(line?.outcome).toMatchObject({
      kind: "measured",
      settings: { buffer: "small" },
      windowNs: 3e9,
      agentNs: value(9e6),
      agentUserNs: value(3e6),
      agentSystemNs: value(6e6),
      wakeUps: value(3),
      threadsEnded: 0,
      outputBytes: value(18),
      events: value(3),
      samples: {
        elapsedMs: [1000, 2000, 3000],
        agentNs: [3e6, 3e6, 3e6],
        nodeNs: [2e7, 2e7, 2e7],
      },
      defects: [],
    });
    expect(line?.outcome).not.toHaveProperty("operations");
  });

  test("the baseline has the node's readings, and none of an agent", async () => {
    const run = watchRun({ scenarios: [AT_REST] });
    await run.run();
    const line = run.watches().find(({ agent }) => agent === "baseline");
    expect(line?.outcome).toMatchObject({
      agentNs: { kind: "missing" },
      wakeUps: { kind: "missing" },
      events: missing("it writes no events"),
      samples: { agentNs: [null, null, null], nodeNs: [2e7, 2e7, 2e7], memoryBytes: [null, null, null] },
    });
  });

  test("is as long and as often as the user says", async () => {
    const run = watchRun({ scenarios: [AT_REST], watch: { blocks: 1, seconds: 5 } });
    await run.run();
    expect(run.watches().map(({ seconds }) => seconds)).toEqual([5, 5]);
  });

  test("what the record holds already is not watched again", async () => {
    const first = watchRun({ scenarios: [AT_REST] });
    const ids = first.plan.watches?.flatMap(({ turns }) => turns.map(({ id }) => id)) ?? [];
    const run = watchRun({ scenarios: [AT_REST], watched: new Set(ids.slice(0, 3)) });
    await run.run();
    expect(run.watches().map(({ id }) => id)).toEqual(ids.slice(3));
  });

  test("an agent that dies meanwhile has failed, and the others are watched", async () => {
    const run = watchRun({
      scenarios: [AT_REST],
      options: {
        onStart: (process, host) => {
          if (
            process.spec.command === "idler" &&
            host.processes.filter(({ spec }) => spec.command === "idler").length === 1
          )
            process.end({ code: 3, signal: null });
        },
      },
    });
    await run.run();
    const kinds = run
      .watches()
      .filter(({ agent }) => agent === "idler")
      .map(({ outcome }) => outcome.kind);
    expect(kinds.toSorted()).toEqual(["failed", "measured"]);
  });
});

describe("churn", () => {
  test("has a workload in a cgroup of its own, and seconds afterwards; the baseline has none", async () => {
    const run = watchRun({ scenarios: [CHURN] });
    await run.run();
    const [line, ...others] = run.watches();
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      agent: "idler",
      load: { kind: "open", ratePerSecond: 10, batches: 1, batchOperations: 30 },
      outcome: {
        kind: "measured",
        windowNs: 3e9,
        operations: { done: 20, failed: 0, planned: 30 },
        memoryBeforeBytes: { kind: "value" },
        samples: { elapsedMs: [1000, 2000, 3000, 4000, 5000] },
      },
    });
    const driver = run.host.done.find((entry) => entry.includes("--mode=open"));
    expect(driver).toContain("--batch-operations=30");
    expect(driver).toContain("--cgroup=/sys/fs/cgroup/tare-1-workload");
    expect(run.host.done.findLast((entry) => entry.startsWith("undo "))).toBeDefined();
  });

  test("memory rises by what the cgroup is charged for", async () => {
    const run = watchRun({ scenarios: [CHURN] });
    await run.run();
    const [line] = run.watches();
    if (line?.outcome.kind !== "measured") throw new Error("not measured");
    const { memoryBytes } = line.outcome.samples;
    expect(memoryBytes.map((bytes) => (bytes ?? 0) - (memoryBytes[0] ?? 0))).toEqual([
      0, 1000, 2000, 3000, 4000,
    ]);
  });
});
