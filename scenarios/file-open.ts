import { defineScenario } from "../src/domain/scenario.ts";

/**
 * Every operation opens its own path, made beforehand, so there are as many directory entries as operations:
 * 600,000 take some seconds to make once a run and about 200 MB of kernel memory. The closed loops are sized with that in view.
 */
export default defineScenario({
  id: "file-open",
  title: "File open",
  summary: "openat and close of a path that no other operation of the trial uses",
  emits: { family: "file", tokenIn: "path", by: { program: "file-open", call: "openat" } },
  represents: true,
  operations: ["open"],
  driver: { kind: "native", program: "file-open" },
  loads: {
    small: [{ kind: "closed", batches: 10, batchOperations: 800, warmupOperations: 800 }],
    medium: [
      { kind: "closed", batches: 20, batchOperations: 800, warmupOperations: 1_600 },
      { kind: "open", ratePerSecond: 5_000, batches: 10, batchOperations: 500, warmupOperations: 500 },
    ],
    large: [
      { kind: "closed", batches: 40, batchOperations: 15_000, warmupOperations: 4_000 },
      { kind: "open", ratePerSecond: 1_000, batches: 10, batchOperations: 200, warmupOperations: 500 },
      { kind: "open", ratePerSecond: 5_000, batches: 10, batchOperations: 1_000, warmupOperations: 1_000 },
      { kind: "open", ratePerSecond: 20_000, batches: 10, batchOperations: 4_000, warmupOperations: 500 },
    ],
  },
  counted: { kind: "closed", batches: 10, batchOperations: 3_000, warmupOperations: 1_000 },
});
