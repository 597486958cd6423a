/**
 * Realistic data for the report's tests: five agents over seven operations, made by a seeded generator, so that every figure of a
 * rendering can be traced to a figure of the summary. Nothing here was measured.
 */
import type { AgentStatus, HostFingerprint, TrialLine } from "../../../src/domain/record.ts";
import type { Load } from "../../../src/domain/scenario.ts";
import { loadName } from "../../../src/domain/scenario.ts";
import type { Family, MetricId } from "../../../src/domain/units.ts";
import { METRICS, missing, value } from "../../../src/domain/units.ts";
import type {
  AaContrast,
  CalibrationPoint,
  Estimate,
  Interval,
  LedgerRow,
  Summary,
  Trust,
  Verdict,
} from "../../../src/domain/verdict.ts";

interface AgentModel {
  readonly id: string;
  readonly title: string;
  readonly observes: readonly Family[];
  /** Cost on the workload's CPU time, as a share of the operation. */
  readonly weight: number;
  readonly memoryMib: number;
  /** Share of events that is lost, and the part of it that the agent declares. */
  readonly loss: number;
  readonly declares: number | null;
}

interface OperationModel {
  readonly scenario: string;
  readonly operation: string;
  readonly family: Family | undefined;
  readonly load: Load;
  readonly baseNs: number;
  readonly operations: number;
}

const AGENTS: readonly AgentModel[] = [
  {
    id: "sensor",
    title: "tare's own eBPF sensor",
    observes: ["exec", "file", "network"],
    weight: 0.012,
    memoryMib: 3.1,
    loss: 0,
    declares: 1,
  },
  {
    id: "auditd",
    title: "Linux audit (auditd)",
    observes: ["exec", "file", "network"],
    weight: 0.19,
    memoryMib: 5.6,
    loss: 0,
    declares: 1,
  },
  {
    id: "bpftrace",
    title: "bpftrace script",
    observes: ["exec", "file", "network"],
    weight: 0.045,
    memoryMib: 92.4,
    loss: 0.004,
    declares: 1,
  },
  {
    id: "execsnoop",
    title: "execsnoop (libbpf-tools)",
    observes: ["exec"],
    weight: 0.021,
    memoryMib: 7.9,
    loss: 0,
    declares: 1,
  },
  {
    id: "opensnoop",
    title: "opensnoop (libbpf-tools)",
    observes: ["file"],
    weight: 0.038,
    memoryMib: 7.7,
    loss: 0.174,
    declares: null,
  },
];

const closed = (batches: number, batchOperations: number): Load => ({
  kind: "closed",
  batches,
  batchOperations,
  warmupOperations: 100,
});
const open = (ratePerSecond: number): Load => ({
  kind: "open",
  ratePerSecond,
  batches: 10,
  batchOperations: 200,
  warmupOperations: 50,
});

const OPERATIONS: readonly OperationModel[] = [
  {
    scenario: "process-exec",
    operation: "exec",
    family: "exec",
    load: closed(10, 200),
    baseNs: 612_000,
    operations: 24_000,
  },
  {
    scenario: "file-open",
    operation: "open",
    family: "file",
    load: closed(20, 1000),
    baseNs: 2_150,
    operations: 240_000,
  },
  {
    scenario: "file-open",
    operation: "open",
    family: "file",
    load: open(500),
    baseNs: 6_900,
    operations: 24_000,
  },
  {
    scenario: "network-connect",
    operation: "connect",
    family: "network",
    load: closed(20, 500),
    baseNs: 38_400,
    operations: 120_000,
  },
  {
    scenario: "syscall-tax",
    operation: "getppid",
    family: undefined,
    load: closed(20, 20_000),
    baseNs: 118,
    operations: 4_800_000,
  },
  {
    scenario: "node-service",
    operation: "spawn",
    family: undefined,
    load: closed(10, 50),
    baseNs: 2_910_000,
    operations: 6_000,
  },
  {
    scenario: "node-service",
    operation: "read-file",
    family: undefined,
    load: closed(10, 500),
    baseNs: 71_200,
    operations: 60_000,
  },
  {
    scenario: "node-service",
    operation: "http",
    family: undefined,
    load: closed(10, 200),
    baseNs: 248_000,
    operations: 24_000,
  },
];

/** mulberry32: small, seeded, and good enough to make data look like data. */
const generator = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export interface Choices {
  readonly blocks?: number;
  readonly emulated?: boolean;
  readonly seed?: number;
}

