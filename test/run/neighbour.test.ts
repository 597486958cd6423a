/** A service beside a storm on a node made of data: what is started and ended in which order, and that the storm ends on every path. */
import { describe, expect, test } from "vitest";
import { defineAgent } from "../../src/domain/agent.ts";
import { Setting } from "../../src/domain/beside.ts";
import { MAX_STORM_PROCESSES, MAX_STORM_SECONDS } from "../../src/domain/bounds.ts";
import { BASELINE, everyTrialIn } from "../../src/domain/plan.ts";
import type { TrialLine } from "../../src/domain/record.ts";
import type { Load, Scenario } from "../../src/domain/scenario.ts";
import type { FakeProcess } from "../support/fake-host.ts";
import { type Behaviour, fakeRun, type FakeRun, OPERATIONS, SCENARIO, WATCHER } from "./fake-run.ts";

const LOAD: Load = {
  kind: "open",
  ratePerSecond: 100,
  batches: 2,
  batchOperations: OPERATIONS / 2,
  warmupOperations: 0,
};
/** What it stands for, the storm's scenario stands for. */
const { represents: _, ...SHEET } = SCENARIO;
const settingsAre = (...settings: readonly Setting[]): Scenario => ({
  ...SHEET,
  id: "service",
  driver: { kind: "native", program: "service" },
  loads: { small: [LOAD], medium: [LOAD], large: [LOAD] },
  beside: {
    storm: { scenario: SCENARIO.id, ratePerSecond: 10 },
    settings: { small: settings, medium: settings, large: settings },
  },
});

const MEMORY = "MemTotal: 4000 kB\nMemAvailable: 3000 kB\n";
/** Where version 2 of the cgroups has all controllers on. */
const CGROUPS = "cgroup2 /cg cgroup2 rw 0 0\n";

const serviceRun = (settings: readonly Setting[] = ["shared"], behaviour: Behaviour = {}): FakeRun => {
  const run: FakeRun = fakeRun({
    scenarios: [settingsAre(...settings)],
    ...behaviour,
    options: {
      ...behaviour.options,
      files: { "/proc/meminfo": MEMORY, "/proc/loadavg": "0 0 0 1/80 99\n", ...behaviour.options?.files },
      answer: (command, args, host) =>
        behaviour.options?.answer?.(command, args, host) ?? (command === "sh" ? { exitCode: 0 } : undefined),
      // Sentinels are the same program.
      onStop: (process) => {
        if (isStorm(process)) run.host.done.push("storm ends");
      },
    },
  });
  return run;
};

const isStorm = ({ spec }: FakeProcess): boolean =>
  spec.command.endsWith("/file-open") && spec.args.includes("--mode=open");
const isService = ({ spec }: FakeProcess): boolean =>
  spec.command.endsWith("/service") && spec.args.includes("--mode=open");
const argument = ({ spec }: FakeProcess, name: string): string | undefined =>
  spec.args.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);

const servicesOf = ({ lines }: FakeRun): readonly TrialLine[] =>
  lines.filter((line): line is TrialLine => line.type === "trial" && line.beside !== undefined);
const besideOf = (run: FakeRun): readonly TrialLine[] =>
  servicesOf(run).filter(({ beside }) => beside?.storm !== undefined);

/** What happens to the storm, to its guard and to the service, in order. */
const course = ({ host }: FakeRun): readonly string[] =>
  host.done.flatMap((entry) => {
    if (/^start \S*\/file-open .*--mode=open/.test(entry)) return ["storm"];
    if (/^start \S*\/service .*--mode=open/.test(entry)) return ["service"];
    if (entry.startsWith("start sh ")) return ["guard"];
    if (entry.startsWith("stop sh")) return ["guard ends"];
    if (entry === "storm ends") return [entry];
    return /^stop \S*\/service/.test(entry) ? ["service ends"] : [];
  });

const livingStorms = ({ host }: FakeRun): readonly FakeProcess[] =>
  host.processes.filter((process) => isStorm(process) && process.exit() === undefined);

