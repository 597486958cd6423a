/** A start under rising load on a node made of data: what is done in which order, what is recorded, and what ends it. */
import { describe, expect, test } from "vitest";
import { type Agent, defineAgent } from "../../src/domain/agent.ts";
import { BASELINE } from "../../src/domain/plan.ts";
import type { LoadGuide, LoadLine, Probe, ProbeKind } from "../../src/domain/under-load.ts";
import { buildPlan } from "../../src/plan/build-plan.ts";
import { LOAD_TESTS } from "../../src/plan/load-tests.ts";
import { PROFILES } from "../../src/plan/profiles.ts";
import { runPlan } from "../../src/run/run-plan.ts";
import { FakeHost, type FakeHostOptions, type FakeProcess } from "../support/fake-host.ts";
import { fakeContext } from "./fake-context.ts";
import { BASELINE_AGENT, SCENARIO, WATCHER } from "./fake-run.ts";

/** Of the workload alone, and where the watcher begins to lose. */
const FASTEST = 1000;
const KNEE = 200;

const GUIDE: LoadGuide = {
  search: () => {
    const rates = [150, 250];
    return {
      add: () => undefined,
      next: () => {
        const rate = rates.shift();
        return rate === undefined ? undefined : { rate, seconds: 2 };
      },
      knee: () => undefined,
    };
  },
  knee: () => ({ value: KNEE, low: 180, high: 220 }),
  nextBurst: (probes) => [50, 100][probes.filter(({ kind }) => kind === "burst").length],
  fastest: () => FASTEST,
};

const flag = (process: FakeProcess, name: string): string | undefined =>
  process.spec.args.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);

const numberOf = (process: FakeProcess, name: string): number => Number(flag(process, name) ?? 0);

const tokens = (trial: string, from: number, to: number): string =>
  Array.from(
    { length: Math.max(0, to - from) },
    (_, index) => `open /w/TK-${trial}/${(from + index).toString(16).padStart(8, "0")}\n`,
  ).join("");

const resultOf = (process: FakeProcess): string => {
  const operations = numberOf(process, "batch-operations");
  const rate = numberOf(process, "rate") || FASTEST;
  const wallNs = (operations / rate) * 1e9;
  const latency = { significantDigits: 3, minNs: 1, maxNs: 2, buckets: [[2, operations]] };
  return JSON.stringify({
    protocol: 2,
    scenario: "file-open",
    trial: flag(process, "trial"),
    mode: flag(process, "mode"),
    startNs: 0,
    endNs: wallNs,
    operations: [
      {
        operation: "open",
        count: operations,
        errors: 0,
        timedEvery: 1,
        batches: [
          {
            operations,
            wallNs,
            cpuNs: wallNs / 2,
            userNs: 0,
            systemNs: 0,
            voluntarySwitches: 0,
            involuntarySwitches: 0,
          },
        ],
        service: latency,
        response: flag(process, "mode") === "open" ? latency : null,
      },
    ],
    control: { spinNs: [1, 1], syscallNs: [1, 1] },
    snapshots: [],
    maxRssKib: 100,
  });
};

interface Behaviour {
  readonly agent?: Agent;
  readonly tests?: readonly string[];
  readonly options?: FakeHostOptions;
  /** Events that are written only with the next that happens, as from a backlog. */
  readonly late?: number;
  readonly loaded?: readonly LoadLine[];
  readonly timeBudgetSeconds?: number;
  onGo?(process: FakeProcess, host: FakeHost): void;
}