const MINIMUM_BLOCKS = 10;

const around = (centre: number, half: number, blocks: number): Interval => ({
  value: centre,
  low: blocks < MINIMUM_BLOCKS ? null : centre - half,
  high: blocks < MINIMUM_BLOCKS ? null : centre + half,
});

const estimatesOf = (
  at: OperationModel,
  agent: AgentModel,
  blocks: number,
  random: () => number,
): readonly Estimate[] => {
  const key = {
    agent: agent.id,
    scenario: at.scenario,
    operation: at.operation,
    load: loadName(at.load),
    placement: "pinned" as const,
  };
  const sees = at.family === undefined || agent.observes.includes(at.family);
  const share = agent.weight * (sees ? 1 : 0.1) * (0.7 + random() * 0.6);
  const one = (metric: MetricId, baseline: number | null, cost: number, half: number): Estimate => {
    const absolute = around(cost, half, blocks);
    const ratio = baseline === null ? null : around(1 + cost / baseline, half / baseline, blocks);
    return {
      ...key,
      metric,
      unit: METRICS[metric].unit,
      absolute,
      ratio,
      hodgesLehmann: cost + half * (random() - 0.5) * 0.4,
      baseline,
      level: 0.95,
      blocks,
      minimalDetectable: half * 1.4,
      bounds:
        blocks < MINIMUM_BLOCKS
          ? null
          : {
              absoluteUpper95: cost + half * 0.85,
              absoluteLowerFamilyWise: cost - half * 1.5,
              ratioUpper95: baseline === null ? null : 1 + (cost + half * 0.85) / baseline,
              ratioLowerFamilyWise: baseline === null ? null : 1 + (cost - half * 1.5) / baseline,
              absolute90: [cost - half * 0.85, cost + half * 0.85],
              ratio90:
                baseline === null
                  ? null
                  : [1 + (cost - half * 0.85) / baseline, 1 + (cost + half * 0.85) / baseline],
            },
      tInterval: blocks < MINIMUM_BLOCKS ? null : { low: cost - half * 0.97, high: cost + half * 0.97 },
      notes:
        blocks < MINIMUM_BLOCKS ? [`exploratory: ${blocks} blocks, an interval needs ${MINIMUM_BLOCKS}`] : [],
    };
  };
  const paired = (metric: MetricId, baseline: number, factor: number, noise: number): Estimate =>
    one(
      metric,
      baseline,
      baseline * share * factor + baseline * noise * (random() - 0.5) * 0.5,
      baseline * noise * (0.6 + random()),
    );
  const level = (metric: MetricId, centre: number): Estimate =>
    one(metric, null, centre, centre * (0.01 + random() * 0.04));
  const agentNs = at.baseNs * share * (sees ? 1.7 : 0.02);
  const response =
    at.load.kind === "open"
      ? [
          paired("response-p50", at.baseNs * 1.06, 1, 0.02),
          paired("response-p99", at.baseNs * 5.2, 1.6, 0.12),
        ]
      : [];
  return [
    paired("workload-cpu", at.baseNs, 1, 0.006),
    paired("system-cpu", at.baseNs * 1.08, 3.1, 0.02),
    paired("wall", at.baseNs * 1.05, 1.2, 0.04),
    paired("latency-p50", at.baseNs, 1, 0.008),
    paired("latency-p90", at.baseNs * 1.4, 1.2, 0.02),
    paired("latency-p99", at.baseNs * 3.1, 1.8, 0.09),
    ...response,
    level("agent-cpu", agentNs),
    level("agent-cores", Math.max(0.0004, agentNs / at.baseNs)),
    level("agent-memory", agent.memoryMib),
    level("agent-memory-peak", agent.memoryMib * 1.2),
    ...(agent.id === "auditd" ? [] : [level("bpf-map-memory", agent.memoryMib * 0.25)]),
    ...(sees && at.family !== undefined ? [level("output-volume", agent.id === "auditd" ? 1_420 : 131)] : []),
  ];
};

