/**
 * Decides whether a trial was disturbed from outside and is done again in its slot. It looks at steal and at a fixed loop of user
 * code around the window, and at nothing that an agent's cost could move: not at the latency, not at the CPU time, and not
 * at wall over CPU time either, because an agent that makes the workload wait raises that by what it costs.
 */
import { median } from "simple-statistics";
import { MAX_SPIN_CHANGE, MAX_STEAL_PERCENT } from "../domain/limits.ts";
import type { NoiseReading } from "../domain/record.ts";

/** /proc/stat counts in ticks of 10 ms; in a short window fewer than these are no figure. */
const MIN_STEAL_NS = 30_000_000;
/** Below this many trials a median says little. */
const MIN_SPINS = 6;
/** Enough for a median; a run of days would keep, and sort, all of its trials. */
const MAX_SPINS = 200;

export interface NoiseGate {
  /** Why the trial should be done again, worded for people; undefined when it was quiet enough. */
  judge(scenario: string, noise: NoiseReading, windowNs: number): string | undefined;
}

/** Where no cost is judged, as on an emulated CPU, a trial that is done again tells nothing more and takes as long as the first. */
export const OPEN_GATE: NoiseGate = { judge: () => undefined };

/**
 * Remembers the control loop's usual time for each scenario, since C and Node drivers have different loops.
 *
 * @param cpus those of the node, of which steal is a share, and not the few that a cpuset leaves to this process
 */
export const createNoiseGate = (cpus: number): NoiseGate => {
  const spins = new Map<string, number[]>();
  return {
    judge: (scenario, noise, windowNs) => {
      const known = spins.get(scenario) ?? [];
      const usual = known.length < MIN_SPINS ? undefined : median(known);
      const now = Math.max(...noise.spinNs);
      spins.set(scenario, [...known, Math.min(...noise.spinNs)].slice(-MAX_SPINS));
      if (noise.stealPercent.kind === "value") {
        const steal = noise.stealPercent.value;
        if (steal > MAX_STEAL_PERCENT && (steal / 100) * windowNs * cpus >= MIN_STEAL_NS) {
          return `the hypervisor took ${steal.toFixed(1)} % of the CPU time (more than ${MAX_STEAL_PERCENT} %)`;
        }
      }
      const change = now / (usual ?? Math.min(...noise.spinNs)) - 1;
      return change > MAX_SPIN_CHANGE
        ? `the control loop ran ${(100 * change).toFixed(0)} % slower than usual (more than ${100 * MAX_SPIN_CHANGE} %)`
        : undefined;
    },
  };
};
