import { describe, expect, test } from "vitest";
import type { MeasuredTrial } from "../../src/analyse/effective-record.ts";
import type { Observation } from "../../src/analyse/series.ts";
import { observe } from "../../src/analyse/series.ts";
import type { OperationResult } from "../../src/domain/driver.ts";
import type { TrialOutcome } from "../../src/domain/trial-outcome.ts";
import type { Load } from "../../src/domain/scenario.ts";
import type { MetricId, Reading } from "../../src/domain/units.ts";
import { missing, value } from "../../src/domain/units.ts";
import type { Slot } from "./support/record-builder.ts";
import { CLOSED, histogramOf, measuredOf, OPEN, operationOf } from "./support/record-builder.ts";

interface Change {
  readonly agent?: string;
  readonly load?: Load;
  readonly operations?: readonly OperationResult[];
  readonly outcome?: Partial<Extract<TrialOutcome, { kind: "measured" }>>;
}

const observed = (
  { agent = "falco", load = CLOSED, operations, outcome = {} }: Change,
  agents?: Parameters<typeof observe>[1],
): readonly Observation[] => {
  const baseline = agent === "baseline" ? 1 : null;
  const slot: Slot = { block: 0, agent, baseline, scenario: "process-exec", load };
  const trial: MeasuredTrial = {
    type: "trial",
    id: "0001",
    turn: 0,
    placement: "pinned",
    attempt: 1,
    rejected: null,
    startedAt: "",
    ...slot,
    outcome: measuredOf(slot, operations ?? [operationOf("exec", 1000, load)], outcome),
  };
  return observe(trial, agents);
};

const SLOT: Slot = { block: 0, agent: "falco", baseline: null, scenario: "process-exec", load: CLOSED };

const readingOf = (list: readonly Observation[], metric: MetricId): Observation["reading"] | undefined =>
  list.find((one) => one.metric === metric)?.reading;

test("a trial gives the mean over its batches, so that a burst in one of them is a cost", () => {
  const batch = (operations: number, cpuNs: number, wallNs: number): OperationResult["batches"][number] => ({
    operations,
    wallNs,
    cpuNs,
    userNs: 0,
    systemNs: 0,
    voluntarySwitches: 0,
    involuntarySwitches: 0,
  });
  const operation = operationOf("exec", 1, CLOSED, {
    batches: [batch(10, 100, 300), batch(20, 1000, 500), batch(10, 120, 250)],
  });
  const list = observed({ operations: [operation] });
  expect(readingOf(list, "workload-cpu")).toEqual(value(30.5));
  expect(readingOf(list, "wall")).toEqual(value(26.25));
});

test("whole-system and agent CPU hold what the agent spent after the window", () => {
  const cpu = {
    windowNs: 600_000,
    clock: "cpuacct" as const,
    systemBusyNs: value(300_000),
    agentNs: value(60_000),
    agentDrainNs: value(30_000),
    harnessNs: value(50_000),
    helpersNs: {},
    helpersDrainNs: value({}),
    nodeDrainNs: value(0),
  };
  const list = observed({ outcome: { cpu } });
  // 300 operations.
  expect(readingOf(list, "system-cpu")).toEqual(value(1100));
  expect(readingOf(list, "agent-cpu")).toEqual(value(300));
  expect(readingOf(list, "agent-cores")).toEqual(value(0.1));
});

test("whole-system CPU holds what kernel threads did after the window, or says that it is not known", () => {
  const cpu = {
    windowNs: 600_000,
    clock: "cpuacct" as const,
    systemBusyNs: value(300_000),
    agentNs: value(60_000),
    agentDrainNs: value(30_000),
    harnessNs: value(50_000),
    helpersNs: {},
    helpersDrainNs: value({ kauditd: 50_000, journald: 10_000 }),
    nodeDrainNs: missing("not read"),
  };
  const told = observed({ outcome: { cpu } }).find(({ metric }) => metric === "system-cpu");
  // 300 operations.
  expect(told).toMatchObject({ reading: value(1300), isLowerBound: false });
  const untold = observed({ outcome: { cpu: { ...cpu, helpersDrainNs: missing("older") } } });
  expect(untold.find(({ metric }) => metric === "system-cpu")).toMatchObject({
    reading: value(1100),
    isLowerBound: true,
  });
});

describe("operations for each delivered event", () => {
  const ledger = (change: object) =>
    ({
      kind: "counted",
      operations: 300,
      delivered: 300,
      duplicates: 0,
      declaredLost: value(0),
      drainMs: 1,
      drained: true,
      ...change,
    }) as const;
  const systemCpu = (change: object, agents?: Parameters<typeof observe>[1]): Observation | undefined =>
    observed({ outcome: { ledger: ledger(change) } }, agents).find(({ metric }) => metric === "system-cpu");

  test("are told where events are counted, and are never fewer than one", () => {
    expect(systemCpu({ delivered: 75 })?.perEvent).toBe(4);
    expect(systemCpu({ delivered: 310 })?.perEvent).toBe(1);
  });

  test("where none was delivered there is no cost of one", () => {
    expect(systemCpu({ delivered: 0 })?.reading).toMatchObject({ kind: "missing" });
  });

  test("are not told where the agent does not see every event by design", () => {
    const blind = [
      { id: "falco", blindTo: [{ scenario: "process-exec", extent: "some" as const, why: "only some" }] },
    ];
    expect(systemCpu({ delivered: 75 }, blind)).toMatchObject({ reading: { kind: "value" } });
    expect(systemCpu({ delivered: 75 }, blind)?.perEvent).toBeUndefined();
  });
});

