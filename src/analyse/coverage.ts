/** What an agent does not see by design. It is told apart from loss: nothing was promised, so nothing went missing. */
import { groupsBy } from "./groups.ts";
import type { CountedLosses } from "../domain/agent.ts";
import { keyOf } from "../domain/condition.ts";
import { BASELINE, type Plan, trialsIn } from "../domain/plan.ts";
import type { AgentStatus } from "../domain/run-header.ts";
import type { TechniqueReading } from "../domain/trial-outcome.ts";
import { known } from "../domain/units.ts";
import type { CoverageGap, PartlySeen, TechniqueCoverage } from "../domain/verdict.ts";
import type { ObservedTrial } from "./effective-record.ts";
import {
  type Counted,
  type CountedGroup,
  blindnessOf,
  counterOf,
  countedGroups,
  declaredIn,
  total,
} from "./ledger.ts";

export const coverageGaps = (
  plan: Plan,
  agents: readonly Pick<AgentStatus, "id" | "blindTo" | "lossCounter">[],
  trials: readonly ObservedTrial[],
): readonly CoverageGap[] => {
  const gaps = [...trials.flatMap(unobserved), ...notRun(plan), ...partlySeen(agents, trials)];
  return groupsBy(gaps, ({ agent, scenario }) => keyOf({ agent, scenario })).map(([first]) => first);
};

/** A scenario that raises no event is no agent's gap, and the baseline observes nothing. */
const unobserved = ({ agent, scenario, outcome: { ledger } }: ObservedTrial): readonly CoverageGap[] => {
  if (agent === BASELINE || ledger.kind !== "not-observed") return [];
  switch (ledger.cause) {
    case "no-events":
    case "cut":
      return [];
    case "by-design":
    case "not-counted":
      return [{ agent, scenario, reason: { kind: ledger.cause, text: ledger.why } }];
  }
};

/** The plan leaves out only what an agent does not observe, so a scenario without a trial of its own is a gap as well. */
const notRun = (plan: Plan): readonly CoverageGap[] => {
  const planned = new Set(trialsIn(plan).map(({ agent, scenario }) => keyOf({ agent, scenario })));
  const isPlanned = (agent: string, scenario: string): boolean => planned.has(keyOf({ agent, scenario }));
  const agents = plan.blocks.flatMap(({ turns }) => turns.map(({ agent }) => agent));
  return [...new Set(agents)].flatMap((agent) =>
    plan.scenarios
      .filter((scenario) => isPlanned(BASELINE, scenario) && !isPlanned(agent, scenario))
      .map((scenario): CoverageGap => ({ agent, scenario, reason: { kind: "not-run", agent } })),
  );
};

/** Counted although not every event can be seen: one gap for each agent and scenario, with what was delivered. */
const partlySeen = (
  agents: readonly Pick<AgentStatus, "id" | "blindTo" | "lossCounter">[],
  trials: readonly ObservedTrial[],
): readonly CoverageGap[] =>
  groupsBy(countedGroups(trials), ({ at: { agent, scenario } }) => keyOf({ agent, scenario })).flatMap(
    (groups): readonly CoverageGap[] => {
      const { agent, scenario } = groups[0].at;
      const blindness = blindnessOf(agents, agent, scenario);
      return blindness === undefined
        ? []
        : [
            {
              agent,
              scenario,
              reason: { kind: "partly", text: blindness.why },
              seen: groups.map((group) => seenIn(group, counterOf(agents, agent))),
            },
          ];
    },
  );

const seenIn = (
  { at: { load, placement }, readings, trials }: CountedGroup,
  counter: CountedLosses | undefined,
): PartlySeen => {
  const operations = total(readings, (reading) => reading.operations);
  const delivered = total(readings, (reading) => reading.delivered);
  const declaredLost = declaredIn(trials, counter);
  return {
    load,
    placement,
    trials: readings.length,
    operations,
    delivered,
    declaredLost,
    notAttributable: Math.max(0, operations - delivered - (declaredLost?.low ?? 0)),
  };
};

export const techniqueCoverage = (trials: readonly ObservedTrial[]): readonly TechniqueCoverage[] =>
  countedGroups(trials).flatMap(({ at, readings }) =>
    (readings[0]?.kinds ?? []).map(({ kind }) => ({ ...at, kind, ...sumOf(kind, readings) })),
  );

const sumOf = (
  kind: string,
  readings: readonly Counted[],
): Pick<TechniqueCoverage, "trials" | "operations" | "delivered"> => {
  const own = readings.flatMap(({ kinds = [] }): readonly TechniqueReading[] =>
    kinds.filter((reading) => reading.kind === kind),
  );
  const delivered = own.flatMap((reading) => known(reading.delivered) ?? []);
  return {
    trials: own.length,
    operations: total(own, ({ operations }) => operations),
    // By design it is all trials of an agent or none.
    delivered: delivered.length < own.length ? null : total(delivered, (count) => count),
  };
};
