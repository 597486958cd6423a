/** CPU time of kernel threads and daemons that work for an agent (kauditd, journald ...), from the trials themselves. */
import { mean } from "simple-statistics";
import { BASELINE } from "../domain/plan.ts";
import type { RecordLine } from "../domain/record.ts";
import { loadName } from "../domain/scenario.ts";
import type { Group } from "./select.ts";

export interface HelperTime {
  readonly name: string;
  /** Above the baseline, ns for each operation: a difference of means over trials, without an interval of its own. */
  readonly ns: number;
}

/** By agent; helpers that no trial of the agent knows are left out. Empty where the record is not at hand. */
export const helperTimes = (
  lines: readonly RecordLine[],
  group: Omit<Group, "estimates">,
): ReadonlyMap<string, readonly HelperTime[]> => {
  const readings = new Map<string, Map<string, number[]>>();
  for (const line of lines) {
    if (line.type !== "trial" || line.rejected !== null || line.outcome.kind !== "measured") continue;
    const here =
      line.scenario === group.scenario &&
      loadName(line.load) === group.load &&
      line.placement === group.placement;
    const operations = line.outcome.driver.operations.reduce((sum, { count }) => sum + count, 0);
    if (!here || operations === 0) continue;
    const ofAgent = readings.get(line.agent) ?? new Map<string, number[]>();
    readings.set(line.agent, ofAgent);
    for (const [name, ns] of Object.entries(line.outcome.cpu.helpersNs)) {
      ofAgent.set(name, [...(ofAgent.get(name) ?? []), ns / operations]);
    }
  }
  const baseline = readings.get(BASELINE);
  return new Map(
    [...readings]
      .filter(([agent]) => agent !== BASELINE)
      .map(([agent, helpers]) => [
        agent,
        [...helpers].map(([name, all]) => ({
          name,
          // A helper that was not there without the agent took no time then.
          ns: mean(all) - mean(baseline?.get(name) ?? [0]),
        })),
      ]),
  );
};