const loadRun = (behaviour: Behaviour = {}) => {
  const { agent = WATCHER } = behaviour;
  const host: FakeHost = new FakeHost({
    deadlineMs: 5000,
    ...behaviour.options,
    onStart: (process, fake) => {
      const path = outputOf(fake);
      if (process.spec.command === "watcher") fake.files.set(process.spec.stdout, "");
      if (process.spec.command === "sh") process.print("armed");
      if (flag(process, "mode") === "sentinel") {
        if (path !== undefined) append(fake, path, tokens(flag(process, "trial") ?? "", 0, 1));
        process.end({ code: 0, signal: null });
      } else if (flag(process, "mode") !== undefined) {
        process.print(JSON.stringify({ driver: "prepared", workers: [process.pid] }));
      }
    },
    onInput: (process, line, fake) => {
      if (process.exit() !== undefined) return;
      if (line === "drained") {
        process.print('{"driver":"drained","snapshots":[]}');
        process.end({ code: 0, signal: null });
      }
      if (line !== "go") return;
      behaviour.onGo?.(process, fake);
      if (process.exit() !== undefined) return;
      const path = outputOf(fake);
      const operations = numberOf(process, "batch-operations");
      const carried = numberOf(process, "rate") > KNEE ? Math.round(0.9 * operations) : operations;
      const inTime = carried - (behaviour.late ?? 0);
      const trial = flag(process, "trial") ?? "";
      if (path !== undefined) append(fake, path, tokens(trial, 0, inTime));
      if (path !== undefined && inTime < carried) rest.push({ path, text: tokens(trial, inTime, carried) });
      process.print(resultOf(process));
    },
    onSleep: (ms, fake) => {
      // The drain looks every 8 ms: what is late is there at its third look.
      if (ms === 8 && rest.length > 0 && ++looks % 2 === 0)
        for (const { path, text } of rest.splice(0)) append(fake, path, text);
      behaviour.options?.onSleep?.(ms, fake);
    },
  });
  const rest: { readonly path: string; readonly text: string }[] = [];
  let looks = 0;
  const plan = buildPlan({
    seed: 1,
    profile: PROFILES.load,
    agents: [agent],
    scenarios: [],
    blocks: 0,
    underLoad: (behaviour.tests ?? ["knee-open"]).flatMap((id) => LOAD_TESTS.get(id) ?? []),
    workloads: [SCENARIO],
    filesOn: "disk",
    stop: "fixed",
    timeBudgetSeconds: behaviour.timeBudgetSeconds,
    budgets: [],
    budgetSource: "none",
  });
  const { context, lines, events, abort } = fakeContext(host, plan, [BASELINE_AGENT, agent], [SCENARIO], {
    loadGuide: GUIDE,
    ...(behaviour.loaded === undefined ? {} : { loaded: behaviour.loaded }),
  });
  return {
    host,
    plan,
    lines,
    events,
    abort,
    run: () => runPlan(context, 0, 0),
    loads: () => lines.filter((line): line is LoadLine => line.type === "load"),
  };
};

const outputOf = (host: FakeHost): string | undefined =>
  host.processes.find((process) => process.spec.command === "watcher" && process.exit() === undefined)?.spec
    .stdout;

const append = (host: FakeHost, path: string, text: string): void => {
  host.files.set(path, (host.files.get(path) ?? "") + text);
};

const probesOf = (line: LoadLine | undefined): readonly Probe[] =>
  line?.outcome.kind === "measured" ? line.outcome.probes : [];

const kindsOf = (line: LoadLine | undefined): readonly ProbeKind[] => probesOf(line).map(({ kind }) => kind);

