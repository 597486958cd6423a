/** What a run is going to do, in words, before it does it. */
import type { Agent } from "../domain/agent.ts";
import type { Plan } from "../domain/plan.ts";
import type { AgentStatus } from "../domain/record.ts";
import { countTrials } from "../plan/build-plan.ts";
import type { CliContext } from "./context.ts";
import { clock } from "./live-view.ts";

const saySkipped = (context: CliContext, statuses: readonly AgentStatus[]): void => {
  for (const status of statuses.filter(({ status }) => status === "skipped")) {
    context.screen.info(`skipped ${status.id}: ${status.reason ?? ""}. ${status.hint ?? ""}`);
  }
};

export const sayLeftOut = (context: CliContext, agents: readonly Pick<Agent, "id">[]): void => {
  if (agents.length === 0) return;
  const names = agents.map(({ id }) => id).join(", ");
  context.screen.info(`left out unless named with --agents: ${names}; \`tare agents\` says why`);
};

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** For `--dry-run`. */
export const sayPlan = (
  context: CliContext,
  plan: Plan,
  statuses: readonly AgentStatus[],
  forecast: number,
  json: boolean,
): void => {
  if (json) {
    context.screen.result(
      `${JSON.stringify({ plan, agents: statuses, forecastSeconds: Math.round(forecast) }, null, 2)}\n`,
    );
    return;
  }
  saySkipped(context, statuses);
  context.screen.result(
    [
      `profile    ${plan.profile}`,
      `agents     ${plan.agents.join(", ")}`,
      `scenarios  ${plan.scenarios.join(", ")}`,
      `seed       ${plan.seed}`,
      `budgets    ${plan.budgetSource}`,
      `blocks     at most ${plan.blocks.length}, ${countTrials(plan)} trials`,
      ...(plan.overflow === undefined
        ? []
        : [
            `overflow   ${counted(plan.overflow.length, "time")} forced, after the blocks (docs/backpressure.md)`,
          ]),
      `time       about ${clock(forecast * 1000)} (minutes:seconds)`,
      "",
      ...plan.blocks
        .slice(0, 2)
        .flatMap((block) => [
          `block ${block.index + 1}`,
          ...block.turns.map(
            (turn) => `  ${turn.agent.padEnd(12)} ${turn.trials.map((trial) => trial.scenario).join(", ")}`,
          ),
        ]),
      ...(plan.blocks.length > 2 ? [`... and ${plan.blocks.length - 2} more blocks in other orders`] : []),
    ].join("\n"),
  );
};

export const sayStart = (
  context: CliContext,
  plan: Plan,
  statuses: readonly AgentStatus[],
  forecast: number,
): void => {
  saySkipped(context, statuses);
  if (context.host.uid !== 0) {
    context.screen.warn(
      "not root: sensors cannot be started, only the baseline workloads run. Use `sudo npm run bench`.",
    );
  }
  context.screen.info(
    `measuring ${plan.agents.join(", ")} on ${plan.scenarios.join(", ")}: at most ${counted(plan.blocks.length, "block")}, about ${clock(forecast * 1000)}`,
  );
};
