import { defineScenario } from "../src/domain/scenario.ts";

export default defineScenario({
  id: "at-rest",
  title: "Nothing",
  summary: "no workload: what an agent takes of a quiet node, second by second",
  operations: [],
  driver: { kind: "none" },
  optIn: "it takes minutes in which nothing happens",
  watch: { blocks: 4, seconds: { small: 60, medium: 120, large: 300 }, afterSeconds: 0 },
  loads: { small: [], medium: [], large: [] },
});
