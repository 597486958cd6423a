/**
 * The tables of docs/example-run.md from docs/examples/standard.json: what of a run they show.
 * `node scripts/example-run.ts results/RUN` keeps a run as that file.
 */
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { median } from "simple-statistics";
import * as z from "zod";
import type { MetricId, Unit } from "../src/domain/units.ts";
import type { RecordLine } from "../src/domain/record.ts";
import { METRICS } from "../src/domain/units.ts";
import { readRecord } from "../src/record/reader.ts";
import type { From } from "../src/domain/schema.ts";
import {
  figureOf,
  formatCount,
  formatFigure,
  formatRange,
  MISSING,
  type Scale,
} from "../src/report/format.ts";
import { EstimateJson, LedgerRowJson, SummaryJson } from "../src/report/summary-json.ts";
import { table } from "./agent-pages/table.ts";
import { readChecked } from "./read-checked.ts";

const ROOT = resolve(import.meta.dirname, "..");
const FILE = "docs/examples/standard.json";
const SCENARIOS = ["process-exec", "file-open", "network-connect"] as const;

const MICROSECONDS: Scale = { name: "", size: 1000 };
const AS_IT_IS: Scale = { name: "", size: 1 };
const COLUMNS: readonly { readonly metric: MetricId; readonly title: string; readonly scale: Scale }[] = [
  { metric: "system-cpu", title: "node CPU for a delivered event, above baseline, us", scale: MICROSECONDS },
  { metric: "agent-cpu", title: "agent's own CPU, us/op", scale: MICROSECONDS },
  { metric: "agent-memory-total", title: "memory, MiB", scale: AS_IT_IS },
  { metric: "output-volume", title: "output, bytes/op", scale: AS_IT_IS },
];

const ExampleRun = z.strictObject({
  run: z.string(),
  on: z.iso.date(),
  versions: z.record(z.string(), z.string()),
  estimates: z.array(EstimateJson),
  ledger: z.array(LedgerRowJson),
  /** Milliseconds of each start, by agent. */
  ready: z.record(z.string(), z.array(z.number()).min(1)),
});
type ExampleRun = From<typeof ExampleRun>;

/** @throws Error where the run lacks one of the scenarios */
const exampleOf = (
  { run, agents, estimates, ledger }: SummaryJson,
  lines: readonly RecordLine[],
): ExampleRun => {
  const sensors = agents.filter(({ role, status }) => role === "sensor" && status === "measured");
  const ids = new Set(sensors.map(({ id }) => id));
  const isShown = (of: { agent: string; scenario: string; load: string; placement: string }): boolean =>
    ids.has(of.agent) &&
    SCENARIOS.some((scenario) => scenario === of.scenario) &&
    of.load === "closed" &&
    of.placement === "pinned";
  const example = {
    run: run.id,
    on: run.startedAt.slice(0, 10),
    versions: Object.fromEntries(sensors.map(({ id, version }) => [id, version ?? "unknown"])),
    estimates: estimates.filter((one) => isShown(one) && COLUMNS.some(({ metric }) => metric === one.metric)),
    ledger: ledger.filter(isShown),
    ready: Object.fromEntries(
      sensors.map(({ id }) => [
        id,
        lines.flatMap((line) =>
          line.type === "turn" && line.agent === id && line.outcome.kind === "started"
            ? [line.outcome.readyMs]
            : [],
        ),
      ]),
    ),
  };
  for (const scenario of SCENARIOS)
    if (!example.ledger.some((row) => row.scenario === scenario))
      throw new Error(
        `run ${run.id} has no closed, pinned loop of ${scenario}: measure with --profile standard`,
      );
  return example;
};

export const readExampleRun = async (root: string): Promise<ExampleRun> =>
  await readChecked(join(root, FILE), ExampleRun);

const cell = (estimate: EstimateJson | undefined, scale: Scale): string => {
  if (estimate === undefined) return MISSING;
  const { value, range } = figureOf(estimate.absolute, unitOf(estimate.metric), { scale });
  return formatFigure({ value, range, unit: "" });
};

const unitOf = (metric: MetricId): Unit => METRICS[metric].unit;

const scenarioTable = ({ estimates, ledger }: ExampleRun, scenario: string): string =>
  table(
    ["agent", "operations", "delivered", "declared lost", "silent", ...COLUMNS.map(({ title }) => title)],
    ledger
      .filter((row) => row.scenario === scenario)
      .toSorted((a, b) => a.agent.localeCompare(b.agent))
      .map(({ agent, operations, delivered, declaredLost, silentLost }) => [
        `\`${agent}\``,
        formatCount(operations),
        formatCount(delivered),
        declaredLost === null ? MISSING : formatRange(declaredLost),
        silentLost === null ? MISSING : formatRange(silentLost),
        ...COLUMNS.map(({ metric, scale }) =>
          cell(
            estimates.find(
              (one) => one.agent === agent && one.scenario === scenario && one.metric === metric,
            ),
            scale,
          ),
        ),
      ]),
  );

const readyTable = ({ ready }: ExampleRun): string =>
  table(
    ["agent", "starts", "median, ms", "from", "to"],
    Object.entries(ready)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([agent, times]) => [
        `\`${agent}\``,
        ...[times.length, median(times), Math.min(...times), Math.max(...times)].map((each) =>
          formatCount(Math.round(each)),
        ),
      ]),
  );

/** By what they show. */
export const exampleTables = (example: ExampleRun): ReadonlyMap<string, string> =>
  new Map([
    ...SCENARIOS.map((scenario): [string, string] => [scenario, scenarioTable(example, scenario)]),
    ["ready", readyTable(example)],
  ]);

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error("usage: node scripts/example-run.ts results/RUN");
  const { lines } = await readRecord(join(folder, "record.jsonl"));
  const example = exampleOf(await readChecked(join(folder, "summary.json"), SummaryJson), lines);
  await writeFile(join(ROOT, FILE), `${JSON.stringify(example, null, 2)}\n`);
}
