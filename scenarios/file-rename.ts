import { defineScenario } from "../src/domain/scenario.ts";

/** Every operation renames a file of its own, which has its other name in the next trial: nothing is put back in between. */
export default defineScenario({
  id: "file-rename",
  title: "File rename",
  summary: "renameat2 of a file to another name in its folder, or back to the first",
  emits: { family: "rename", tokenIn: "path", by: { program: "file-rename", call: "renameat2" } },
  represents: true,
  operations: ["rename"],
  driver: { kind: "native", program: "file-rename" },
  loads: {
    small: [{ kind: "closed", batches: 10, batchOperations: 600, warmupOperations: 400 }],
    medium: [
      { kind: "closed", batches: 20, batchOperations: 600, warmupOperations: 800 },
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
