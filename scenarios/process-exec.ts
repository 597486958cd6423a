import { defineScenario } from "../src/domain/scenario.ts";

export default defineScenario({
  id: "process-exec",
  title: "Process start",
  summary: "vfork, execve of a tiny static program, its exit, waitpid",
  emits: {
    family: "exec",
    tokenIn: "argument",
    by: { program: "process-exec", call: "execve", executes: "noop" },
  },
  represents: true,
  operations: ["exec"],
  driver: { kind: "native", program: "process-exec" },
  loads: {
    small: [{ kind: "closed", batches: 10, batchOperations: 60, warmupOperations: 100 }],
    medium: [
      { kind: "closed", batches: 20, batchOperations: 60, warmupOperations: 200 },
      { kind: "open", ratePerSecond: 200, batches: 10, batchOperations: 30, warmupOperations: 40 },
    ],
    large: [
      { kind: "closed", batches: 30, batchOperations: 900, warmupOperations: 200 },
      { kind: "open", ratePerSecond: 100, batches: 10, batchOperations: 20, warmupOperations: 40 },
      { kind: "open", ratePerSecond: 500, batches: 10, batchOperations: 100, warmupOperations: 40 },
      { kind: "open", ratePerSecond: 1500, batches: 10, batchOperations: 300, warmupOperations: 40 },
    ],
  },
  counted: { kind: "closed", batches: 10, batchOperations: 450, warmupOperations: 100 },
});