const ledgerOf = (at: OperationModel, agent: AgentModel): readonly LedgerRow[] => {
  if (at.family === undefined || !agent.observes.includes(at.family)) return [];
  const missed = Math.round(at.operations * agent.loss * (at.family === "file" ? 1 : 0.1));
  const declared = agent.declares === null ? null : Math.round(missed * agent.declares * 0.92);
  const rate = missed / at.operations;
  const half = 1.96 * Math.sqrt((rate * (1 - rate)) / at.operations);
  return [
    {
      agent: agent.id,
      scenario: at.scenario,
      load: loadName(at.load),
      placement: "pinned",
      trials: 12,
      operations: at.operations,
      delivered: at.operations - missed,
      declaredLost: declared,
      silentLost: missed - (declared ?? 0),
      duplicates: 0,
      lossRate:
        missed === 0
          ? { value: 0, low: 0, high: 3.69 / at.operations }
          : { value: rate, low: rate - half, high: rate + half },
      balanced: true,
      notes: declared === null ? ["no counter of its own: every missing event counts as silent"] : [],
    },
  ];
};

const verdictsOf = (
  estimates: readonly Estimate[],
  ledger: readonly LedgerRow[],
  emulated: boolean,
): readonly Verdict[] => {
  const cost = estimates
    .filter((estimate) => estimate.metric === "workload-cpu")
    .map((estimate): Verdict => {
      const upper = estimate.bounds?.ratioUpper95 ?? null;
      const lower = estimate.bounds?.ratioLowerFamilyWise ?? null;
      const kind = emulated
        ? "invalid"
        : upper === null || lower === null
          ? "inconclusive"
          : upper < 1.05
            ? "within"
            : lower > 1.05
              ? "over"
              : "inconclusive";
      return {
        agent: estimate.agent,
        scenario: estimate.scenario,
        operation: estimate.operation,
        load: estimate.load,
        metric: "workload-cpu",
        budget: { kind: "percent", percent: 5 },
        kind,
        why: emulated
          ? "emulated: functional, no performance verdict"
          : `ratio ${(estimate.ratio?.value ?? 0).toFixed(3)} against a budget of 1.05, ${estimate.blocks} blocks${kind === "inconclusive" ? "; about 40 blocks would decide it" : ""}`,
        blocksNeeded: kind === "inconclusive" ? 40 : null,
      };
    });
  const loss = ledger.map((row): Verdict => ({
    agent: row.agent,
    scenario: row.scenario,
    operation: "*",
    load: row.load,
    metric: "loss",
    budget: { kind: "percent", percent: 0.1 },
    kind: row.lossRate.high < 0.001 ? "within" : "over",
    why: `lost ${row.operations - row.delivered} of ${row.operations} events, at most ${(row.lossRate.high * 100).toFixed(3)} %`,
    blocksNeeded: null,
  }));
  return [...cost, ...loss];
};

export const host = (emulated = false): HostFingerprint => ({
  hostname: "bench-01",
  machineIdHash: value("5f3c9a1e77d0"),
  arch: "x86_64",
  kernel: "6.12.48-generic",
  distribution: "Debian GNU/Linux 12 (bookworm)",
  cpuModel: "Example CPU @ 2.90 GHz",
  cpus: 2,
  possibleCpus: value("0-1"),
  memoryBytes: 8_232_660_992,
  pageSize: value(4096),
  virtualisation: emulated ? "qemu" : "kvm",
  emulated,
  cgroup: "v2",
  clocksource: value("kvm-clock"),
  governor: missing("no cpufreq on this machine"),
  mitigations: value("auto"),
  node: "v24.21.0",
  bootId: value("b6a2f1d0"),
});

const statuses = (): readonly AgentStatus[] => [
  {
    id: "baseline",
    title: "Nothing running",
    status: "measured",
    version: null,
    reason: null,
    hint: null,
    observes: [],
    blindSpots: [],
  },
  ...AGENTS.map((agent): AgentStatus => ({
    id: agent.id,
    title: agent.title,
    status: "measured",
    version: agent.id === "sensor" ? "0.1.0" : "1.4.2",
    reason: null,
    hint: null,
    observes: agent.observes,
    blindSpots: agent.id === "opensnoop" ? ["opens through io_uring"] : [],
  })),
  {
    id: "tetragon",
    title: "Tetragon",
    status: "skipped",
    version: null,
    reason: "the binary `tetragon` is not on this node",
    hint: "install it from its release page, or run: npm run tare -- setup tetragon",
    observes: ["exec", "file", "network"],
    blindSpots: [],
  },
];