describe("the plan of a service", () => {
  test("has it alone and beside the storm in each turn, and a low weight only beside it", () => {
    const { plan } = serviceRun(Setting.options);
    for (const { turns } of plan.blocks) {
      for (const { trials } of turns) {
        const told = trials.map(
          ({ beside }) => `${beside?.setting} ${beside?.storm === undefined ? "" : "storm"}`,
        );
        expect(told.toSorted()).toEqual([
          "agent-quota ",
          "agent-quota storm",
          "apart ",
          "apart storm",
          "low-weight storm",
          "shared ",
          "shared storm",
        ]);
        for (const { beside, placement } of trials)
          expect(placement).toBe(beside?.setting === "apart" ? "pinned" : "free");
      }
    }
  });

  test("numbers the storm's tokens apart from all trials'", () => {
    const trials = everyTrialIn(serviceRun(["shared", "apart"], { blocks: 3 }).plan);
    const ids = trials.flatMap(({ id, beside }) => [
      id,
      ...(beside?.storm === undefined ? [] : [beside.storm.id]),
    ]);
    expect(new Set(ids).size).toBe(ids.length);
    const digits = trials.flatMap(({ id, beside }) =>
      beside?.storm === undefined ? [] : [[id.at(-1), beside.storm.id.at(-1)]],
    );
    expect(digits).toHaveLength(3 * 3 * 2);
    expect(digits.filter(([own, storms]) => own === storms)).toEqual([]);
  });
});

describe("a service beside a storm", () => {
  test("has it for its window alone: prepared, guarded and let go before, ended before the output is read", async () => {
    const run = serviceRun();
    await run.run();
    expect(servicesOf(run).map(({ outcome }) => outcome.kind)).toEqual(Array(6).fill("measured"));
    const alone = ["service", "service ends"];
    const beside = [
      "service",
      "storm",
      "storm",
      "guard",
      "guard ends",
      "storm ends",
      "storm ends",
      "service ends",
    ];
    const planned = everyTrialIn(run.plan);
    expect(course(run)).toEqual(
      planned.flatMap((trial) => (trial.beside?.storm === undefined ? alone : beside)),
    );
    for (const storm of run.host.processes.filter(isStorm)) expect(storm.input).toEqual(["go"]);
  });

  test("counts its own events, and tells what the storm was asked", async () => {
    const run = serviceRun(["shared"], {
      missed: 3,
      options: { files: { "/proc/stat": "cpu  1 1 1 1 1 1 1 1\ncpu0 1\nprocesses 5\n" } },
    });
    await run.run();
    const own = besideOf(run).filter(({ agent }) => agent !== BASELINE);
    expect(own).toMatchObject([
      {
        outcome: {
          ledger: { kind: "counted", operations: OPERATIONS, delivered: OPERATIONS - 3 },
          storm: { processes: 2, askedPerSecond: 20 },
        },
      },
    ]);
  });

  test("gives the storm a process for each CPU up to a bound, an end of its own, and apart from the service all CPUs but one", async () => {
    const many = serviceRun(["shared"], { options: { cpus: 2 * MAX_STORM_PROCESSES } });
    await many.run();
    const storms = many.host.processes.filter(isStorm);
    expect(storms).toHaveLength(3 * MAX_STORM_PROCESSES);
    expect(new Set(storms.map((storm) => argument(storm, "batch-operations")))).toEqual(
      new Set([String(10 * MAX_STORM_SECONDS)]),
    );
    const apart = serviceRun(["apart"], { options: { cpus: [4, 5, 6] } });
    await apart.run();
    expect(new Set(apart.host.processes.filter(isStorm).map(({ spec }) => spec.cpus?.join()))).toEqual(
      new Set(["4,5"]),
    );
    for (const service of apart.host.processes.filter(isService)) expect(argument(service, "cpu")).toBe("6");
  });

  test("lets the agent run on every CPU, wherever the service is", async () => {
    const run = serviceRun(["apart"]);
    await run.run();
    const moved = run.host.done.filter((entry) => entry.startsWith("run taskset"));
    expect(moved.every((entry) => entry.includes("--cpu-list --pid 0,1"))).toBe(true);
  });

  test("is done once, alone as beside the storm, which is a burst itself", async () => {
    const asked: string[] = [];
    const run = serviceRun(["shared"], {
      noiseGate: {
        judge: ({ scenario }) => {
          asked.push(scenario);
          return "noisy";
        },
      },
    });
    await run.run();
    expect(servicesOf(run).map(({ attempt }) => attempt)).toEqual(Array(6).fill(1));
    expect(asked).toEqual([]);
  });
});

