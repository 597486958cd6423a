/**
 * The newest run as OpenMetrics text, for a dashboard that scrapes a file (node_exporter's textfile collector, for one):
 * https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
import type { EventRange } from "../domain/agent.ts";
import type { TrialCondition } from "../domain/condition.ts";
import { METRICS, type Unit } from "../domain/units.ts";
import type { RunView } from "../domain/run-view.ts";
import type { LedgerRow, Verdict } from "../domain/verdict.ts";

/** Label values may hold any text: backslash, quote and line feed are escaped, nothing else. */
const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

type Labels = Readonly<Record<string, string>>;

const sample = (name: string, labels: Labels, value: number): string => {
  const inside = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
  return `${name}{${inside.join(",")}} ${value}\n`;
};

interface Family {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly string[];
}

/** A family without samples is left out: a missing figure has no line, least of all one that says 0. */
const render = ({ name, help, samples }: Family): string =>
  samples.length === 0 ? "" : `# TYPE ${name} gauge\n# HELP ${name} ${escaped(help)}\n${samples.join("")}`;

/** OpenMetrics wants base units: seconds, bytes, and ratios from 0 to 1. */
const BASE: Readonly<Record<Unit, { readonly suffix: string; readonly factor: number }>> = {
  "ns/op": { suffix: "seconds", factor: 1e-9 },
  ns: { suffix: "seconds", factor: 1e-9 },
  cores: { suffix: "cores", factor: 1 },
  MiB: { suffix: "bytes", factor: 2 ** 20 },
  "bytes/op": { suffix: "bytes", factor: 1 },
  instructions: { suffix: "instructions", factor: 1 },
  "instructions/op": { suffix: "instructions", factor: 1 },
};

const common = (view: RunView): Labels => ({
  node: view.host.hostname,
  arch: view.host.arch,
  emulated: String(view.host.emulated),
});

/** A metric's cost (paired) or level with the ends of its interval, each a sample told apart by `bound`. */
const estimateFamilies = (view: RunView): readonly Family[] =>
  [...new Set(view.estimates.map(({ metric }) => metric))].map((metric) => {
    const { title, unit, kind } = METRICS[metric];
    const { suffix, factor } = BASE[unit];
    const name = `tare_${metric.replaceAll("-", "_")}_${kind === "paired" ? "cost_" : ""}${suffix}`;
    const perOperation = unit.endsWith("/op") ? ", per operation" : "";
    return {
      name,
      help: `${title}${kind === "paired" ? " above the node without an agent" : ""}${perOperation}: value and the ends of its interval.`,
      samples: view.estimates
        .filter((estimate) => estimate.metric === metric)
        .flatMap(({ agent, scenario, operation, load, placement, absolute: { value, low, high } }) => {
          const labels = { ...common(view), agent, scenario, operation, load, placement };
          return Object.entries({ value, low, high }).flatMap(([bound, figure]) =>
            figure === null ? [] : [sample(name, { ...labels, bound }, figure * factor)],
          );
        }),
    };
  });

const countFamily = <T extends TrialCondition>(
  view: RunView,
  rows: readonly T[],
  name: string,
  help: string,
  count: (row: T) => number | null,
): Family => ({
  name,
  help,
  samples: rows.flatMap((row) => {
    const { agent, scenario, load, placement } = row;
    const figure = count(row);
    return figure === null
      ? []
      : [sample(name, { ...common(view), agent, scenario, load, placement }, figure)];
  }),
});

/** Two samples, told apart by `bound`, which are equal where the number is exact. */
const rangeFamily = (
  view: RunView,
  name: string,
  help: string,
  rangeOf: (row: LedgerRow) => EventRange | null,
): Family => ({
  name,
  help,
  samples: view.ledger.flatMap((row) => {
    const { agent, scenario, load, placement } = row;
    const range = rangeOf(row);
    if (range === null) return [];
    const labels = { ...common(view), agent, scenario, load, placement };
    return Object.entries({ low: range.low, high: range.high }).map(([bound, figure]) =>
      sample(name, { ...labels, bound }, figure),
    );
  }),
});

const ledgerFamilies = (view: RunView): readonly Family[] => {
  const family = (name: string, help: string, count: (row: LedgerRow) => number | null): Family =>
    countFamily(view, view.ledger, name, help, count);
  return [
    family("tare_events_done", "Operations that the workload did.", ({ operations }) => operations),
    family("tare_events_delivered", "Events found in the agent's output.", ({ delivered }) => delivered),
    rangeFamily(
      view,
      "tare_events_declared_lost",
      "Losses that the agent's own counters admit, in events: at least and at most.",
      ({ declaredLost }) => declaredLost,
    ),
    rangeFamily(
      view,
      "tare_events_silently_lost",
      "Missing events that no counter of the agent admits: at least and at most.",
      ({ silentLost }) => silentLost,
    ),
  ];
};

/** Of agents that by design do not see every event; these have no part in the families of events above. */
const coverageFamilies = (view: RunView): readonly Family[] => {
  const seen = view.coverage.flatMap(({ agent, scenario, seen = [] }) =>
    seen.map((one) => ({ ...one, agent, scenario })),
  );
  return [
    countFamily(
      view,
      seen,
      "tare_events_partly_seen",
      "Events delivered by an agent that by design does not see every one.",
      ({ delivered }) => delivered,
    ),
    countFamily(
      view,
      seen,
      "tare_events_not_attributable",
      "Events missing there, lost or never seen: it cannot be told.",
      ({ notAttributable }) => notAttributable,
    ),
  ];
};

const verdictFamily = (view: RunView): Family => ({
  name: "tare_verdict",
  help: "1 for the verdict that a budget check came to.",
  samples: view.verdicts.map(({ agent, scenario, operation, load, metric, kind }: Verdict) =>
    sample("tare_verdict", { ...common(view), agent, scenario, operation, load, metric, verdict: kind }, 1),
  ),
});

const runFamily = (view: RunView): Family => ({
  name: "tare_run_start_timestamp_seconds",
  help: "When the run began.",
  samples: [
    sample(
      "tare_run_start_timestamp_seconds",
      { ...common(view), run: view.run.id, method: view.run.method, tool: view.run.tool },
      Date.parse(view.run.startedAt) / 1000,
    ),
  ],
});

export const renderOpenMetrics = (view: RunView): string =>
  `${[runFamily(view), ...estimateFamilies(view), ...ledgerFamilies(view), ...coverageFamilies(view), verdictFamily(view)].map(render).join("")}# EOF\n`;
