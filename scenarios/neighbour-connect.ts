import { BESIDE_STARTS, BY_NAME_ONLY } from "../src/domain/beside.ts";
import { defineScenario, requestsAt } from "../src/domain/scenario.ts";

export default defineScenario({
  id: "neighbour-connect",
  title: "Service beside a storm, a connection in each request",
  summary:
    "one request to a server over loopback that makes a TCP connection for it, alone and beside a storm of process starts",
  emits: { family: "network", tokenIn: "address", by: { program: "neighbour-connect", call: "connect" } },
  operations: ["request"],
  driver: { kind: "native", program: "neighbour-connect" },
  optIn: BY_NAME_ONLY,
  beside: BESIDE_STARTS,
  loads: requestsAt(4_000),
});
