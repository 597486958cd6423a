import { defineScenario } from "../src/domain/scenario.ts";

/** A trial has at most 0xf0000 operations: an address of 127/8 cannot number more (see `docs/driver-protocol.md`). */
export default defineScenario({
  id: "network-connect",
  title: "TCP connection",
  summary: "socket, connect to a unique loopback address, accept, close of both ends",
  emits: { family: "network", tokenIn: "address", by: { program: "network-connect", call: "connect" } },
  represents: true,
  operations: ["connect"],
  driver: { kind: "native", program: "network-connect" },
  loads: {
    small: [{ kind: "closed", batches: 10, batchOperations: 300, warmupOperations: 200 }],
    medium: [
      { kind: "closed", batches: 20, batchOperations: 300, warmupOperations: 400 },
      { kind: "open", ratePerSecond: 1_000, batches: 10, batchOperations: 100, warmupOperations: 100 },
    ],
    large: [
      { kind: "closed", batches: 30, batchOperations: 2_500, warmupOperations: 400 },
      { kind: "open", ratePerSecond: 200, batches: 10, batchOperations: 40, warmupOperations: 100 },
      { kind: "open", ratePerSecond: 1_000, batches: 10, batchOperations: 200, warmupOperations: 100 },
      { kind: "open", ratePerSecond: 5_000, batches: 10, batchOperations: 1_000, warmupOperations: 100 },
    ],
  },
  counted: { kind: "closed", batches: 10, batchOperations: 450, warmupOperations: 100 },
});
