/**
 * Colours as names of CSS variables, so that one drawing serves light and dark pages and paper. Every mark is also labelled: colour is
 * never the only carrier.
 */
import type { RunView } from "../../domain/run-view.ts";

/** Agents' colours in `page/style.css`: `--agent-0` and so on. */
export const HUES = 7;

export const BASELINE_COLOUR = "var(--baseline)";

export type Agents = Pick<RunView, "agents">;

/** Among those measured: an agent that was skipped has nothing to colour. The baseline and calibration agents have none. */
const position = ({ agents }: Agents, agent: string): number =>
  agents
    .filter(({ role, status }) => role !== "baseline" && role !== "calibration" && status === "measured")
    .findIndex(({ id }) => id === agent);

export const colourOf = (agents: Agents, agent: string): string => {
  const index = position(agents, agent);
  return index < 0 ? BASELINE_COLOUR : `var(--agent-${index % HUES})`;
};

/** Agents beyond the number of hues share one; a dash pattern tells their lines apart. */
export const dashOf = (agents: Agents, agent: string): readonly number[] => {
  const index = position(agents, agent);
  if (index < 0) return [2, 3];
  return index < HUES ? [1, 0] : [7, 3];
};
