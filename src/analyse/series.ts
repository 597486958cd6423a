/**
 * One measured trial -> one number a metric, or the reason why there is none.
 *
 * Batches and operations end here: a trial gives one number, so that nothing later can take them for independent replicates.
 */
import type { Batch, Histogram, OperationResult } from "../domain/driver.ts";
import { ALL_OPERATIONS } from "../domain/condition.ts";
import { BASELINE } from "../domain/plan.ts";
import type { MemoryReading } from "../domain/trial-outcome.ts";
import {
  difference,
  isCount,
  known,
  METRICS,
  METRIC_IDS,
  type MetricId,
  missing,
  type Reading,
  value,
} from "../domain/units.ts";
import { type MeasuredTrial, type ObservedTrial, countsInstructions } from "./effective-record.ts";
import { entriesOf, histogramQuantile } from "./histogram.ts";
import { observeInstructions } from "./instructions.ts";
import { total } from "./ledger.ts";
import { type Blindness, perEventOf } from "./per-event.ts";

export interface Observation {
  readonly operation: string;
  readonly metric: MetricId;
  readonly reading: Reading<number>;
  /** Operations for each delivered event; absent where the metric is not told by events or they are not counted. */
  readonly perEvent?: number;
  /** A part of it could not be read; absent: nothing is known to be left out. */
  readonly isLowerBound?: boolean;
}

export const BYTES_PER_MIB = 1024 ** 2;

type TrialReader = (trial: MeasuredTrial) => Reading<number>;
/** Undefined where the metric does not exist, as response time does not in a closed loop, nor latency where operations are timed in groups. */
type OperationReader = (operation: OperationResult) => Reading<number> | undefined;

/** The mean and not the median of the batches: what is dear in some of them only is a cost as well. */
const perOperationOf =
  (pick: (batch: Batch) => number): OperationReader =>
  ({ batches, operation }) => {
    const operations = total(batches, (batch) => batch.operations);
    return operations === 0
      ? missing(`no batch holds a ${operation} operation`)
      : value(total(batches, pick) / operations);
  };

/**
 * Whether each latency is that of one operation. Very short operations are timed in groups, since reading the clock would take longer than they
 * do: their histogram holds fewer entries, and its tail is that of a group's mean. No percentile of an operation can be had from it.
 */
export const timesEach = ({ count, errors, timedEvery }: OperationResult, histogram: Histogram): boolean => {
  const total = entriesOf(histogram);
  const timed = Math.floor(count / timedEvery);
  return total === timed || total === timed - errors;
};

const serviceQuantile =
  (quantile: number): OperationReader =>
  (operation) =>
    timesEach(operation, operation.service) ? histogramQuantile(operation.service, quantile) : undefined;

const responseQuantile =
  (quantile: number): OperationReader =>
  (operation) =>
    operation.response !== null && timesEach(operation, operation.response)
      ? histogramQuantile(operation.response, quantile)
      : undefined;

const OPERATION_READERS: Readonly<Partial<Record<MetricId, OperationReader>>> = {
  "workload-cpu": perOperationOf((batch) => batch.cpuNs),
  wall: perOperationOf((batch) => batch.wallNs),
  "latency-p50": serviceQuantile(0.5),
  "latency-p90": serviceQuantile(0.9),
  "latency-p99": serviceQuantile(0.99),
  "latency-p999": serviceQuantile(0.999),
  "response-p50": responseQuantile(0.5),
  "response-p99": responseQuantile(0.99),
};

export const operationsIn = (trial: MeasuredTrial): number =>
  total(trial.outcome.driver.operations, (operation) => operation.count);

const map = (reading: Reading<number>, change: (amount: number) => number): Reading<number> =>
  reading.kind === "missing" ? reading : value(change(reading.value));

const sum = (first: Reading<number>, second: Reading<number>): Reading<number> =>
  first.kind === "missing" ? first : map(second, (amount) => first.value + amount);

const eachOperation = (reading: Reading<number>, trial: MeasuredTrial): Reading<number> => {
  const operations = operationsIn(trial);
  return operations === 0 ? missing("no operation was done") : map(reading, (amount) => amount / operations);
};

/** What the agent still spends on the window's events after it. Where no agent ran that is known to be nothing. */
const agentDrainOf: TrialReader = (trial) =>
  trial.agent === BASELINE ? value(0) : trial.outcome.cpu.agentDrainNs;

