import { defineScenario } from "../src/domain/scenario.ts";

/** Closed loops only: no open loop can be paced to the nanosecond. `batchOperations` and `warmupOperations` are multiples of 100. */
export default defineScenario({
  id: "syscall-tax",
  title: "System call that nobody asked about",
  summary: "one getppid call; each latency is that of 100 calls together",
  operations: ["getppid"],
  driver: { kind: "native", program: "syscall-tax" },
  loads: {
    small: [{ kind: "closed", batches: 10, batchOperations: 40_000, warmupOperations: 10_000 }],
    medium: [{ kind: "closed", batches: 20, batchOperations: 40_000, warmupOperations: 20_000 }],
    large: [{ kind: "closed", batches: 30, batchOperations: 450_000, warmupOperations: 40_000 }],
  },
});
