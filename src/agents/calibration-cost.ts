/**
 * Known costs on the workload's path: a BPF program on each hook that tare's sensor would use here, which burns a dose of CPU time for
 * each operation of the workload and accounts for what it really burned. The measured cost must rise with the dose, ns for ns.
 */
import { type AgentSheet, defineVariants } from "../domain/agent.ts";
import { FAMILY_LIMIT_NS } from "../domain/default-budget.ts";
import { PLAIN_FAMILIES } from "../domain/units.ts";
import { CALIBRATION, probeCalibration, startSilent } from "./shared/calibration.ts";
import { familyFlag } from "./shared/own-program.ts";

/**
 * Times the default budget of the operation: 2 us would be half of a file open and lost in the noise of a process start. 0 is a hook with
 * nothing behind it: what the others have in common.
 */
const DOSES = [
  { variant: "0", title: "none, only its hook", budgets: 0 },
  { variant: "half", title: "half of the default budget for each operation", budgets: 0.5 },
  { variant: "budget", title: "the default budget for each operation", budgets: 1 },
  { variant: "double", title: "twice the default budget for each operation", budgets: 2 },
] as const;

const costing = ({ variant, title, budgets }: (typeof DOSES)[number]): AgentSheet => {
  const doseNs = {
    exec: budgets * FAMILY_LIMIT_NS.exec,
    file: budgets * FAMILY_LIMIT_NS.file,
    network: budgets * FAMILY_LIMIT_NS.network,
  };
  const doses = PLAIN_FAMILIES.map((family) => `--${family}-ns=${doseNs[family]}`);
  return {
    ...CALIBRATION,
    id: `calibration-cost@${variant}`,
    title: `known cost: ${title}`,
    injects: { kind: "cost", doseNs },
    observes: PLAIN_FAMILIES,
    coverage: { notes: ["everything: it burns time and writes no event"] },
    overload: "none",
    probe: probeCalibration("dose"),
    start: (host, context) => startSilent(host, context, "dose", [familyFlag(context.families), ...doses]),
  };
};

export default defineVariants({ id: "calibration-cost", variants: DOSES.map(costing) });