describe("a start under rising load", () => {
  test("learns the usual delay and what an overload delivers, searches, and confirms at last", async () => {
    const run = loadRun();
    const outcome = await run.run();
    expect(outcome.reason).toBe("complete");
    expect(run.lines.map(({ type }) => type)).toEqual(["load", "load", "load", "end"]);
    const begin = ["pilot", "calm", "overload", "search", "search"];
    expect(run.loads().map(kindsOf)).toEqual([begin, begin, [...begin, "hold", "exceed"]]);
  });

  test("does what is asked for alone", async () => {
    const bursts = loadRun({ tests: ["burst-open"] });
    await bursts.run();
    expect(bursts.loads().map(kindsOf)).toEqual([["pilot", "calm", "overload", "burst", "burst"]]);
    const recovery = loadRun({ tests: ["recovery-open"] });
    await recovery.run();
    expect(kindsOf(recovery.loads()[0]).slice(-3)).toEqual(["search", "flood", "recovery"]);
  });

  test("counts what was lost, and what came later than is usual apart from it", async () => {
    const run = loadRun({ late: 20 });
    await run.run();
    const [, , , low, high] = probesOf(run.loads()[0]);
    expect(low).toMatchObject({ operations: 300, delivered: 300, late: 20 });
    expect(high).toMatchObject({ operations: 500, delivered: 450, late: 20 });
  });

  test("takes the delay of the calm load as the usual one", async () => {
    const run = loadRun({ late: 20 });
    await run.run();
    const [, calm, overload] = probesOf(run.loads()[0]);
    expect(calm?.late).toBe(0);
    expect(calm?.lagMs).toBeGreaterThan(0);
    expect(overload).toMatchObject({ late: 20, lagMs: calm?.lagMs });
  });

  test("gives each window tokens of its own", async () => {
    const run = loadRun();
    await run.run();
    const ids = run.loads().flatMap((line) => probesOf(line).map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("starts the agent with the buffers that are asked for, and says which", async () => {
    const factors: (number | undefined)[] = [];
    const agent = defineAgent({
      ...WATCHER,
      knob: "pages",
      start: async (host, context) => {
        factors.push(context.bufferFactor);
        return { ...(await WATCHER.start(host, context)), knob: `${64 * (context.bufferFactor ?? 1)} pages` };
      },
    });
    const run = loadRun({ agent, tests: ["sweep-open"] });
    await run.run();
    expect(new Set(factors)).toEqual(new Set([0.25, 1, 4]));
    const knobs = run
      .loads()
      .map(({ turn, outcome }) => [
        turn.buffer,
        outcome.kind === "measured" ? outcome.knob?.value : undefined,
      ]);
    expect(knobs).toContainEqual([4, "256 pages"]);
  });

  test("leaves nothing running behind it", async () => {
    const run = loadRun();
    await run.run();
    expect(run.host.processes.filter((process) => process.exit() === undefined)).toEqual([]);
  });

  test("has a guard of its own, and one at each window, which end agent, driver and workers if tare does not", async () => {
    const run = loadRun({ tests: ["recovery-open"] });
    await run.run();
    const drivers = run.host.processes.filter((one) => ["open", "closed"].includes(flag(one, "mode") ?? ""));
    const guards = run.host.processes.filter(({ spec }) => spec.command === "sh");
    const watcher = run.host.processes.find(({ spec }) => spec.command === "watcher");
    expect(guards[0]?.spec.args.slice(-3)).toEqual(["TERM", "1800", String(watcher?.pid)]);
    const guarded = guards.slice(1).map(({ spec: { args } }) => args.slice(args.indexOf("KILL")));
    // Driver and worker are one process here, and the last two drivers are of one overload.
    const pids = drivers.map(({ pid }) => [String(pid), String(pid)]);
    const windows = [...pids.slice(0, -2), pids.slice(-2).flat()];
    expect(guarded).toEqual(windows.map((each) => ["KILL", "60", ...each]));
  });

  test("is not made of an agent that does not see every event by design", async () => {
    const agent = defineAgent({
      ...WATCHER,
      coverage: { notes: [], gapFor: () => ({ extent: "some", why: "it samples" }) },
    });
    const run = loadRun({ agent });
    await run.run();
    expect(run.loads()[0]?.outcome).toEqual({ kind: "skipped", reason: "by design: it samples" });
  });

  test("that fails is recorded, and the next is made all the same", async () => {
    let drivers = 0;
    const run = loadRun({
      onGo: (process) => {
        drivers++;
        if (drivers === 4) process.end({ code: 1, signal: null });
      },
    });
    await run.run();
    expect(run.loads().map(({ outcome }) => outcome.kind)).toEqual(["failed", "measured", "measured"]);
  });
});

describe("a load is ended", () => {
  const MEMINFO = (availableKb: number): string =>
    `MemTotal:       8000000 kB\nMemFree:        100 kB\nMemAvailable:   ${availableKb} kB\n`;

  test("when little of the node's memory is free, and what was measured is kept", async () => {
    let windows = 0;
    const run = loadRun({
      options: { files: { "/proc/meminfo": MEMINFO(4_000_000) } },
      onGo: (_, host) => {
        windows++;
        if (windows === 3) host.files.set("/proc/meminfo", MEMINFO(700_000));
      },
    });
    await run.run();
    const [first] = run.loads();
    expect(kindsOf(first)).toEqual(["pilot", "calm", "overload"]);
    expect(first?.outcome).toMatchObject({ stopped: "683 MiB of 7812 were left of the node's memory" });
    expect(run.events).toContainEqual({
      kind: "problem",
      message: "watcher: the load was ended: 683 MiB of 7812 were left of the node's memory",
    });
  });

  test("when the disk has little room, or the node many processes", async () => {
    const disk = loadRun({ options: { freeBytes: () => 2 ** 29 } });
    await disk.run();
    expect(disk.loads()[0]?.outcome).toMatchObject({ stopped: "/s/tare-1 had 512 MiB left" });
    const tasks = loadRun({
      options: {
        files: {
          "/proc/loadavg": "0.1 0.2 0.3 2/600 4711\n",
          "/proc/sys/kernel/pid_max": "1000\n",
          "/proc/sys/kernel/threads-max": "5000\n",
        },
      },
    });
    await tasks.run();
    expect(tasks.loads()[0]?.outcome).toMatchObject({
      stopped: "600 processes and threads were on the node, which has room for 1000",
    });
  });

  test("when the run is interrupted", async () => {
    const run = loadRun({
      onGo: () => {
        run.abort.abort(new Error("interrupted"));
      },
    });
    await expect(run.run()).rejects.toThrow("interrupted");
    expect(run.host.processes.filter((process) => process.exit() === undefined)).toEqual([]);
    expect(run.loads()).toEqual([]);
  });
});

test("a run that goes on makes only the starts that are not in its record", async () => {
  const first = loadRun();
  await first.run();
  const resumed = loadRun({ loaded: first.loads().slice(0, 2) });
  await resumed.run();
  expect(resumed.loads().map(({ turn }) => turn.start)).toEqual([3]);
});

test("starts for which there is no time are left out, and the first is made whatever it takes", async () => {
  const run = loadRun({ timeBudgetSeconds: 1 });
  expect((await run.run()).reason).toBe("time-budget");
  expect(run.loads()).toHaveLength(1);
  expect(run.plan.agents).toEqual([BASELINE, "watcher"]);
});
