/**
 * An agent that starts nothing: whatever the analysis finds of it is the instrument's own error (A/A). It goes through the same turn as a
 * sensor, so a difference to `baseline` would be what the harness itself does around an agent.
 */
import { defineAgent } from "../domain/agent.ts";
import { PLAIN_FAMILIES, missing, value } from "../domain/units.ts";

export default defineAgent({
  id: "calibration-nothing",
  title: "nothing (A/A)",
  role: "calibration",
  injects: { kind: "nothing" },
  homepage: "",
  observes: PLAIN_FAMILIES,
  blindSpots: ["everything: nothing is started"],
  overload: "none",
  residue: "none",
  packages: [],
  probe: () => Promise.resolve({ kind: "available", version: "none", path: "" }),
  start: () => Promise.resolve({ processes: [], outputs: [], logs: [], settings: {} }),
  declaredLoss: () => Promise.resolve(missing("nothing runs")),
  injected: () =>
    Promise.resolve(value({ operations: 0, workloadNs: 0, agentNs: 0, discarded: 0, mapBytes: 0 })),
});
