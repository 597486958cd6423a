/** What an agent does not see by design. It is told apart from loss: nothing was promised, so nothing went missing. */
import { BASELINE } from "../domain/plan.ts";
import type { Plan } from "../domain/plan.ts";
import type { AgentStatus } from "../domain/record.ts";
import type { CoverageGap, PartlySeen } from "../domain/verdict.ts";
import type { MeasuredTrial } from "./current.ts";
import { blindnessOf, countedGroups, declaredIn, total } from "./ledger.ts";
import type { CountedGroup } from "./ledger.ts";

export const coverageGaps = (
  plan: Plan,
  agents: readonly Pick<AgentStatus, "id" | "blindTo">[],
  trials: readonly MeasuredTrial[],
): readonly CoverageGap[] => {
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
  for (const agent of new Set(plan.blocks.flatMap(({ turns }) => turns.map((turn) => turn.agent)))) {
    for (const scenario of plan.scenarios) {
      if (planned.has(nameOf(BASELINE, scenario)) && !planned.has(nameOf(agent, scenario))) {
        add({ agent, scenario, why: `${agent} does not observe its events by design and was not run on it` });
      }
    }
  }
  for (const gap of partlySeen(agents, trials)) add(gap);
  return [...gaps.values()];
};

/** Counted although not every event can be seen: one gap for each agent and scenario, with what was delivered. */
const partlySeen = (
  agents: readonly Pick<AgentStatus, "id" | "blindTo">[],
  trials: readonly MeasuredTrial[],
): readonly CoverageGap[] => {
  const gaps = new Map<string, CoverageGap & { readonly seen: PartlySeen[] }>();
  for (const group of countedGroups(trials)) {
    const { agent, scenario } = group.place;
    const why = blindnessOf(agents, agent, scenario)?.why;
    if (why === undefined) continue;
    const name = JSON.stringify([agent, scenario]);
    const gap = gaps.get(name) ?? { agent, scenario, why, seen: [] };
    gap.seen.push(seenIn(group));
    gaps.set(name, gap);
  }
  return [...gaps.values()];
};

const seenIn = ({ place, readings }: CountedGroup): PartlySeen => {
  const operations = total(readings, (reading) => reading.operations);
  const delivered = total(readings, (reading) => reading.delivered);
  const declaredLost = declaredIn(readings);
  return {
    load: place.load,
    placement: place.placement,
    trials: readings.length,
    operations,
    delivered,
    declaredLost,
    notAttributable: Math.max(0, operations - delivered - (declaredLost ?? 0)),
  };
};
