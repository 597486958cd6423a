/**
 * How an agent looks in every chart and table: a hue, the shape of its marks, and the dashes of its lines. Hues are names of CSS variables, so
 * that one drawing serves light and dark pages and paper. Every mark is also labelled: how it looks is never the only carrier.
 */
import type { RunView } from "../../domain/run-view.ts";

/** Agents' colours in `page/style.css`: `--agent-0` and so on. */
export const HUES = 7;

const SHAPES = ["circle", "triangle-up", "diamond", "square"] as const;
export type Shape = (typeof SHAPES)[number];

export type Dash = readonly number[];
const DASHES: readonly Dash[] = [
  [1, 0],
  [8, 3],
  [8, 3, 2, 3],
  [4, 4],
];

export interface Look {
  readonly colour: string;
  readonly shape: Shape;
  readonly dash: Dash;
}

export const BASELINE_LOOK: Look = { colour: "var(--baseline)", shape: "circle", dash: [2, 3] };

export type Agents = Pick<RunView, "agents">;

/** Among those measured: an agent that was skipped has nothing to colour. The baseline and calibration agents have none. */
const position = ({ agents }: Agents, agent: string): number =>
  agents
    .filter(({ role, status }) => role !== "baseline" && role !== "calibration" && status === "measured")
    .findIndex(({ id }) => id === agent);

/** Seven hues and four shapes come together again after 28 agents. Of twelve, those of one shape have hues far apart (test/report/palette.test.ts). */
export const lookOf = (agents: Agents, agent: string): Look => {
  const index = position(agents, agent);
  const turn = index % SHAPES.length;
  return index < 0
    ? BASELINE_LOOK
    : {
        colour: `var(--agent-${index % HUES})`,
        shape: SHAPES[turn] ?? SHAPES[0],
        dash: DASHES[turn] ?? BASELINE_LOOK.dash,
      };
};
