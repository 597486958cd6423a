/** Valid records of a run with known costs, so that what the analysis says can be compared with what was put in. */
import type { Injects } from "../../../src/domain/agent.ts";
import type { Beside } from "../../../src/domain/beside.ts";
import type { Batch, Histogram, OperationResult } from "../../../src/domain/driver.ts";
import type { Block, Budget, Plan, Trial, Turn } from "../../../src/domain/plan.ts";
import { BASELINE } from "../../../src/domain/plan.ts";
import type { RecordLine, TrialLine } from "../../../src/domain/record.ts";
import type { AgentStatus, Header } from "../../../src/domain/run-header.ts";
import type { TrialOutcome } from "../../../src/domain/trial-outcome.ts";
import { METHOD, RECORD_SCHEMA } from "../../../src/domain/run-header.ts";
import type { ScalePoint } from "../../../src/domain/scale.ts";
import type { Load } from "../../../src/domain/scenario.ts";
import { missing, value } from "../../../src/domain/units.ts";
import { createRng } from "../../../src/domain/random.ts";
import { normalQuantile } from "../../../src/analyse/distributions.ts";

type Measured = Extract<TrialOutcome, { readonly kind: "measured" }>;

export const CLOSED: Load = { kind: "closed", batches: 3, batchOperations: 100, warmupOperations: 10 };
export const OPEN: Load = {
  kind: "open",
  ratePerSecond: 500,
  batches: 3,
  batchOperations: 100,
  warmupOperations: 10,
};

/** Which trial is asked for. */
export interface Slot {
  readonly block: number;
  readonly agent: string;
  readonly baseline: 1 | 2 | null;
  readonly scenario: string;
  readonly load: Load;
  readonly beside?: Beside;
  readonly scale?: ScalePoint;
}

export interface RunSpec {
  readonly seed?: number;
  readonly blocks: number;
  /** Without the baseline. */
  readonly agents: readonly string[];
  readonly scenarios?: readonly string[];
  readonly loads?: readonly Load[];
  /** What runs beside each; absent: every load once, with nothing beside it. */
  readonly besides?: readonly Beside[];
  /** At which the node is measured; absent: as it is. */
  readonly sizes?: readonly ScalePoint[];
  /** Of a turn at one of these sizes, the CPU time of its agent's start, ns. */
  readonly startCpuNs?: (agent: string, scale: ScalePoint) => number;
  readonly budgets?: readonly Budget[];
  /** What a scenario calls its one operation; "exec" when absent. */
  readonly operations?: Readonly<Record<string, string>>;
  readonly emulated?: boolean;
  /** Left out for an interrupted run. */
  readonly ended?: "complete" | "time-budget" | "no";
  /** Workload CPU time of one operation, ns. */
  readonly cpuNs?: (slot: Slot) => number;
  /** Changes the outcome that the builder would give. */
  readonly outcome?: (slot: Slot, usual: Measured) => TrialOutcome;
}

/** Standard normal noise that is the same for the same seed. */
export const seededNoise = (seed: number): (() => number) => {
  const next = createRng(seed);
  return () => normalQuantile((next() + 0.5) / 2 ** 32);
};

const batchOf = (operations: number, cpuNs: number): Batch => ({
  operations,
  wallNs: operations * cpuNs * 1.25,
  cpuNs: operations * cpuNs,
  userNs: 0,
  systemNs: operations * cpuNs,
  voluntarySwitches: 0,
  involuntarySwitches: 0,
});

export const histogramOf = (
  ...buckets: readonly (readonly [latency: number, count: number])[]
): Histogram => ({
  significantDigits: 3,
  minNs: buckets[0]?.[0] ?? 0,
  maxNs: buckets.at(-1)?.[0] ?? 0,
  buckets,
});

export const operationOf = (
  operation: string,
  cpuNs: number,
  load: Load,
  change: Partial<OperationResult> = {},
): OperationResult => {
  const count = load.batches * load.batchOperations;
  const latencies = histogramOf([cpuNs, count]);
  return {
    operation,
    count,
    errors: 0,
    timedEvery: 1,
    batches: Array.from({ length: load.batches }, () => batchOf(load.batchOperations, cpuNs)),
    service: latencies,
    response: load.kind === "open" ? latencies : null,
    ...change,
  };
};

