/**
 * A known CPU use of an agent's own process: it burns a fixed time for each operation of the workload, which it counts in the kernel at
 * the hooks of tare's sensor. By its own CPU clock it knows what it used, and agent-cpu must say the same.
 */
import { defineAgent } from "../domain/agent.ts";
import { PLAIN_FAMILIES } from "../domain/units.ts";
import { CALIBRATION, probeCalibration, startSilent } from "./shared/calibration.ts";
import { familyFlag } from "./shared/own-program.ts";

/**
 * 2 ms for 1,000 operations: more than the process spends on looking for them, less than the fastest workload takes for one, so it keeps
 * up on one CPU.
 */
const SPEND_NS = 2000;

export default defineAgent({
  ...CALIBRATION,
  id: "calibration-cpu",
  title: `known CPU time of an agent: ${SPEND_NS} ns for each operation`,
  injects: { kind: "cpu" },
  observes: PLAIN_FAMILIES,
  coverage: { notes: ["everything: it burns time and writes no event"] },
  overload: "none",
  probe: probeCalibration("dose"),
  start: (host, context) => {
    const args = [familyFlag(context.families), `--spend-ns=${SPEND_NS}`];
    return startSilent(host, context, "dose", args);
  },
});
