/** Plans of a benchmark's own: the lines go into memory and not into a record, so there is no header among them. */
import { type BlockSeries, collect } from "../../src/analyse/collect.ts";
import { isMeasured, type MeasuredTrial } from "../../src/analyse/effective-record.ts";
import { type Contrast, pairBlocks } from "../../src/analyse/pair.ts";
import type { Agent } from "../../src/domain/agent.ts";
import type { Plan } from "../../src/domain/plan.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import type { Scenario } from "../../src/domain/scenario.ts";
import type { MetricId } from "../../src/domain/units.ts";
import { buildPlan, type PlanRequest } from "../../src/plan/build-plan.ts";
import { PROFILES } from "../../src/plan/profiles.ts";
import { readNodeState } from "../../src/observe/node-state.ts";
import { measure } from "../../src/session/measure.ts";
import type { Session } from "../../src/session/session.ts";
import { inOrder } from "./shared.ts";

/** So many blocks, judged by no budget. */
export const fixedPlan = (
  request: Pick<PlanRequest, "seed" | "agents" | "scenarios" | "blocks" | "timeBudgetSeconds">,
): Plan =>
  buildPlan({
    ...request,
    profile: PROFILES.quick,
    filesOn: "disk",
    stop: "fixed",
    budgets: [],
    budgetSource: "none",
  });

export const measuredLines = async (
  session: Session,
  plan: Plan,
  agents: ReadonlyMap<string, Agent>,
  scenarios: ReadonlyMap<string, Scenario>,
): Promise<readonly RecordLine[]> => {
  const lines: RecordLine[] = [];
  const append = (line: RecordLine): Promise<void> => {
    lines.push(line);
    return Promise.resolve();
  };
  const quiet = { ...session, tell: () => undefined };
  const before = await readNodeState(session.host);
  await inOrder((signal) =>
    measure(quiet, { plan, agents, scenarios, before, recorded: [], append }, signal),
  );
  return lines;
};

export const measuredTrials = (lines: readonly RecordLine[]): readonly MeasuredTrial[] =>
  lines
    .filter((line) => line.type === "trial")
    .filter(isMeasured)
    .filter(({ rejected }) => rejected === null);

/** What an agent adds to one metric of one scenario, which has one load and one operation here. */
export const addedBy = (
  trials: readonly MeasuredTrial[],
  at: { readonly agent: string; readonly scenario: string; readonly metric: MetricId },
  blocks: readonly number[],
): Contrast => {
  const seriesOf = (agent: string, baseline: 1 | 2 | null): BlockSeries =>
    [...collect(trials).values()].find(
      ({ key, metric, baseline: which }) =>
        metric === at.metric && key.agent === agent && key.scenario === at.scenario && which === baseline,
    )?.series ?? new Map<number, number>();
  const references = ([1, 2] as const).map((number) => seriesOf("baseline", number));
  return pairBlocks(seriesOf(at.agent, null), references, blocks);
};
