/** Nothing at all: the empty container. What the others cost is what the node does more than under this one. */
import { defineAgent } from "../domain/agent.ts";
import { missing } from "../domain/units.ts";

export default defineAgent({
  id: "baseline",
  title: "No sensor",
  role: "baseline",
  homepage: "",
  observes: [],
  blindSpots: ["everything: nothing is started"],
  overload: "none",
  residue: "none",
  packages: [],
  probe: () => Promise.resolve({ kind: "available", version: "-", path: "-" }),
  start: () => Promise.resolve({ processes: [], outputs: [], logs: [], settings: {} }),
  declaredLoss: () => Promise.resolve(missing("nothing was started that could lose an event")),
});
