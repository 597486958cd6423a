import { BESIDE_STARTS, BY_NAME_ONLY } from "../src/domain/beside.ts";
import { defineScenario, requestsAt } from "../src/domain/scenario.ts";

/** Its requests raise no event that a sensor is asked for: what reaches it is the competition for the node alone. */
export default defineScenario({
  id: "neighbour",
  title: "Service beside a storm",
  summary: "one request to a server over loopback, alone and beside a storm of process starts",
  operations: ["request"],
  driver: { kind: "native", program: "neighbour" },
  optIn: BY_NAME_ONLY,
  beside: BESIDE_STARTS,
  loads: requestsAt(4_000),
});
