/**
 * Colours as names of CSS variables, so that one drawing serves light and dark pages and paper. Every mark is also labelled: colour is
 * never the only carrier.
 */
import { BASELINE, isCalibration } from "../../domain/plan.ts";
import type { Summary } from "../../domain/verdict.ts";

/** Agents' colours in `page/style.css`: `--agent-0` and so on. */
export const HUES = 7;

export const BASELINE_COLOUR = "var(--baseline)";

/** Among those measured: an agent that was skipped has nothing to colour. */
const position = (summary: Summary, agent: string): number =>
  summary.agents
    .filter(({ id, status }) => id !== BASELINE && !isCalibration(id) && status === "measured")
    .findIndex(({ id }) => id === agent);

/** The colour of an agent, the same in every chart and table of a report. */
export const colourOf = (summary: Summary, agent: string): string => {
  const index = position(summary, agent);
  return agent === BASELINE || index < 0 ? BASELINE_COLOUR : `var(--agent-${index % HUES})`;
};

/** Agents beyond the number of hues share one; a dash pattern tells their lines apart. */
export const dashOf = (summary: Summary, agent: string): readonly number[] => {
  if (agent === BASELINE) return [2, 3];
  return position(summary, agent) < HUES ? [1, 0] : [7, 3];
};
