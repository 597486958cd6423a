/**
 * Known costs on the workload's path: a BPF program on each hook that tare's sensor would use here, which burns a dose of CPU time for
 * each operation of the workload and accounts for what it really burned. The measured cost must rise with the dose, ns for ns.
 */
import { type AgentSheet, defineVariants } from "../domain/agent.ts";
import { PLAIN_FAMILIES } from "../domain/units.ts";
import { CALIBRATION, probeCalibration, startSilent } from "./shared/calibration.ts";
import { familyFlag } from "./shared/own-program.ts";

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
  probe: probeCalibration("dose"),
  start: (host, context) =>
    startSilent(host, context, "dose", [familyFlag(context.families), `--dose-ns=${doseNs}`]),
});

export default defineVariants({ id: "calibration-cost", variants: DOSES_NS.map(costing) });
