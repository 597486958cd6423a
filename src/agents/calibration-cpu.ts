/**
 * A known CPU use of an agent's own process: it burns a fixed time for each operation of the workload, which it counts in the kernel at
 * the hooks of tare's sensor. By its own CPU clock it knows what it used, and agent-cpu must say the same.
 */
import { defineAgent } from "../domain/agent.ts";
import { PLAIN_FAMILIES } from "../domain/units.ts";
import { CALIBRATION, NO_EVENTS, probeCalibration, startCalibration } from "./shared/calibration.ts";
import { hooksIn } from "./shared/ready-line.ts";
import { familyFlag } from "./shared/tare-sensor.ts";

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
  probe: async (host) => await probeCalibration(host, "dose"),
  start: async (host, context) => {
    const args = [familyFlag(context.families), "--dose-ns=0", `--spend-ns=${SPEND_NS}`];
    const { process, log, readyLine, injected } = await startCalibration(host, context, "dose", args);
    return {
      processes: [process],
      outputs: [],
      logs: [log],
      settings: { command: `tare-dose ${args.join(" ")}`, hooks: hooksIn(readyLine) ?? "unknown" },
      lost: NO_EVENTS,
      injected,
    };
  },
});
