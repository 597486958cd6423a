import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { createRng, toUnit } from "../../src/domain/random.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import { known, value } from "../../src/domain/units.ts";
import { CLOSED, type Slot, buildRecord } from "./support/record-builder.ts";

const BLOCKS = 8;
const LOAD = { ...CLOSED, batches: 10 };
/** ln of how much slower code is per ln of the loop. */
const K = 0.8;
const FASTEST_NS = 5000;
const COST_NS = 3000;
const BASE_NS = 50_000;

interface Case {
  /** ln of the loop's slowness in a batch. */
  readonly slownessOf: (slot: Slot, draw: () => number) => number;
  readonly k?: number;
  readonly core?: string;
}

const HALF_THE_TIME: Case = { slownessOf: (_slot, draw) => (draw() < 0.5 ? 0.4 : 0) };

const recordOf = ({ slownessOf, k = K, core = "1" }: Case): readonly RecordLine[] => {
  const next = createRng(7);
  const draw = (): number => toUnit(next());
  const lines = buildRecord({
    blocks: BLOCKS,
    agents: ["alpha"],
    loads: [LOAD],
    cpuNs: ({ agent }) => BASE_NS + (agent === "alpha" ? COST_NS : 0),
    outcome: (slot, usual) => {
      const operations = usual.driver.operations.map((operation) => ({
        ...operation,
        batches: operation.batches.map((batch) => {
          const slowness = slownessOf(slot, draw);
          const paceNs = FASTEST_NS * Math.exp(slowness);
          return { ...batch, cpuNs: batch.cpuNs * Math.exp(k * slowness), paceNs, paceCpuNs: 20 * paceNs };
        }),
      }));
      const busy = operations
        .flatMap(({ batches }) => batches)
        .reduce((sum, { cpuNs, paceCpuNs }) => sum + cpuNs + paceCpuNs, 0);
      return {
        ...usual,
        driver: { ...usual.driver, operations },
        cpu: { ...usual.cpu, systemBusyNs: value(busy), agentDrainNs: value(0) },
      };
    },
  });
  return lines.map((line) =>
    line.type === "header" ? { ...line, host: { ...line.host, workloadCore: value(core) } } : line,
  );
};

const unpaced = (lines: readonly RecordLine[]): readonly RecordLine[] =>
  lines.map((line) => {
    if (line.type !== "trial" || line.outcome.kind !== "measured") return line;
    const { driver } = line.outcome;
    const operations = driver.operations.map((operation) => ({
      ...operation,
      batches: operation.batches.map(({ paceNs: _ns, paceCpuNs: _cpu, ...batch }) => batch),
    }));
    return { ...line, outcome: { ...line.outcome, driver: { ...driver, operations } } };
  });

const costIn = (view: RunView, metric: "workload-cpu" | "system-cpu") => {
  const found = view.estimates.find((one) => one.metric === metric);
  if (found === undefined) throw new Error(`no estimate of ${metric}`);
  return found.absolute;
};

const widthOf = ({ low, high }: { readonly low: number | null; readonly high: number | null }): number =>
  (high ?? Infinity) - (low ?? -Infinity);

describe("a workload that others slow down half the time", () => {
  const lines = recordOf(HALF_THE_TIME);
  const view = analyse(lines);
  const before = analyse(unpaced(lines));

  test("is told at one pace", () => {
    expect(view.pace).toMatchObject([{ state: "removed", batches: 3 * BLOCKS * LOAD.batches }]);
    const [{ slowdown, spread } = { slowdown: undefined, spread: undefined }] = view.pace;
    expect(slowdown?.most).toBeCloseTo(100 * Math.expm1(0.4), 6);
    expect(spread?.before).toBeGreaterThan(3);
    expect(spread?.after).toBeLessThan(1e-9);
  });

  test("has the cost that was put in, at the run's mean pace, without the others' share of its interval", () => {
    const meanX = Math.log1p((view.pace[0]?.slowdown.mean ?? NaN) / 100);
    const cost = costIn(view, "workload-cpu");
    expect(cost.value).toBeCloseTo(COST_NS * Math.exp(K * meanX), 3);
    expect(widthOf(cost)).toBeLessThan(widthOf(costIn(before, "workload-cpu")) / 100);
  });

  test("takes the loop's own CPU time off the node's", () => {
    const workload = costIn(view, "workload-cpu");
    expect(costIn(view, "system-cpu").value).toBeCloseTo(workload.value, 3);
  });

  test("shows its trials as they were", () => {
    const raw = lines.flatMap((line) =>
      line.type === "trial" && line.outcome.kind === "measured"
        ? [(known(line.outcome.cpu.systemBusyNs) ?? NaN) / line.outcome.cpu.windowNs]
        : [],
    );
    expect(new Set(view.trials.map(({ systemCores }) => systemCores))).toEqual(new Set(raw));
  });
});

