/** Trials with latency histograms, as a record holds them. */
import type { TrialLine } from "../../../../src/domain/record.ts";
import { loadName } from "../../../../src/domain/scenario.ts";
import { missing, value } from "../../../../src/domain/units.ts";
import { AGENTS, OPERATIONS } from "./models.ts";
import { generator } from "./random.ts";

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
              protocol: 2,
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
                  timedEvery: 1,
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
              clock: "cpuacct",
              systemBusyNs: value(1_900_000_000),
              agentNs: value(40_000_000),
              agentDrainNs: value(1_000_000),
              harnessNs: value(50_000),
              helpersNs: {},
              helpersDrainNs: value({}),
              nodeDrainNs: value(2_000_000),
            },
            memory: {
              pssBytes: value(3_000_000),
              peakBytes: value(4_000_000),
              bpfMapBytes: missing("no BPF map"),
              bpfMapMappedBytes: missing("no BPF map"),
            },
            noise: {
              stealPercent: value(0.1),
              cpuPressurePercent: value(3),
              wallOverCpu: 1.04,
              spinNs: [1_000_000, 1_000_100],
              syscallNs: [120, 121],
              involuntarySwitches: 3,
            },
            ledger: { kind: "not-observed", why: "built for a test", cause: "no-events" },
            outputBytes: value(1_000),
            injected: null,
            defects: [],
          },
        };
      }),
    ),
  );
};
