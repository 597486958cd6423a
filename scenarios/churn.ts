import { defineScenario } from "../src/domain/scenario.ts";

/** 36 processes and 192 opens a tree: 360 and 1,920 a second. */
export default defineScenario({
  id: "churn",
  title: "Processes and files that come and go",
  summary: "a tree of processes, twelve deep, each of which opens 16 files and runs a tiny program twice",
  operations: ["tree"],
  driver: { kind: "native", program: "churn" },
  optIn: "it takes minutes to see whether memory grows",
  watch: {
    blocks: 1,
    seconds: { small: 60, medium: 120, large: 600 },
    ratePerSecond: 10,
    // As in scenarios/churn.c.
    atOnce: "14 processes, 192 open files",
    afterSeconds: 60,
  },
  loads: { small: [], medium: [], large: [] },
});
