import { BESIDE_STARTS, BY_NAME_ONLY } from "../src/domain/beside.ts";
import { defineScenario, requestsAt } from "../src/domain/scenario.ts";

export default defineScenario({
  id: "neighbour-open",
  title: "Service beside a storm, a file open in each request",
  summary:
    "one request to a server over loopback that opens and closes a file for it, alone and beside a storm of process starts",
  emits: { family: "file", tokenIn: "path", by: { program: "neighbour-open", call: "openat" } },
  operations: ["request"],
  driver: { kind: "native", program: "neighbour-open" },
  optIn: BY_NAME_ONLY,
  beside: BESIDE_STARTS,
  loads: requestsAt(4_000),
});
