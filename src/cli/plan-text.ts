/** A plan for `--dry-run`: what a run is going to do, in words. */
import { countTrials } from "../plan/build-plan.ts";
import { formatNumberOf } from "../report/format.ts";
import type { PreparedRun } from "../session/prepare-run.ts";
import { clock } from "./live-view.ts";

/** Blocks that are written out; the others differ in their order. */
const SHOWN_BLOCKS = 2;

export const planText = ({ plan, forecastSeconds }: PreparedRun): string =>
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
          `overflow   ${formatNumberOf(plan.overflow.length, "time")} forced, after the blocks (docs/backpressure.md)`,
        ]),
    `time       about ${clock(forecastSeconds * 1000)} (minutes:seconds)`,
    "",
    ...plan.blocks
      .slice(0, SHOWN_BLOCKS)
      .flatMap((block) => [
        `block ${block.index + 1}`,
        ...block.turns.map(
          (turn) => `  ${turn.agent.padEnd(12)} ${turn.trials.map((trial) => trial.scenario).join(", ")}`,
        ),
      ]),
    ...(plan.blocks.length > SHOWN_BLOCKS
      ? [`... and ${plan.blocks.length - SHOWN_BLOCKS} more blocks in other orders`]
      : []),
  ].join("\n");

export const planJson = ({ plan, statuses, forecastSeconds }: PreparedRun): string =>
  `${JSON.stringify({ plan, agents: statuses, forecastSeconds: Math.round(forecastSeconds) }, null, 2)}\n`;