export const measuredOf = (
  slot: Slot,
  operations: readonly OperationResult[],
  change: Partial<Measured> = {},
): Measured => {
  const count = operations.reduce((sum, one) => sum + one.count, 0);
  const busyNs = operations.reduce(
    (sum, one) => sum + one.batches.reduce((inner, batch) => inner + batch.cpuNs, 0),
    0,
  );
  const isBaseline = slot.agent === BASELINE;
  const none = missing("nothing was started");
  return {
    kind: "measured",
    driver: {
      protocol: 2,
      scenario: slot.scenario,
      trial: "0001",
      mode: slot.load.kind,
      startNs: 0,
      endNs: 2 * busyNs,
      operations,
      control: { spinNs: [1000, 1000], syscallNs: [100, 100] },
      maxRssKib: 1024,
    },
    cpu: {
      windowNs: 2 * busyNs,
      clock: "cpuacct",
      systemBusyNs: value(busyNs),
      agentNs: isBaseline ? none : value(busyNs / 10),
      agentDrainNs: isBaseline ? none : value(count * 5),
      harnessNs: value(50_000),
      helpersNs: {},
      helpersDrainNs: value({}),
      nodeDrainNs: value(0),
    },
    memory: {
      pssBytes: isBaseline ? none : value(8 * 1024 ** 2),
      peakBytes: isBaseline ? none : value(12 * 1024 ** 2),
      bpfMapBytes: isBaseline ? none : value(1024 ** 2 / 2),
      bpfMapMappedBytes: isBaseline ? none : value(0),
    },
    noise: {
      stealPercent: value(0),
      cpuPressurePercent: value(1),
      wallOverCpu: 1.25,
      spinNs: [1000, 1000],
      syscallNs: [100, 100],
      involuntarySwitches: 0,
    },
    ledger: isBaseline
      ? {
          kind: "not-observed",
          cause: "by-design",
          why: "baseline does not observe exec events by design",
        }
      : {
          kind: "counted",
          operations: count,
          delivered: count,
          duplicates: 0,
          declaredLost: value(0),
          drainMs: 3,
          drained: true,
        },
    outputBytes: isBaseline ? missing("it writes no events") : value(count * 120),
    injected: null,
    defects: [],
    ...change,
  };
};

const planBlocks = (spec: RunSpec): readonly Block[] => {
  let id = 0;
  const trialsOf = (): readonly Trial[] =>
    (spec.scenarios ?? ["process-exec"]).flatMap((scenario) =>
      (spec.loads ?? [CLOSED]).flatMap((load) =>
        (spec.besides ?? [undefined]).map((beside) => ({
          id: (++id).toString(16).padStart(4, "0"),
          scenario,
          load,
          placement: load.kind === "closed" ? ("pinned" as const) : ("free" as const),
          ...(beside === undefined ? {} : { beside }),
        })),
      ),
    );
  return Array.from({ length: spec.blocks }, (_, index) => ({
    index,
    turns: (spec.sizes ?? [undefined]).flatMap((scale): readonly Turn[] => {
      const sized = scale === undefined ? {} : { scale };
      const trials = (): readonly Trial[] => trialsOf().map((trial) => ({ ...trial, ...sized }));
      return [
        { agent: BASELINE, baseline: 1, ...sized, trials: trials() },
        ...spec.agents.map((agent): Turn => ({ agent, ...sized, trials: trials() })),
        { agent: BASELINE, baseline: 2, ...sized, trials: trials() },
      ];
    }),
  }));
};

/** By the ids that calibration agents have: `calibration-cost@500`, `calibration-loss@silent-10`. */
const roleOf = (agent: string): Pick<AgentStatus, "role" | "injects"> => {
  const amount = Number(/\d+$/.exec(agent)?.[0]);
  const calibration: Readonly<Record<string, Injects>> = {
    "calibration-nothing": { kind: "nothing" },
    "calibration-cost": { kind: "cost", doseNs: amount },
    "calibration-loss": { kind: "loss", every: amount },
    "calibration-cpu": { kind: "cpu" },
    "calibration-memory": { kind: "memory" },
  };
  const injects = calibration[agent.split("@")[0] ?? ""];
  if (injects !== undefined) return { role: "calibration", injects };
  return { role: agent === BASELINE ? "baseline" : "sensor" };
};

