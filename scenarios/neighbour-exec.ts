import { BESIDE_STARTS, BY_NAME_ONLY } from "../src/domain/beside.ts";
import { defineScenario, requestsAt } from "../src/domain/scenario.ts";

export default defineScenario({
  id: "neighbour-exec",
  title: "Service beside a storm, a process start in each request",
  summary:
    "one request to a server over loopback that starts a tiny program for it, alone and beside a storm of process starts",
  emits: {
    family: "exec",
    tokenIn: "argument",
    by: { program: "neighbour-exec", call: "execve", executes: "noop" },
  },
  operations: ["request"],
  driver: { kind: "native", program: "neighbour-exec" },
  optIn: BY_NAME_ONLY,
  beside: BESIDE_STARTS,
  loads: requestsAt(2_000),
});
