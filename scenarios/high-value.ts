import { defineScenario } from "../src/domain/scenario.ts";

/** As many operations of each kind in every batch. */
const ROUNDS = 10;
const KINDS = 6;

export default defineScenario({
  id: "high-value",
  title: "High-value events",
  summary: "one of six things that detection teams watch, in turn, each by a separate process",
  emits: { family: "high-value", tokenIn: "argument" },
  represents: true,
  // In the order of scenarios/high-value.c. Those that are an exec show as one; the others happen inside a process.
  techniques: [
    { id: "sudo", title: "setuid-root program started by nobody (su)", alsoSeenAs: "exec" },
    {
      id: "temporary-exec",
      title: "program started from a directory for temporary files",
      alsoSeenAs: "exec",
    },
    { id: "privilege-change", title: "process that makes itself root (setuid)" },
    {
      id: "deleted-binary",
      title: "program started that has no name on any disk (memfd)",
      alsoSeenAs: "exec",
    },
    { id: "bpf", title: "use of bpf(2)" },
    { id: "container-shell", title: "shell started in another process' namespaces", alsoSeenAs: "exec" },
  ],
  operations: ["high-value"],
  driver: { kind: "native", program: "high-value" },
  loads: {
    small: [{ kind: "closed", batches: 6, batchOperations: ROUNDS * KINDS, warmupOperations: 2 * KINDS }],
    medium: [{ kind: "closed", batches: 10, batchOperations: ROUNDS * KINDS, warmupOperations: 2 * KINDS }],
    large: [{ kind: "closed", batches: 30, batchOperations: ROUNDS * KINDS, warmupOperations: 10 * KINDS }],
  },
});