const headerOf = (plan: Plan, emulated = false): Header => ({
  type: "header",
  schema: RECORD_SCHEMA,
  method: METHOD,
  tool: { name: "tare", version: "0.1.0", commit: value("1a2b3c4") },
  run: "run-of-a-test",
  startedAt: "2026-01-01T00:00:00.000Z",
  command: ["tare", "run"],
  plan,
  host: {
    hostname: "node1",
    machineIdHash: missing("test"),
    arch: "x86_64",
    kernel: "6.1.0",
    distribution: "Debian GNU/Linux 12",
    cpuModel: "test",
    cpus: 2,
    possibleCpus: value("0-1"),
    memoryBytes: 2 ** 32,
    pageSize: value(4096),
    virtualisation: "none",
    emulated,
    cgroup: "v1",
    clocksource: value("tsc"),
    governor: missing("no cpufreq"),
    mitigations: value("none"),
    node: "v24.0.0",
    bootId: value("boot-1"),
  },
  agents: plan.agents.map((agent) => ({
    id: agent,
    title: agent,
    ...roleOf(agent),
    status: "measured",
    version: "1",
    reason: null,
    hint: null,
    observes: agent === BASELINE ? [] : ["exec"],
    blindSpots: [],
  })),
  notMeasurable: [],
});

/** Every line of the run, in the order in which a run writes them. */
export const buildRecord = (spec: RunSpec): readonly RecordLine[] => {
  const blocks = planBlocks(spec);
  const plan: Plan = {
    seed: spec.seed ?? 1,
    profile: "quick",
    agents: [BASELINE, ...spec.agents],
    scenarios: spec.scenarios ?? ["process-exec"],
    blocks,
    filesOn: "disk",
    stop: "fixed",
    timeBudgetSeconds: undefined,
    budgets: spec.budgets ?? [],
    budgetSource: "test",
  };
  const time = "2026-01-01T00:00:01.000Z";
  const body = blocks.flatMap((block): readonly RecordLine[] => [
    ...block.turns.flatMap((turn, index): readonly RecordLine[] => [
      ...turn.trials.map((trial): TrialLine => {
        const { scenario, load, beside, scale } = trial;
        const slot: Slot = {
          block: block.index,
          agent: turn.agent,
          baseline: turn.baseline ?? null,
          scenario,
          load,
          ...(beside === undefined ? {} : { beside }),
          ...(scale === undefined ? {} : { scale }),
        };
        const usual = measuredOf(slot, [
          operationOf(spec.operations?.[scenario] ?? "exec", spec.cpuNs?.(slot) ?? 1000, load),
        ]);
        return {
          type: "trial",
          block: block.index,
          turn: index,
          agent: turn.agent,
          baseline: turn.baseline ?? null,
          attempt: 1,
          rejected: null,
          startedAt: time,
          outcome: spec.outcome?.(slot, usual) ?? usual,
          ...trial,
        };
      }),
      {
        type: "turn",
        block: block.index,
        turn: index,
        agent: turn.agent,
        ...(turn.scale === undefined ? {} : { scale: turn.scale }),
        outcome: {
          kind: "started",
          readyMs: 5,
          stopMs: 5,
          settings: {},
          ...(turn.scale === undefined
            ? {}
            : { startCpuNs: value(spec.startCpuNs?.(turn.agent, turn.scale) ?? 1e6) }),
        },
        leftovers: [],
        endedAt: time,
      },
    ]),
    { type: "block", block: block.index, durationMs: 1000 },
  ]);
  const ended = spec.ended ?? "complete";
  const end: readonly RecordLine[] =
    ended === "no" ? [] : [{ type: "end", endedAt: time, reason: ended, blocks: blocks.length }];
  return [headerOf(plan, spec.emulated), ...body, ...end];
};