describe("the storm ends", () => {
  /** Lets something happen while the window beside a storm is open: its service does not answer before. */
  const disturbed = (disturb: (run: FakeRun, service: FakeProcess) => void): FakeRun => {
    const run: FakeRun = serviceRun(["shared"], {
      options: {
        deadlineMs: 5000,
        onSleep: (ms) => {
          const service = run.host.processes.findLast(isService);
          // The storm's lead: it runs, and the window opens next.
          if (ms === 300 && service !== undefined) disturb(run, service);
        },
      },
    });
    return run;
  };

  test("when the run is interrupted", async () => {
    const run = disturbed(({ abort }) => {
      abort.abort(new Error("interrupted"));
    });
    await expect(run.run()).rejects.toThrow("interrupted");
    expect(livingStorms(run)).toEqual([]);
    expect(course(run).slice(-5)).toEqual([
      "guard",
      "guard ends",
      "storm ends",
      "storm ends",
      "service ends",
    ]);
  });

  test("when the service's driver dies, which fails the trial", async () => {
    const run = disturbed((_, service) => {
      service.end({ code: 1, signal: null });
    });
    await run.run();
    expect(livingStorms(run)).toEqual([]);
    for (const { outcome } of besideOf(run))
      expect(outcome).toMatchObject({ kind: "failed", stage: "window" });
  });

  test("and the trial fails where the storm had ended before it", async () => {
    const run = disturbed(({ host }) => {
      host.processes.findLast(isStorm)?.end({ code: null, signal: "SIGKILL" });
    });
    await run.run();
    expect(livingStorms(run)).toEqual([]);
    for (const { outcome } of besideOf(run))
      expect(outcome).toMatchObject({
        kind: "failed",
        stage: "storm",
        message: expect.stringContaining("1 of 2 drivers of the storm ended") as string,
      });
  });

  test("before it has begun where there is no guard", async () => {
    const run = serviceRun(["shared"], { guardFails: true });
    await run.run();
    expect(livingStorms(run)).toEqual([]);
    for (const storm of run.host.processes.filter(isStorm)) expect(storm.input).toEqual([]);
    for (const { outcome } of besideOf(run))
      expect(outcome).toMatchObject({
        kind: "failed",
        message: expect.stringContaining("guard that ends the storm") as string,
      });
  });
});

