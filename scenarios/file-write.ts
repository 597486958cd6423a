import { defineScenario } from "../src/domain/scenario.ts";

/** Every operation writes to a file of its own, which stays for the next trial: 40,000 of a block each are about 160 MB. */
export default defineScenario({
  id: "file-write",
  title: "File write",
  summary: "open for writing, write of a line and close of a file that no other operation of the trial uses",
  emits: { family: "write", tokenIn: "path", by: { program: "file-write", call: "write" } },
  represents: true,
  operations: ["write"],
  driver: { kind: "native", program: "file-write" },
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
