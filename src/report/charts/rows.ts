/** What charts of one row an agent share: the labels at the left and the line at zero. */
import { singleLine } from "../width.ts";

export interface AgentRow {
  readonly agent: string;
  readonly title: string;
  /** Second line of the label, such as "n = 12". */
  readonly note: string;
}

/** Height of a line of the label; Vega centres the first of the two, so they are moved up by half of it. */
const LABEL_LINE = 15;

/** Two lines: Vega breaks a label where its text is an array. The title is foreign text and must not break it again. */
export const rowName = ({ title, note }: AgentRow): string => `${singleLine(title)}\n${note}`;

export const rowAxis = (rows: readonly AgentRow[]) =>
  ({
    field: "row",
    type: "nominal",
    scale: { domain: rows.map(rowName) },
    axis: {
      title: null,
      labelExpr: String.raw`split(datum.value, '\n')`,
      labelLineHeight: LABEL_LINE,
      labelOffset: -LABEL_LINE / 2,
    },
  }) as const;

export const ZERO_LINE = {
  data: { values: [{}] },
  mark: { type: "rule", stroke: "var(--ink)", strokeWidth: 1 },
  encoding: { x: { datum: 0 }, y: { value: 0 }, y2: { value: "height" } },
} as const;
