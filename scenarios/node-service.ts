import { defineScenario } from "../src/domain/scenario.ts";

/** What a Node service feels: the same three things a sensor watches, through the layers of a real run time. */
export default defineScenario({
  id: "node-service",
  title: "Node service",
  summary:
    "execa of a tiny program, fs.promises.readFile of 4 KiB, one HTTP request on a new loopback connection",
  operations: ["spawn", "read-file", "http"],
  driver: { kind: "tinybench", module: "scenarios/driver/node-service/main.ts" },
  loads: {
    small: [{ kind: "closed", batches: 8, batchOperations: 4, warmupOperations: 4 }],
    medium: [{ kind: "closed", batches: 10, batchOperations: 10, warmupOperations: 20 }],
    large: [{ kind: "closed", batches: 20, batchOperations: 30, warmupOperations: 50 }],
  },
});