describe("a setting that the node cannot give is skipped with the reason", () => {
  const reasonsOf = (run: FakeRun): readonly string[] => [
    ...new Set(
      servicesOf(run).flatMap(({ outcome }) => (outcome.kind === "skipped" ? [outcome.reason] : [])),
    ),
  ];

  test("apart, on one CPU", async () => {
    const run = serviceRun(["apart"], { options: { cpus: 1 } });
    await run.run();
    expect(reasonsOf(run)).toEqual([expect.stringContaining("the node has one CPU")]);
    expect(run.host.processes.filter(isStorm)).toEqual([]);
  });

  test("a low weight, without cgroups", async () => {
    const run = serviceRun(["low-weight"]);
    await run.run();
    expect(reasonsOf(run)).toEqual([expect.stringContaining("no cgroups are mounted")]);
  });

  test("an agent's quota, without cgroups; the baseline needs none", async () => {
    const run = serviceRun(["agent-quota"]);
    await run.run();
    expect(reasonsOf(run)).toEqual([expect.stringContaining("no quota")]);
    const kinds = (agent: string): readonly string[] =>
      servicesOf(run)
        .filter((line) => line.agent === agent)
        .map(({ outcome }) => outcome.kind);
    expect(kinds(BASELINE)).toEqual(["measured", "measured", "measured", "measured"]);
    expect(kinds("watcher")).toEqual(["skipped", "skipped"]);
  });

  test("any storm, where more than half of the node's processes are taken", async () => {
    const run = serviceRun(["shared"], {
      options: { files: { "/proc/loadavg": "0 0 0 1/600 99\n", "/proc/sys/kernel/pid_max": "1000\n" } },
    });
    await run.run();
    expect(reasonsOf(run)).toEqual([expect.stringContaining("600 processes and threads")]);
  });

  test("any, to an agent that traces the processes which it is given", async () => {
    const agent = defineAgent({
      ...WATCHER,
      start: async (host, context) => ({
        ...(await WATCHER.start(host, context)),
        attach: () => Promise.resolve(),
      }),
    });
    const run = serviceRun(["shared"], { agents: [agent] });
    await run.run();
    expect(reasonsOf(run)).toEqual([expect.stringContaining("the service's server is none of them")]);
  });

  test("a count of events that are all alike, as the storm's are too", async () => {
    const agent = defineAgent({
      ...WATCHER,
      start: async (host, context) => {
        const running = await WATCHER.start(host, context);
        const outputs = running.outputs.map(({ path }) => ({
          path,
          forms: { file: { kind: "records", holding: ["open"] } as const },
        }));
        return { ...running, outputs };
      },
    });
    const run = serviceRun(["shared"], { agents: [agent] });
    await run.run();
    const own = servicesOf(run).filter(({ agent: id }) => id !== BASELINE);
    for (const { beside, outcome } of own) {
      if (outcome.kind !== "measured") throw new Error(`the trial is ${outcome.kind}`);
      expect(outcome.ledger).toMatchObject(
        beside?.storm === undefined ? { kind: "counted" } : { kind: "not-observed", cause: "not-counted" },
      );
    }
  });
});

describe("cgroups", () => {
  const UNIFIED = {
    "/proc/self/mounts": CGROUPS,
    ...Object.fromEntries(
      ["storm", "service", ""].flatMap((of) =>
        ["cpu.weight", "cpu.max", "cpu.stat", "pids.max", "memory.max", "cgroup.procs"].map((file) => [
          `/cg/tare-1${of === "" ? "" : `-${of}`}/${file}`,
          "",
        ]),
      ),
    ),
    // Whatever numbers its processes have.
    "/cg/tare-1/cgroup.procs": Array.from({ length: 400 }, (_, index) => `${100 + index}\n`).join(""),
  };

  test("keep service and storm apart, the storm with its bounds and a low weight where that is asked for", async () => {
    const weights: string[] = [];
    const run: FakeRun = serviceRun(["shared", "low-weight"], {
      options: {
        files: UNIFIED,
        onSleep: (ms) => {
          if (ms === 300) weights.push(run.host.files.get("/cg/tare-1-storm/cpu.weight")?.trim() ?? "");
        },
      },
    });
    await run.run();
    expect(new Set(run.host.processes.filter(isStorm).map(({ spec }) => spec.cgroup?.join()))).toEqual(
      new Set(["/cg/tare-1-storm"]),
    );
    expect(new Set(run.host.processes.filter(isService).map(({ spec }) => spec.cgroup?.join()))).toEqual(
      new Set(["/cg/tare-1-service"]),
    );
    expect(run.host.files.get("/cg/tare-1-storm/pids.max")).toBe("64\n");
    expect(run.host.files.get("/cg/tare-1-service/cpu.weight")).toBe("100\n");
    expect(weights.toSorted()).toEqual(["10", "10", "10", "100", "100", "100"]);
    const made = run.host.done.filter((entry) => entry.startsWith("do cgroup")).length;
    expect(run.host.done.filter((entry) => entry.startsWith("undo cgroup"))).toHaveLength(made);
  });

  test("give the agent a quota for its trials under one, and take it back", async () => {
    const written: string[] = [];
    const run = serviceRun(["agent-quota"], {
      options: {
        files: UNIFIED,
        acts: (command) => {
          written.push(command.slice(-2).join(" <- "));
        },
      },
    });
    await run.run();
    expect(written).toEqual([
      "/cg/tare-1/cpu.max <- 20000 100000",
      "/cg/tare-1/cpu.max <- max 100000",
      "/cg/tare-1/cpu.max <- 20000 100000",
      "/cg/tare-1/cpu.max <- max 100000",
    ]);
  });
});