/** Of a run that gave the instrument known answers, and got them back. */
const trustOf = (blocks: number): Trust => {
  const at = {
    scenario: "file-open",
    operation: "open",
    load: "closed",
    placement: "pinned" as const,
  };
  const enough = blocks >= MINIMUM_BLOCKS;
  const point = (dose: number, injected: number, recovered: number): CalibrationPoint => ({
    agent: `calibration-cost@${dose}`,
    injected,
    recovered: around(recovered, 31, blocks),
    blocks,
  });
  return {
    aa: {
      contrasts: (["workload-cpu", "system-cpu", "wall"] as const).flatMap((metric) =>
        ["baseline", "calibration-nothing"].map((of): AaContrast => ({
          ...at,
          of,
          metric,
          unit: METRICS[metric].unit,
          absolute: metric === "wall" && of === "baseline" ? around(88, 71, blocks) : around(-11, 46, blocks),
          blocks,
          rejected: enough && metric === "wall" && of === "baseline",
        })),
      ),
      rejections: enough ? 1 : 0,
      mostByChance: enough ? 3 : 0,
    },
    carryOver: [
      {
        ...at,
        after: "auditd",
        metric: "workload-cpu",
        unit: "ns/op",
        difference: { value: 12, low: -160, high: 184 },
        trials: 4,
        suspicious: false,
      },
    ],
    calibration: [
      {
        ...at,
        metric: "workload-cpu",
        slope: { ...around(1.02, 0.041, blocks), level: 0.9 },
        intercept: around(205, 24, blocks),
        points: [point(0, 41, 246), point(500, 541, 759), point(2000, 2043, 2290)],
        residual: 57.3,
        minimalDetectable: { ns: 48.2, percent: 2.24 },
        passed: enough ? true : null,
      },
    ],
    knownLoss: [
      {
        agent: "calibration-loss@silent-10",
        scenario: "file-open",
        load: "closed",
        operations: 240_000,
        discarded: 24_100,
        missing: 24_000,
        declared: 0,
        exact: true,
      },
    ],
    knownLevels: [
      {
        agent: "calibration-memory",
        scenario: "file-open",
        load: "closed",
        metric: "bpf-map-memory",
        unit: "MiB",
        injected: 64,
        recovered: around(64.3, 0.02, blocks),
        blocks,
      },
    ],
    noise: { redone: 3, trials: 505, sensitive: [], contended: false },
    failures: [],
  };
};

/** A whole summary. The same choices give the same summary. */
export const buildSummary = (choices: Choices = {}): Summary => {
  const blocks = choices.blocks ?? 12;
  const emulated = choices.emulated ?? false;
  const random = generator(choices.seed ?? 7);
  const estimates = OPERATIONS.flatMap((at) =>
    AGENTS.flatMap((agent) => estimatesOf(at, agent, blocks, random)),
  );
  const ledger = OPERATIONS.flatMap((at) => AGENTS.flatMap((agent) => ledgerOf(at, agent)));
  return {
    schema: 1,
    run: {
      id: "2026-11-22T21-28-46Z-bench-01",
      method: "tare-2026.1",
      tool: "tare 0.1.0 (8368513)",
      startedAt: "2026-11-22T21:28:46.000Z",
      endedAt: "2026-11-22T23:02:10.000Z",
      complete: true,
      seed: 20261122,
      profile: "standard",
      blocks,
      trials: { measured: 504, skipped: 0, failed: 1 },
      command: ["tare", "run", "--profile", "standard", "--seed", "20261122"],
      budgetSource: "tare's default",
    },
    host: host(emulated),
    agents: statuses(),
    estimates,
    ledger,
    coverage: AGENTS.flatMap((agent) =>
      OPERATIONS.filter(
        (at) => at.family !== undefined && at.load.kind === "closed" && !agent.observes.includes(at.family),
      ).map((at) => ({
        agent: agent.id,
        scenario: at.scenario,
        why: `${agent.id} observes ${agent.observes.join(", ")} only`,
      })),
    ),
    verdicts: verdictsOf(estimates, ledger, emulated),
    trust: trustOf(blocks),
    warnings: ["trial 0a3f of auditd in block 7 failed at drain: its output was still growing after 10 s"],
    notMeasurable: ["hardware counters: not measurable here (no PMU in this guest)"],
  };
};

