/**
 * Keeps one operation's samples and batches in the order of time. tinybench sorts the samples that it keeps, so they
 * are no use for batches; it drives the loop, and this records.
 */
import type { Batch, OperationResult } from "../../../src/domain/driver.ts";
import { monotonicNs } from "./clock.ts";
import { histogramOf } from "./histogram.ts";
import { type Usage, usage } from "./usage.ts";

export interface Recorder {
  /** To be called before and after each operation, outside of its time. */
  before(): void;
  after(): void;
  /** Does the operation once and returns how long it took, in nanoseconds. */
  measure(operate: () => Promise<void>): Promise<number>;
  result(operation: string): OperationResult;
}

export const createRecorder = (batches: number, batchOperations: number): Recorder => {
  const samples = new Float64Array(batches * batchOperations);
  const done: Batch[] = [];
  let count = 0;
  let errors = 0;
  let start = 0;
  let startUsage = usage();
  return {
    before: () => {
      if (count % batchOperations !== 0) return;
      startUsage = usage();
      start = monotonicNs();
    },
    measure: async (operate) => {
      const from = monotonicNs();
      try {
        await operate();
      } catch {
        errors += 1;
      }
      const ns = monotonicNs() - from;
      samples[count] = ns;
      count += 1;
      return ns;
    },
    after: () => {
      if (count % batchOperations !== 0) return;
      done.push(batchBetween(batchOperations, monotonicNs() - start, startUsage, usage()));
    },
    result: (operation) => ({
      operation,
      count,
      errors,
      timedEvery: 1,
      batches: done,
      service: histogramOf(samples.subarray(0, count)),
      response: null,
    }),
  };
};

const batchBetween = (operations: number, wallNs: number, from: Usage, to: Usage): Batch => {
  const userNs = to.userNs - from.userNs;
  const systemNs = to.systemNs - from.systemNs;
  return {
    operations,
    wallNs,
    cpuNs: userNs + systemNs,
    userNs,
    systemNs,
    voluntarySwitches: to.voluntary - from.voluntary,
    involuntarySwitches: to.involuntary - from.involuntary,
  };
};
