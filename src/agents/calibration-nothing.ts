/**
 * An agent that starts nothing: whatever the analysis finds of it is the instrument's own error (A/A). It goes through the same turn as a
 * sensor, so a difference to `baseline` would be what the harness itself does around an agent.
 */
import { defineAgent } from "../domain/agent.ts";
import { PLAIN_FAMILIES, value } from "../domain/units.ts";
import { CALIBRATION } from "./shared/calibration.ts";
import { noCounter } from "./shared/no-counter.ts";

const NOTHING = value({ operations: 0, workloadNs: 0, agentNs: 0, discarded: 0, mapBytes: 0 });

export default defineAgent({
  ...CALIBRATION,
  id: "calibration-nothing",
  title: "nothing (A/A)",
  injects: { kind: "nothing" },
  observes: PLAIN_FAMILIES,
  coverage: { notes: ["everything: nothing is started"] },
  overload: "none",
  probe: () => Promise.resolve({ kind: "available", version: "none", path: "" }),
  start: () =>
    Promise.resolve({
      processes: [],
      outputs: [],
      logs: [],
      settings: {},
      lost: noCounter("nothing runs"),
      injected: () => Promise.resolve(NOTHING),
    }),
});
