/**
 * Known costs on the workload's path: a BPF program on each hook that tare's sensor would use here, which burns a dose of CPU time for
 * each operation of the workload and accounts for what it really burned. The measured cost must rise with the dose, ns for ns.
 */
import { type AgentSheet, defineVariants } from "../domain/agent.ts";
import { PLAIN_FAMILIES } from "../domain/units.ts";
import { CALIBRATION, NO_EVENTS, probeCalibration, startCalibration } from "./shared/calibration.ts";
import { hooksIn } from "./shared/ready-line.ts";
import { familyFlag } from "./shared/tare-sensor.ts";

/** Nanoseconds for each operation. 0 is a hook with nothing behind it: what the others have in common. */
const DOSES_NS = [0, 250, 500, 1000, 2000] as const;

const costing = (doseNs: number): AgentSheet => ({
  ...CALIBRATION,
  id: `calibration-cost@${doseNs}`,
  title: `known cost: ${doseNs} ns for each operation`,
  injects: { kind: "cost", doseNs },
  observes: PLAIN_FAMILIES,
  coverage: { notes: ["everything: it burns time and writes no event"] },
  overload: "none",
  probe: async (host) => await probeCalibration(host, "dose"),
  start: async (host, context) => {
    const args = [familyFlag(context.families), `--dose-ns=${doseNs}`];
    const { process, log, readyLine, injected } = await startCalibration(host, context, "dose", args);
    return {
      processes: [process],
      // No output, so no sentinel: the program has proved each hook on an operation of its own before it said ready. An output
      // would be a cost beside the dose.
      outputs: [],
      logs: [log],
      settings: { command: `tare-dose ${args.join(" ")}`, hooks: hooksIn(readyLine) ?? "unknown" },
      lost: NO_EVENTS,
      injected,
    };
  },
});

export default defineVariants({ id: "calibration-cost", variants: DOSES_NS.map(costing) });
