/**
 * A forecast of how long a plan takes, before anything has been measured. Rough by nature: a closed loop takes as long as the node
 * needs. The live view replaces it by what was measured as soon as the first block is done.
 */
import { BASELINE, OVERFLOW_SECONDS, type Plan, trialsIn } from "../domain/plan.ts";
import { operationsOf, type Load, type Size } from "../domain/scenario.ts";

/** Seconds that a closed trial of this size takes on the machine tare was written on, with start and drain. */
const CLOSED_TRIAL_SECONDS: Readonly<Record<Size, number>> = { small: 0.55, medium: 0.8, large: 4 };
const DRAIN_SECONDS = 0.4;
/** Start, readiness, settle and stop of an agent; a compiling one takes longer. */
const AGENT_TURN_SECONDS = 1.6;
const BASELINE_TURN_SECONDS = 0.2;

export const forecastSeconds = (plan: Plan, size: Size): number => {
  const agents = plan.blocks.flatMap(({ turns }) => turns.map(({ agent }) => agent));
  const all = [
    ...agents.map((agent) => (agent === BASELINE ? BASELINE_TURN_SECONDS : AGENT_TURN_SECONDS)),
    ...trialsIn(plan).map(({ load }) => trialSeconds(load, size)),
    (plan.overflow?.length ?? 0) * OVERFLOW_SECONDS,
  ].reduce((sum, seconds) => sum + seconds, 0);
  return plan.timeBudgetSeconds === undefined ? all : Math.min(all, plan.timeBudgetSeconds);
};

const trialSeconds = (load: Load, size: Size): number => {
  switch (load.kind) {
    case "closed":
      return CLOSED_TRIAL_SECONDS[size];
    case "open":
      return operationsOf(load) / load.ratePerSecond + DRAIN_SECONDS;
  }
};
