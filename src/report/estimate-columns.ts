/** An estimate as a flat row: the columns that every tabular export shares, unrounded, a missing figure as null. */
import type { RunView } from "../domain/run-view.ts";
import type { Estimate } from "../domain/verdict.ts";
import { coverageText } from "./view/coverage.ts";
import { noteText } from "./words/notes.ts";

export type Cell = string | number | boolean | null;

/** Types as BigQuery's schema files name them (https://cloud.google.com/bigquery/docs/schemas). */
export type ColumnType = "STRING" | "FLOAT" | "INTEGER" | "BOOLEAN" | "TIMESTAMP";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Whether a row may leave it out. */
  readonly nullable: boolean;
  readonly description: string;
  readonly cell: (estimate: Estimate, view: RunView) => Cell;
}

const always = (name: string, type: ColumnType, description: string, cell: Column["cell"]): Column => ({
  name,
  type,
  nullable: false,
  description,
  cell,
});

const sometimes = (name: string, type: ColumnType, description: string, cell: Column["cell"]): Column => ({
  name,
  type,
  nullable: true,
  description,
  cell,
});

export const ESTIMATE_COLUMNS: readonly Column[] = [
  always("run", "STRING", "Id of the run", (_, { run }) => run.id),
  always("started_at", "TIMESTAMP", "When the run began, UTC", (_, { run }) => run.startedAt),
  always("method", "STRING", "Version of the method: never mix two", (_, { run }) => run.method),
  always("tool", "STRING", "Version of tare", (_, { run }) => run.tool),
  always("hostname", "STRING", "Node that was measured", (_, { host }) => host.hostname),
  always("arch", "STRING", "Its architecture", (_, { host }) => host.arch),
  always("kernel", "STRING", "Its kernel", (_, { host }) => host.kernel),
  always("cpu_model", "STRING", "Its CPU", (_, { host }) => host.cpuModel),
  always("emulated", "BOOLEAN", "True: the figures are functional only", (_, { host }) => host.emulated),
  always("agent", "STRING", "Agent's id", ({ agent }) => agent),
  sometimes(
    "agent_version",
    "STRING",
    "What the agent said of its version",
    ({ agent }, { agents }) => agents.find(({ id }) => id === agent)?.version ?? null,
  ),
  always("scenario", "STRING", "Workload", ({ scenario }) => scenario),
  always("operation", "STRING", "Operation of the workload", ({ operation }) => operation),
  always("load", "STRING", "closed, or open@rate", ({ load }) => load),
  always("placement", "STRING", "pinned or free", ({ placement }) => placement),
  always("metric", "STRING", "What was measured", ({ metric }) => metric),
  always("unit", "STRING", "Unit of every figure of this row but ratios", ({ unit }) => unit),
  always("absolute", "FLOAT", "Cost above baseline, or the level itself", ({ absolute }) => absolute.value),
  sometimes("absolute_low", "FLOAT", "Lower end of its interval", ({ absolute }) => absolute.low),
  sometimes("absolute_high", "FLOAT", "Upper end of its interval", ({ absolute }) => absolute.high),
  sometimes("ratio", "FLOAT", "Agent over baseline, 1 is no difference", ({ ratio }) => ratio?.value ?? null),
  sometimes("ratio_low", "FLOAT", "Lower end of its interval", ({ ratio }) => ratio?.low ?? null),
  sometimes("ratio_high", "FLOAT", "Upper end of its interval", ({ ratio }) => ratio?.high ?? null),
  always("confidence", "FLOAT", "Confidence of the intervals, 0 to 1", ({ level }) => level),
  always("blocks", "INTEGER", "Blocks that the estimate rests on", ({ blocks }) => blocks),
  sometimes("baseline", "FLOAT", "Median of the baseline", ({ baseline }) => baseline),
  always("hodges_lehmann", "FLOAT", "Hodges-Lehmann estimate", ({ hodgesLehmann }) => hodgesLehmann),
  sometimes(
    "minimal_detectable",
    "FLOAT",
    "Smallest cost found with 80 % power",
    ({ minimalDetectable }) => minimalDetectable,
  ),
  sometimes("t_low", "FLOAT", "Lower end of the t interval", ({ tInterval }) => tInterval?.low ?? null),
  sometimes("t_high", "FLOAT", "Upper end of the t interval", ({ tInterval }) => tInterval?.high ?? null),
  sometimes(
    "absolute_upper_95",
    "FLOAT",
    "One-sided upper 95 % bound",
    ({ bounds }) => bounds?.absoluteUpper95 ?? null,
  ),
  sometimes(
    "absolute_lower_family_wise",
    "FLOAT",
    "Family-wise lower bound",
    ({ bounds }) => bounds?.absoluteLowerFamilyWise ?? null,
  ),
  sometimes(
    "ratio_upper_95",
    "FLOAT",
    "One-sided upper 95 % bound of the ratio",
    ({ bounds }) => bounds?.ratioUpper95 ?? null,
  ),
  sometimes(
    "ratio_lower_family_wise",
    "FLOAT",
    "Family-wise lower bound of the ratio",
    ({ bounds }) => bounds?.ratioLowerFamilyWise ?? null,
  ),
  sometimes(
    "not_observed",
    "STRING",
    "What the agent does not see of this workload's events by design",
    ({ agent, scenario }, { coverage }) => {
      const gap = coverage.find((one) => one.agent === agent && one.scenario === scenario);
      return gap === undefined ? null : coverageText(gap);
    },
  ),
  always("notes", "STRING", "What a reader must know first", ({ notes }) => notes.map(noteText).join("; ")),
];