test.each([
  ["on a core with other CPUs of the node", { ...HALF_THE_TIME, core: "0-1" }, "shared-core"],
  ["on a core of which it is not known", { ...HALF_THE_TIME, core: "" }, "shared-core"],
  [
    "that is slow under the agent only, which may be the agent's doing",
    { slownessOf: ({ agent }: Slot, draw: () => number) => (agent === "alpha" ? 0.3 : 0) + 0.02 * draw() },
    "differs",
  ],
] as const)("nothing is removed %s", (_, one, state) => {
  const lines = recordOf(one);
  const view = analyse(lines);
  expect(view.pace).toMatchObject([{ state, spread: null }]);
  expect(costIn(view, "workload-cpu")).toEqual(costIn(analyse(unpaced(lines)), "workload-cpu"));
});

test("nothing is removed from what does not depend on the pace", () => {
  const lines = recordOf({ ...HALF_THE_TIME, k: 0 });
  const view = analyse(lines);
  expect(view.pace).toMatchObject([{ state: "no-effect", spread: null }]);
  expect(costIn(view, "workload-cpu").value).toBeCloseTo(COST_NS, 6);
});

test("a record whose pace was not measured tells nothing of it", () => {
  expect(analyse(unpaced(recordOf(HALF_THE_TIME))).pace).toEqual([]);
});

test("an agent that interrupts the workload keeps its CPU times and does not set the pace", () => {
  const lines = recordOf({
    slownessOf: ({ agent }, draw) => (agent === "alpha" ? 1 : 0) + (draw() < 0.5 ? 0.4 : 0),
  }).map((line): RecordLine => {
    if (line.type !== "trial" || line.agent !== "alpha" || line.outcome.kind !== "measured") return line;
    const { driver } = line.outcome;
    const operations = driver.operations.map((operation) => ({
      ...operation,
      batches: operation.batches.map((batch) => ({ ...batch, involuntarySwitches: batch.operations })),
    }));
    return { ...line, outcome: { ...line.outcome, driver: { ...driver, operations } } };
  });
  const { pace, estimates } = analyse(lines);
  expect(pace).toMatchObject([
    { state: "removed", interrupted: ["alpha"], batches: 2 * BLOCKS * LOAD.batches },
  ]);
  expect(pace[0]?.slowdown.most).toBeCloseTo(100 * Math.expm1(0.4), 6);
  const cost = estimates.find(({ metric }) => metric === "workload-cpu")?.absolute.value ?? NaN;
  const raw = (BASE_NS + COST_NS) * Math.exp(K);
  expect(cost).toBeGreaterThan(raw - BASE_NS * Math.exp(0.4 * K));
});

test("a workload that may change its core keeps its CPU times", () => {
  const free = recordOf(HALF_THE_TIME).map((line): RecordLine =>
    line.type === "trial" ? { ...line, placement: "free" } : line,
  );
  expect(analyse(free).pace).toEqual([]);
});

test("a loop that took 0 ns, as by a coarse clock, says nothing of the pace", () => {
  const lines = recordOf({ slownessOf: () => -Infinity, k: 0 });
  const view = analyse(lines);
  expect(view.pace).toEqual([]);
  expect(costIn(view, "workload-cpu")).toEqual(costIn(analyse(unpaced(lines)), "workload-cpu"));
});
