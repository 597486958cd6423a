/**
 * Colours as names of CSS variables, so that one drawing serves light and dark pages and paper.
 * Hues follow Okabe and Ito's set, which people with any kind of colour blindness can tell apart. Every mark is also labelled:
 * colour is never the only carrier.
 */
import { BASELINE, isCalibration } from "../../domain/plan.ts";
import type { Summary } from "../../domain/verdict.ts";

interface Hue {
  readonly light: string;
  readonly dark: string;
}

/** In the order in which agents get them. Dark variants are lighter, for contrast with a dark page. */
export const HUES: readonly Hue[] = [
  { light: "#0072b2", dark: "#4aa3e0" },
  { light: "#d98e00", dark: "#f0ad1f" },
  { light: "#009e73", dark: "#1fc796" },
  { light: "#c2649a", dark: "#e293be" },
  { light: "#d55e00", dark: "#f57e3c" },
  { light: "#3c9fd6", dark: "#8ed1f7" },
  { light: "#8f8200", dark: "#f0e442" },
];

export const BASELINE_COLOUR = "var(--baseline)";

/** Among those measured: an agent that was skipped has nothing to colour. */
const position = (summary: Summary, agent: string): number =>
  summary.agents
    .filter(({ id, status }) => id !== BASELINE && !isCalibration(id) && status === "measured")
    .findIndex(({ id }) => id === agent);

/** The colour of an agent, the same in every chart and table of a report. */
export const colourOf = (summary: Summary, agent: string): string => {
  const index = position(summary, agent);
  return agent === BASELINE || index < 0 ? BASELINE_COLOUR : `var(--agent-${index % HUES.length})`;
};

/** Agents beyond the number of hues share one; a dash pattern tells their lines apart. */
export const dashOf = (summary: Summary, agent: string): readonly number[] => {
  if (agent === BASELINE) return [2, 3];
  return position(summary, agent) < HUES.length ? [1, 0] : [7, 3];
};