test("memory is in MiB and output in bytes an operation", () => {
  const list = observed({});
  expect(readingOf(list, "agent-memory")).toEqual(value(8));
  expect(readingOf(list, "agent-memory-peak")).toEqual(value(12));
  expect(readingOf(list, "bpf-map-memory")).toEqual(value(0.5));
  expect(readingOf(list, "agent-memory-total")).toEqual(value(8.5));
  expect(readingOf(list, "output-volume")).toEqual(value(120));
});

test("output is that of a delivered event, so that who loses more does not look cheaper", () => {
  const outputOf = (delivered: number): unknown => {
    const { ledger } = measuredOf(SLOT, [operationOf("exec", 1000, CLOSED)]);
    if (ledger.kind !== "counted") throw new Error("not counted");
    return readingOf(observed({ outcome: { ledger: { ...ledger, delivered } } }), "output-volume");
  };
  const { operations } = measuredOf(SLOT, [operationOf("exec", 1000, CLOSED)]).ledger as {
    operations: number;
  };
  expect(outputOf(operations)).toEqual(value(120));
  expect(outputOf(operations / 4)).toEqual(value(480));
  expect(outputOf(0)).toEqual(missing("it delivered none of its events, so that none has a cost"));
});

test("what is mapped of a BPF map is counted once, and unknown where that was not read", () => {
  const MIB = 1024 ** 2;
  const totalWith = (mapped: Reading<number>, maps = 24 * MIB): unknown => {
    const memory = {
      pssBytes: value(26 * MIB),
      peakBytes: value(0),
      bpfMapBytes: value(maps),
      bpfMapMappedBytes: mapped,
    };
    return readingOf(observed({ outcome: { memory } }), "agent-memory-total");
  };
  expect(totalWith(value(20 * MIB))).toEqual(value(30));
  expect(totalWith(value(25 * MIB))).toEqual(value(26));
  expect(totalWith(missing("not read"))).toEqual(missing("mapped BPF maps: not read"));
  expect(totalWith(missing("not read"), 0)).toEqual(value(26));
});

test("a missing reading stays missing, with its reason, in everything that needs it", () => {
  const cpu = {
    windowNs: 1000,
    clock: "cpuacct" as const,
    systemBusyNs: value(10),
    agentNs: value(5),
    agentDrainNs: missing("the cgroup is gone"),
    harnessNs: value(50_000),
    helpersNs: {},
    helpersDrainNs: value({}),
    nodeDrainNs: value(0),
  };
  const list = observed({ outcome: { cpu } });
  expect(readingOf(list, "agent-cpu")).toEqual(missing("the cgroup is gone"));
  expect(readingOf(list, "system-cpu")).toEqual(missing("the cgroup is gone"));
  expect(readingOf(list, "agent-cores")).toEqual(value(0.005));
});

test("the baseline has no levels, and needs no drain for its whole-system CPU", () => {
  const list = observed({ agent: "baseline" });
  expect(list.map((one) => one.metric).filter((metric) => metric.startsWith("agent-"))).toEqual([]);
  expect(readingOf(list, "system-cpu")).toEqual(value(1000));
});

test("response time exists in an open loop only", () => {
  expect(readingOf(observed({ load: CLOSED }), "response-p50")).toBeUndefined();
  expect(readingOf(observed({ load: OPEN }), "response-p50")).toEqual(value(1000));
});

test("quantiles come from the histogram, and not where the trial is too short", () => {
  const service = histogramOf([100, 9_000], [5_000, 1_000]);
  const list = observed({ operations: [operationOf("exec", 100, CLOSED, { count: 10_000, service })] });
  expect(readingOf(list, "latency-p50")).toEqual(value(100));
  expect(readingOf(list, "latency-p90")).toEqual(value(100));
  expect(readingOf(list, "latency-p99")).toEqual(value(5_000));
  expect(readingOf(list, "latency-p999")).toMatchObject({ kind: "missing" });
});

test("operations that are timed in groups have no percentiles, and keep their mean costs", () => {
  const grouped = histogramOf([100, 9_000], [5_000, 1_000]);
  const operation = operationOf("getppid", 100, OPEN, {
    count: 1_000_000,
    service: grouped,
    response: grouped,
  });
  const list = observed({ load: OPEN, operations: [operation] });
  expect(list.filter(({ metric }) => /^(latency|response)-/.test(metric))).toEqual([]);
  expect(readingOf(list, "workload-cpu")).toEqual(value(100));
});

test("with several operations, what belongs to the whole trial stands under all of them", () => {
  const operations = [operationOf("http", 2000, CLOSED), operationOf("zlib", 4000, CLOSED)];
  const list = observed({ operations });
  const operationsOf = (metric: MetricId): string[] =>
    list.filter((one) => one.metric === metric).map((one) => one.operation);
  expect(operationsOf("workload-cpu")).toEqual(["http", "zlib"]);
  expect(operationsOf("agent-memory")).toEqual(["*"]);
  expect(operationsOf("system-cpu")).toEqual(["*"]);
});

test("a window without operations gives no cost of one", () => {
  const empty = operationOf("exec", 1000, CLOSED, { count: 0, batches: [], service: histogramOf() });
  const list = observed({ operations: [empty] });
  for (const metric of ["workload-cpu", "wall", "system-cpu", "agent-cpu", "latency-p50"] as const) {
    expect(readingOf(list, metric)).toMatchObject({ kind: "missing" });
  }
});
