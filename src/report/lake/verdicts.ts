/** One row a budget check. */
import type { Verdict } from "../../domain/verdict.ts";
import { reasonText } from "../words/reasons.ts";
import { AT_TRIAL, figure, maybeCount, text } from "./columns.ts";
import { defineTable } from "./table.ts";

const limitOf = ({ budget }: Verdict): number => {
  switch (budget.kind) {
    case "percent":
      return budget.percent;
    case "absolute":
      return budget.value;
  }
};

export const verdicts = defineTable({
  name: "verdicts",
  summary: "one row a budget check: within, over or undecided, and why",
  columns: {
    ...AT_TRIAL,
    operation: text("Operation of the workload; *: of all"),
    metric: text("What is limited, or loss"),
    limit_kind: text(
      "percent (above baseline; of a loss: of the operations), or absolute (in the metric's unit)",
    ),
    limit_value: figure("The limit"),
    verdict: text("within, over, no-detectable-cost, inconclusive or invalid"),
    why: text("What it rests on"),
    blocks_needed: maybeCount("Blocks that would decide it; none: it is decided, or that cannot be told"),
  },
  rows: ({ view }) =>
    view.verdicts.map((verdict) => ({
      key: [
        verdict.agent,
        verdict.scenario,
        verdict.operation,
        verdict.load,
        verdict.placement,
        verdict.metric,
        verdict.budget.kind,
        limitOf(verdict),
      ],
      cells: {
        agent: verdict.agent,
        scenario: verdict.scenario,
        load: verdict.load,
        placement: verdict.placement,
        operation: verdict.operation,
        metric: verdict.metric,
        limit_kind: verdict.budget.kind,
        limit_value: limitOf(verdict),
        verdict: verdict.kind,
        why: reasonText(verdict),
        blocks_needed: verdict.blocksNeeded,
      },
    })),
});
