import { defineScenario } from "../src/domain/scenario.ts";

/** As many files are made anew before each trial, which takes some 10 us each. */
export default defineScenario({
  id: "file-delete",
  title: "File delete",
  summary: "unlinkat of an empty file that has no other name",
  emits: { family: "delete", tokenIn: "path", by: { program: "file-delete", call: "unlinkat" } },
  represents: true,
  operations: ["delete"],
  driver: { kind: "native", program: "file-delete" },
  loads: {
    small: [{ kind: "closed", batches: 10, batchOperations: 800, warmupOperations: 400 }],
    medium: [
      { kind: "closed", batches: 20, batchOperations: 800, warmupOperations: 800 },
      { kind: "open", ratePerSecond: 5_000, batches: 10, batchOperations: 500, warmupOperations: 500 },
    ],
    large: [
      { kind: "closed", batches: 40, batchOperations: 1_000, warmupOperations: 2_000 },
      { kind: "open", ratePerSecond: 1_000, batches: 10, batchOperations: 200, warmupOperations: 500 },
      { kind: "open", ratePerSecond: 5_000, batches: 10, batchOperations: 1_000, warmupOperations: 1_000 },
      { kind: "open", ratePerSecond: 20_000, batches: 10, batchOperations: 4_000, warmupOperations: 500 },
    ],
  },
});
