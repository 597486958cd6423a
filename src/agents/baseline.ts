/** Nothing at all: the empty container. What the others cost is what the node does more than under this one. */
import { defineAgent } from "../domain/agent.ts";
import { noCounter } from "./shared/no-counter.ts";

export default defineAgent({
  id: "baseline",
  title: "No sensor",
  homepage: "",
  role: "baseline",
  observes: [],
  coverage: { notes: ["everything: nothing is started"] },
  overload: "none",
  probe: () => Promise.resolve({ kind: "available", version: "-", path: "-" }),
  start: () =>
    Promise.resolve({
      processes: [],
      outputs: [],
      logs: [],
      settings: {},
      lost: noCounter("nothing was started that could lose an event"),
    }),
});
