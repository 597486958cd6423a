/**
 * Decides whether a trial was disturbed from outside and is done again in its slot. It looks at steal, at a fixed loop of user code around the
 * window, and at what processes spent that have nothing to do with the trial, or whether the node's clock could tell that: at nothing that an
 * agent's cost could move. Not at the latency, not at the CPU time, and not at wall over CPU time either, because an agent that makes the workload
 * wait raises that by what it costs. A daemon that works for an agent unknown to tare is one of the others; so these are held against what they
 * usually spend under that very agent.
 */
import { median } from "simple-statistics";
import { MAX_OTHERS_CORES, MAX_SPIN_CHANGE, MAX_STEAL_PERCENT } from "../domain/limits.ts";
import { loadName, type Load } from "../domain/scenario.ts";
import type { NodeClock, NoiseReading } from "../domain/trial-outcome.ts";
import { known } from "../domain/units.ts";

/** /proc/stat counts in ticks of 10 ms; in a short window fewer than these are no figure. */
const MIN_STEAL_NS = 30_000_000;
/** Below this many trials a median says little. */
const MIN_SPINS = 6;
/** The same of one agent's, of which a block has one a scenario. */
const MIN_OTHERS = 3;
/** Enough for a median; a run of days would keep, and sort, all of its trials. */
const MAX_KEPT = 200;

export interface JudgedTrial {
  readonly agent: string;
  readonly scenario: string;
  /** Its name; what others spend is told a window, whose length goes with it. */
  readonly load: Load;
}

export interface NoiseGate {
  /** Why the trial should be done again, worded for people; undefined when it was quiet enough. */
  judge(
    trial: JudgedTrial,
    noise: NoiseReading,
    cpu: { readonly windowNs: number; readonly clock?: NodeClock | undefined },
  ): string | undefined;
}

/** Where no cost is judged, as on an emulated CPU, a trial that is done again tells nothing more and takes as long as the first. */
export const OPEN_GATE: NoiseGate = { judge: () => undefined };

/**
 * Remembers the control loop's usual time for each scenario, since C and Node drivers have different loops.
 *
 * @param cpus those of the node, of which steal is a share, and not the few that a cpuset leaves to this process
 */
export const createNoiseGate = (cpus: number): NoiseGate => {
  const spins = createUsual(MIN_SPINS);
  const others = createUsual(MIN_OTHERS);
  /** Agents under which what others spent could be told. */
  const told = new Set<string>();
  return {
    judge: ({ agent, scenario, load }, noise, { windowNs, clock }) => {
      const usual = spins.take(scenario, Math.min(...noise.spinNs));
      const now = Math.max(...noise.spinNs);
      const cores = noise.othersCores === undefined ? undefined : known(noise.othersCores);
      const usually =
        cores === undefined ? undefined : others.take(`${agent} ${scenario} ${loadName(load)}`, cores);
      if (cores !== undefined) told.add(agent);
      // The clock that told of the trials before has counted another time than the window's: a CPU had stood still.
      if (noise.othersCores?.kind === "missing" && told.has(agent))
        return `what the node did cannot be told: ${noise.othersCores.reason}`;
      if (noise.stealPercent.kind === "value") {
        const steal = noise.stealPercent.value;
        if (steal > MAX_STEAL_PERCENT && (steal / 100) * windowNs * cpus >= MIN_STEAL_NS) {
          return `the hypervisor took ${steal.toFixed(1)} % of the CPU time (more than ${MAX_STEAL_PERCENT} %)`;
        }
      }
      // A window has a few ticks: they tell of no process that ran for a fraction of one.
      if (
        cores !== undefined &&
        usually !== undefined &&
        clock !== "ticks" &&
        cores > usually + MAX_OTHERS_CORES
      )
        return `other processes kept ${cores.toFixed(2)} CPUs busy, and usually ${usually.toFixed(2)} (more than ${MAX_OTHERS_CORES} above)`;
      const change = now / (usual ?? Math.min(...noise.spinNs)) - 1;
      return change > MAX_SPIN_CHANGE
        ? `the control loop ran ${(100 * change).toFixed(0)} % slower than usual (more than ${100 * MAX_SPIN_CHANGE} %)`
        : undefined;
    },
  };
};

/** What is usual is the median of what was taken before, by name; undefined where that is too little. */
const createUsual = (least: number) => {
  const taken = new Map<string, number[]>();
  return {
    take: (name: string, figure: number): number | undefined => {
      const before = taken.get(name) ?? [];
      taken.set(name, [...before, figure].slice(-MAX_KEPT));
      return before.length < least ? undefined : median(before);
    },
  };
};
