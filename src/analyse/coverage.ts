/** What an agent does not see by design. It is told apart from loss: nothing was promised, so nothing went missing. */
import { BASELINE } from "../domain/plan.ts";
import type { Plan } from "../domain/plan.ts";
import type { CoverageGap } from "../domain/verdict.ts";
import type { MeasuredTrial } from "./current.ts";

export const coverageGaps = (plan: Plan, trials: readonly MeasuredTrial[]): readonly CoverageGap[] => {
  const nameOf = (agent: string, scenario: string): string => JSON.stringify([agent, scenario]);
  const gaps = new Map<string, CoverageGap>();
  const add = (gap: CoverageGap): void => {
    const name = nameOf(gap.agent, gap.scenario);
    if (!gaps.has(name)) gaps.set(name, gap);
  };

  // What the baseline's trial says in the same words is a property of the scenario (it raises no event), not of an agent.
  const ofScenario = new Set(
    trials.flatMap(({ agent, scenario, outcome: { ledger } }) =>
      agent === BASELINE && ledger.kind === "not-observed" ? [nameOf(ledger.why, scenario)] : [],
    ),
  );
  for (const { agent, scenario, outcome } of trials) {
    const { ledger } = outcome;
    if (agent === BASELINE || ledger.kind !== "not-observed") continue;
    if (!ofScenario.has(nameOf(ledger.why, scenario))) add({ agent, scenario, why: ledger.why });
  }

  // The plan leaves out only what an agent does not observe, so a scenario without a trial of its own is a gap as well.
  const planned = new Set(
    plan.blocks.flatMap(({ turns }) =>
      turns.flatMap((turn) => turn.trials.map((trial) => nameOf(turn.agent, trial.scenario))),
    ),
  );
  const agents = [...new Set(plan.blocks.flatMap(({ turns }) => turns.map((turn) => turn.agent)))];
  for (const agent of agents) {
    for (const scenario of plan.scenarios) {
      if (planned.has(nameOf(BASELINE, scenario)) && !planned.has(nameOf(agent, scenario))) {
        add({ agent, scenario, why: `${agent} does not observe its events by design and was not run on it` });
      }
    }
  }
  return [...gaps.values()];
};
