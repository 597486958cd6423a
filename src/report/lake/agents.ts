/** One row an agent of a run: whether it was measured, and what may be said of it. */
import { whyText } from "../words/decision.ts";
import { count, maybeFigure, maybeText, text } from "./columns.ts";
import { defineTable } from "./table.ts";

export const agents = defineTable({
  name: "agents",
  summary: "one row an agent of a run: its version, and the answer to whether it may be rolled out",
  columns: {
    agent: text("Agent's id"),
    role: text("sensor, baseline or calibration"),
    status: text("measured or skipped"),
    agent_version: maybeText("What the agent said of its version"),
    skipped_because: maybeText("Why it was skipped"),
    observes: text("Families of events that it observes, with commas"),
    trials_measured: count("Trials of it with a result"),
    answer: maybeText("within, over or not-known; none: it is not asked"),
    why: maybeText("What the answer rests on"),
    budget_used_share: maybeFigure("The largest share of a budget that a cost takes, 1 is all of it"),
  },
  rows: ({ view }) =>
    view.agents.map((agent) => {
      const decision = view.decisions.agents.find((one) => one.agent === agent.id);
      return {
        key: [agent.id],
        cells: {
          agent: agent.id,
          role: agent.role,
          status: agent.status,
          agent_version: agent.version,
          skipped_because: agent.reason,
          observes: agent.observes.join(","),
          trials_measured: agent.measuredTrials,
          answer: decision?.answer ?? null,
          why: decision?.why.map((why) => whyText(agent.id, why)).join("; ") ?? null,
          budget_used_share: decision?.budgetUsed ?? null,
        },
      };
    }),
});
