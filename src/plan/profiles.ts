/**
 * How much to do: four profiles, from a look at whether it works to a measurement that a rollout is decided on. Time goes to blocks first,
 * which are what intervals are made of, then to processes in a trial, which divide the variance for milliseconds each. A fifth asks what no
 * cost tells: where events begin to drop, who suffers beside it, and what an agent takes at rest.
 */
import type { ProfileId } from "../domain/plan.ts";
import type { Size, Watch } from "../domain/scenario.ts";
import { MIN_TAIL_BLOCKS } from "../domain/neighbour.ts";

export interface Profile {
  readonly id: ProfileId;
  readonly summary: string;
  readonly size: Size;
  readonly blocks: number;
  readonly timeBudgetSeconds: number;
  readonly crossFamilies: boolean;
  /** Calibration agents that are measured along with the sensors, so that the run proves itself. */
  readonly calibration: readonly string[];
  /** Whether what each sensor sees is tried as well, once (docs/coverage.md). */
  readonly triesTechniques: boolean;
  /** Scenarios that take part only when they are named. */
  readonly without: readonly string[];
  /** Every agent is put under rising load by one workload that it observes, and no cost is measured. */
  readonly underLoad?: UnderLoad;
}

interface UnderLoad {
  /** Scenarios that take part beside that without being named. */
  readonly scenarios: readonly string[];
  /** How often and how long those are watched that are. */
  readonly watch: { readonly blocks: Watch["blocks"]; readonly seconds: number };
}

/** A quarter of a block for figures that no default budget limits. */
const COSTLY = ["node-service"];

export const PROFILES: Readonly<Record<ProfileId, Profile>> = {
  smoke: {
    id: "smoke",
    summary: "does everything work here? 45 s, too few blocks for any interval; no node-service",
    size: "small",
    blocks: 2,
    timeBudgetSeconds: 45,
    crossFamilies: false,
    calibration: [],
    triesTechniques: false,
    without: COSTLY,
  },
  quick: {
    id: "quick",
    summary: "a first answer with intervals, at most 4 minutes, closed loops only; no node-service",
    size: "small",
    blocks: 30,
    timeBudgetSeconds: 235,
    crossFamilies: false,
    calibration: [],
    triesTechniques: false,
    without: COSTLY,
  },
  standard: {
    id: "standard",
    summary: "closed loops and a steady load, 15 minutes, and what each agent sees",
    size: "medium",
    blocks: 30,
    timeBudgetSeconds: 900,
    crossFamilies: false,
    calibration: [
      "calibration-nothing",
      "calibration-cost@0",
      "calibration-cost@double",
      "calibration-loss@silent-10",
    ],
    triesTechniques: true,
    without: [],
  },
  thorough: {
    id: "thorough",
    summary: "several loads, every agent on every workload, 2 hours",
    size: "large",
    blocks: 60,
    timeBudgetSeconds: 7200,
    crossFamilies: true,
    calibration: [
      "calibration-nothing",
      "calibration-cost",
      "calibration-loss",
      "calibration-cpu",
      "calibration-memory",
    ],
    triesTechniques: true,
    without: [],
  },
  load: {
    id: "load",
    summary:
      "where events begin to drop, bursts, recovery, who suffers beside it, at rest; no cost, at most 25 minutes",
    size: "small",
    blocks: MIN_TAIL_BLOCKS,
    timeBudgetSeconds: 1500,
    crossFamilies: false,
    calibration: ["calibration-rate@1000"],
    without: [],
    triesTechniques: false,
    underLoad: { scenarios: ["neighbour-exec", "at-rest"], watch: { blocks: 1, seconds: 30 } },
  },
};
