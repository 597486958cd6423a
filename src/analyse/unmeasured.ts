/** Budgets that nothing answers: what was asked for and not measured is a verdict of its own, or a run that judged nothing would look good. */
import { ALL_OPERATIONS } from "../domain/condition.ts";
import type { Budget } from "../domain/plan.ts";
import type { Reason } from "../domain/reason.ts";
import type { AgentStatus, Header } from "../domain/run-header.ts";
import { type Verdict, invalid } from "../domain/verdict.ts";

/** `judged`: the verdicts that there are. Budgets that tare brings along are asked only of what the run was to measure. */
export const unmeasuredVerdicts = (
  { plan, agents }: Pick<Header, "plan" | "agents">,
  judged: readonly Verdict[],
): readonly Verdict[] => {
  const planned = (budget: Budget): boolean =>
    budget.scenario === "*" || plan.scenarios.includes(budget.scenario);
  const tested = agents.filter(({ role }) => role === "sensor" || role === "attached");
  const verdictOf = (agent: AgentStatus, budget: Budget, reason: Reason): Verdict => ({
    agent: agent.id,
    scenario: budget.scenario,
    operation: ALL_OPERATIONS,
    load: "*",
    placement: plan.blocks[0]?.turns[0]?.trials[0]?.placement ?? "pinned",
    metric: budget.metric,
    budget: budget.limit,
    ...invalid(reason),
  });
  const declared = plan.budgetDeclared === true;
  return plan.budgets.flatMap((budget): readonly Verdict[] => {
    if (!declared && !planned(budget)) return [];
    const answered = judged.some((verdict) => answers(verdict, budget));
    return tested.flatMap((agent): readonly Verdict[] => {
      if (agent.status === "skipped") {
        const asked = agent.named === true || plan.agents.includes(agent.id);
        const why = { kind: "skipped", reason: agent.reason ?? "" } as const;
        return asked ? [verdictOf(agent, budget, { kind: "unmeasured", what: "agent", why })] : [];
      }
      if (answered || !declared) return [];
      const what = planned(budget) ? "metric" : "scenario";
      return [verdictOf(agent, budget, { kind: "unmeasured", what, why: null })];
    });
  });
};

const answers = (verdict: Verdict, { scenario, metric, limit }: Budget): boolean =>
  verdict.metric === metric &&
  (scenario === "*" || verdict.scenario === scenario) &&
  JSON.stringify(verdict.budget) === JSON.stringify(limit);
