/** An estimate as a flat row, as every tabular export has it: unrounded, a missing figure as null. Columns stand in this order. */
import * as z from "zod";
import type { RunView } from "../domain/run-view.ts";
import type { From } from "../domain/schema.ts";
import type { Estimate } from "../domain/verdict.ts";
import { figure, maybeFigure, text } from "./lake/columns.ts";
import { coverageText } from "./view/coverage.ts";
import { noteText } from "./words/notes.ts";

export const EstimateRow = z.strictObject({
  run: text("Id of the run"),
  started_at: z.iso.datetime().describe("When the run began, UTC"),
  method: text("Version of the method: never mix two"),
  tool: text("Version of tare"),
  hostname: text("Node that was measured"),
  arch: text("Its architecture"),
  kernel: text("Its kernel"),
  cpu_model: text("Its CPU"),
  emulated: z.boolean().describe("True: the figures are functional only"),
  agent: text("Agent's id"),
  agent_version: z.string().nullable().describe("What the agent said of its version"),
  scenario: text("Workload"),
  operation: text("Operation of the workload"),
  load: text("closed, or open@rate"),
  placement: text("pinned or free"),
  metric: text("What was measured"),
  unit: text("Unit of every figure of this row but ratios"),
  absolute: figure("Cost above baseline, or the level itself"),
  absolute_low: maybeFigure("Lower end of its interval"),
  absolute_high: maybeFigure("Upper end of its interval"),
  ratio: maybeFigure("Agent over baseline, 1 is no difference"),
  ratio_low: maybeFigure("Lower end of its interval"),
  ratio_high: maybeFigure("Upper end of its interval"),
  confidence: figure("Confidence of the intervals, 0 to 1"),
  blocks: z.int().describe("Blocks that the estimate rests on"),
  baseline: maybeFigure("Median of the baseline"),
  hodges_lehmann: figure("Hodges-Lehmann estimate"),
  minimal_detectable: maybeFigure("Smallest cost found with 80 % power"),
  standard_error: maybeFigure("Standard error of the cost"),
  degrees: maybeFigure("Degrees of freedom of its intervals"),
  bootstrap_low: maybeFigure("Lower end of the bootstrap-t interval"),
  bootstrap_high: maybeFigure("Upper end of the bootstrap-t interval"),
  absolute_upper_95: maybeFigure("One-sided upper 95 % bound"),
  ratio_upper_95: maybeFigure("One-sided upper 95 % bound of the ratio"),
  not_observed: z
    .string()
    .nullable()
    .describe("What the agent does not see of this workload's events by design"),
  notes: text("What a reader must know first"),
});
export type EstimateRow = From<typeof EstimateRow>;

export type Cell = EstimateRow[keyof EstimateRow];

export const COLUMNS = Object.keys(EstimateRow.shape) as readonly (keyof EstimateRow)[];

/** Of which run, and on which node: in front of every row. */
export const runCells = ({ run, host }: Pick<RunView, "run" | "host">) => ({
  run: run.id,
  started_at: run.startedAt,
  method: run.method,
  tool: run.tool,
  hostname: host.hostname,
  arch: host.arch,
  kernel: host.kernel,
  cpu_model: host.cpuModel,
  emulated: host.emulated,
});

export const estimateRow = (estimate: Estimate, view: RunView): EstimateRow => {
  const { agents, coverage } = view;
  const { agent, scenario, absolute, ratio, bootstrap, bounds } = estimate;
  const gap = coverage.find((one) => one.agent === agent && one.scenario === scenario);
  return {
    ...runCells(view),
    agent,
    agent_version: agents.find(({ id }) => id === agent)?.version ?? null,
    scenario,
    operation: estimate.operation,
    load: estimate.load,
    placement: estimate.placement,
    metric: estimate.metric,
    unit: estimate.unit,
    absolute: absolute.value,
    absolute_low: absolute.low,
    absolute_high: absolute.high,
    ratio: ratio?.value ?? null,
    ratio_low: ratio?.low ?? null,
    ratio_high: ratio?.high ?? null,
    confidence: estimate.level,
    blocks: estimate.blocks,
    baseline: estimate.baseline,
    hodges_lehmann: estimate.hodgesLehmann,
    minimal_detectable: estimate.minimalDetectable,
    standard_error: estimate.standardError,
    degrees: estimate.degrees,
    bootstrap_low: bootstrap?.low ?? null,
    bootstrap_high: bootstrap?.high ?? null,
    absolute_upper_95: bounds?.absoluteUpper95 ?? null,
    ratio_upper_95: bounds?.ratioUpper95 ?? null,
    not_observed: gap === undefined ? null : coverageText(gap),
    notes: estimate.notes.map(noteText).join("; "),
  };
};