/** The busy time of the node in the window, and what the agent and those that work for it still spent on it afterwards. */
const systemCpu = (trial: MeasuredTrial, agents: Blindness): Omit<Observation, "operation"> => {
  const { systemBusyNs, helpersDrainNs } = trial.outcome.cpu;
  // Older records read what helpers did in the window only.
  const helpers = total(Object.values(known(helpersDrainNs) ?? {}), (ns) => ns);
  const busy = map(sum(systemBusyNs, agentDrainOf(trial)), (ns) => ns + helpers);
  const perEvent = perEventOf(trial, agents);
  return {
    metric: "system-cpu",
    reading: perEvent?.kind === "missing" ? perEvent : eachOperation(busy, trial),
    ...(perEvent?.kind === "value" ? { perEvent: perEvent.value } : {}),
    isLowerBound: helpersDrainNs.kind === "missing",
  };
};

/** Of what it delivered: one that loses more writes less, and is no cheaper for that. Of an operation where its events are not counted. */
const outputVolume = (trial: MeasuredTrial, agents: Blindness): Reading<number> => {
  const perEvent = perEventOf(trial, agents);
  if (perEvent?.kind === "missing") return perEvent;
  return map(eachOperation(trial.outcome.outputBytes, trial), (bytes) => bytes * (perEvent?.value ?? 1));
};

/** What is mapped of a BPF map is in the PSS already. */
const totalMemory = ({ pssBytes, bpfMapBytes, bpfMapMappedBytes }: MemoryReading): Reading<number> => {
  const mapped = known(bpfMapBytes) === 0 ? value(0) : bpfMapMappedBytes;
  const beyond = map(difference(bpfMapBytes, mapped, "mapped BPF maps"), (bytes) => Math.max(0, bytes));
  return sum(pssBytes, beyond);
};

const TRIAL_READERS: Readonly<Partial<Record<MetricId, TrialReader>>> = {
  "agent-cpu": (trial) =>
    eachOperation(sum(trial.outcome.cpu.agentNs, trial.outcome.cpu.agentDrainNs), trial),
  "agent-cores": ({ outcome: { cpu } }) =>
    cpu.windowNs > 0 ? map(cpu.agentNs, (amount) => amount / cpu.windowNs) : missing("the window is empty"),
  "agent-memory": ({ outcome }) => map(outcome.memory.pssBytes, (bytes) => bytes / BYTES_PER_MIB),
  "agent-memory-peak": ({ outcome }) => map(outcome.memory.peakBytes, (bytes) => bytes / BYTES_PER_MIB),
  "bpf-map-memory": ({ outcome }) => map(outcome.memory.bpfMapBytes, (bytes) => bytes / BYTES_PER_MIB),
  "agent-memory-total": ({ outcome }) => map(totalMemory(outcome.memory), (bytes) => bytes / BYTES_PER_MIB),
};

/** Every metric that exists for this trial, in the order of `METRICS`. A `level` metric does not exist under the baseline. */
export const observe = (trial: ObservedTrial, agents: Blindness = []): readonly Observation[] =>
  countsInstructions(trial) ? observeInstructions(trial, agents) : observeTime(trial, agents);

const observeTime = (trial: MeasuredTrial, agents: Blindness): readonly Observation[] => {
  const { operations } = trial.outcome.driver;
  const [first] = operations;
  const whole = operations.length === 1 && first !== undefined ? first.operation : ALL_OPERATIONS;
  const metrics = METRIC_IDS.filter(
    (metric) => !isCount(metric) && (METRICS[metric].kind === "paired" || trial.agent !== BASELINE),
  );
  return metrics.flatMap((metric): Observation[] => {
    const readTrial = TRIAL_READERS[metric];
    if (metric === "system-cpu") return [{ operation: whole, ...systemCpu(trial, agents) }];
    if (metric === "output-volume")
      return [{ operation: whole, metric, reading: outputVolume(trial, agents) }];
    if (readTrial !== undefined) return [{ operation: whole, metric, reading: readTrial(trial) }];
    const readOperation = OPERATION_READERS[metric];
    if (readOperation === undefined) throw new RangeError(`no reader is defined for the metric "${metric}"`);
    return operations.flatMap((result): Observation[] => {
      const reading = readOperation(result);
      return reading === undefined ? [] : [{ operation: result.operation, metric, reading }];
    });
  });
};
