/** Records of runs with calibration agents whose known answers the test chooses. */
import type { Injected } from "../../../src/domain/agent.ts";
import type { RecordLine } from "../../../src/domain/record.ts";
import { missing, value } from "../../../src/domain/units.ts";
import type { EffectiveRecord } from "../../../src/analyse/effective-record.ts";
import { effectiveRecord, isMeasured } from "../../../src/analyse/effective-record.ts";
import type { AllCollected } from "../../../src/analyse/collect.ts";
import { collect } from "../../../src/analyse/collect.ts";
import { buildRecord } from "./record-builder.ts";
import type { RunSpec, Slot } from "./record-builder.ts";

export const DOSES = [0, 500, 2000] as const;
const DOSE_AGENTS = DOSES.map((dose) => `calibration-cost@${dose}`);

export const nothingInjected: Injected = {
  operations: 310,
  workloadNs: 0,
  agentNs: 0,
  discarded: 0,
  mapBytes: 0,
};

/** What the agent of a slot burned for each operation: its dose and a little for the clock that it reads. */
const burnedIn = ({ agent, block }: Slot): number =>
  agent.startsWith("calibration-cost@") ? Number(agent.split("@")[1]) + 40 + (block % 3) : 0;

/** A run in which `slope` times what was burned lands in the workload's CPU time, `intercept` on top, and noise. */
export const calibratedRun = (
  choices: {
    readonly slope: number;
    readonly intercept?: number;
    readonly noise?: (slot: Slot) => number;
    readonly told?: boolean;
  } & Partial<RunSpec>,
): readonly RecordLine[] => {
  const { slope, intercept = 200, noise = () => 0, told = true, ...spec } = choices;
  const isDose = ({ agent }: Slot): boolean => agent.startsWith("calibration-cost@");
  return buildRecord({
    blocks: 12,
    agents: [...DOSE_AGENTS, "falco"],
    cpuNs: (slot) => 5000 + noise(slot) + (isDose(slot) ? intercept + slope * burnedIn(slot) : 0),
    outcome: (slot, usual) =>
      isDose(slot)
        ? {
            ...usual,
            injected: told
              ? value({ ...nothingInjected, workloadNs: nothingInjected.operations * burnedIn(slot) })
              : missing("it did not answer"),
          }
        : usual,
    ...spec,
  });
};

export interface Prepared {
  readonly record: EffectiveRecord;
  readonly collected: AllCollected;
}

/** The steps before the self-checks. */
export const prepare = (lines: readonly RecordLine[]): Prepared => {
  const record = effectiveRecord(lines);
  return {
    record,
    collected: collect(record.trials.filter(isMeasured)),
  };
};