/** The same run with calibration agents among the measured ones, as the analysis lists them. */
export const withCalibration = (summary: Summary): Summary => {
  const rename = <T extends { readonly agent: string }>(items: readonly T[]): readonly T[] => [
    ...items
      .filter(({ agent }) => agent === "sensor")
      .map((item) => ({ ...item, agent: "calibration-cost@0" })),
    ...items,
  ];
  return {
    ...summary,
    agents: summary.agents.flatMap((agent) =>
      agent.id === "sensor" ? [{ ...agent, id: "calibration-cost@0" }, agent] : [agent],
    ),
    estimates: rename(summary.estimates),
    ledger: rename(summary.ledger),
    coverage: rename(summary.coverage),
  };
};

/** A log-normal histogram with a heavier tail, three significant digits, as the C drivers write it. */
const histogramOf = (medianNs: number, count: number, random: () => number): TrialLineHistogram => {
  const buckets = new Map<number, number>();
  for (let index = 0; index < count; index += 1) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const tail = random() < 0.02 ? 2.5 : 1;
    const ns = Number((medianNs * Math.exp(normal * 0.18) * tail).toPrecision(3));
    buckets.set(ns, (buckets.get(ns) ?? 0) + 1);
  }
  const sorted = [...buckets].sort(([left], [right]) => left - right);
  return {
    significantDigits: 3,
    minNs: sorted[0]?.[0] ?? medianNs,
    maxNs: sorted.at(-1)?.[0] ?? medianNs,
    buckets: sorted,
  };
};

type Measured = Extract<TrialLine["outcome"], { kind: "measured" }>;
type TrialLineHistogram = Measured["driver"]["operations"][number]["service"];

/** Trials of two blocks for every scenario, with latency histograms of `operations` operations each. */
export const buildLines = (
  choices: { readonly seed?: number; readonly operations?: number } = {},
): readonly TrialLine[] => {
  const random = generator(choices.seed ?? 11);
  const count = choices.operations ?? 2_000;
  const turns = [{ id: "baseline", weight: 0 }, ...AGENTS, { id: "baseline", weight: 0 }];
  const trials = OPERATIONS.filter(
    (at, index) =>
      OPERATIONS.findIndex(
        (other) => other.scenario === at.scenario && loadName(other.load) === loadName(at.load),
      ) === index,
  );
  return [0, 1].flatMap((block) =>
    turns.flatMap((turn, turnIndex) =>
      trials.map((trial, trialIndex): TrialLine => {
        const same = OPERATIONS.filter(
          (at) => at.scenario === trial.scenario && loadName(at.load) === loadName(trial.load),
        );
        return {
          type: "trial",
          id: (block * 256 + turnIndex * 16 + trialIndex).toString(16).padStart(4, "0"),
          block,
          turn: turnIndex,
          agent: turn.id,
          baseline: turn.id === "baseline" ? (turnIndex === 0 ? 1 : 2) : null,
          scenario: trial.scenario,
          load: trial.load,
          placement: "pinned",
          attempt: 1,
          rejected: null,
          startedAt: "2026-11-22T21:30:00.000Z",
          outcome: {
            kind: "measured",
            driver: {
              protocol: 1,
              scenario: trial.scenario,
              trial: "0001",
              mode: trial.load.kind,
              startNs: 1,
              endNs: 2_000_000_000,
              operations: same.map((at) => {
                const histogram = histogramOf(at.baseNs * (1 + turn.weight), count, random);
                return {
                  operation: at.operation,
                  count,
                  errors: 0,
                  batches: [],
                  service: histogram,
                  response: trial.load.kind === "open" ? histogram : null,
                };
              }),
              control: { spinNs: [1_000_000, 1_000_100], syscallNs: [120, 121] },
              maxRssKib: 1800,
            },
            cpu: {
              windowNs: 2_000_000_000,
              systemBusyNs: value(1_900_000_000),
              agentNs: value(40_000_000),
              agentDrainNs: value(1_000_000),
              harnessNs: value(50_000),
              helpersNs: {},
            },
            memory: {
              pssBytes: value(3_000_000),
              peakBytes: value(4_000_000),
              bpfMapBytes: missing("no BPF map"),
            },
            noise: {
              stealPercent: value(0.1),
              cpuPressurePercent: value(3),
              wallOverCpu: 1.04,
              spinNs: [1_000_000, 1_000_100],
              syscallNs: [120, 121],
              involuntarySwitches: 3,
            },
            ledger: { kind: "not-observed", why: "built for a test" },
            outputBytes: value(1_000),
            injected: null,
            defects: [],
          },
        };
      }),
    ),
  );
};
