/** What an agent occupies and what it writes. */
import type { MetricId } from "../../domain/units.ts";
import { METRICS } from "../../domain/units.ts";
import type { Estimate, Summary } from "../../domain/verdict.ts";
import { drawIntervalPlot } from "../charts/interval-plot.ts";
import { scaleOf } from "../format.ts";
import { conditionsOf, find, groupsOf, operationTitle, testedAgents } from "../select.ts";
import type { Group } from "../select.ts";
import { plotRows, endsOf } from "./cost.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { agentLabel, charts, detail, isLong, note, section, table } from "./parts.ts";
import { absent, figureMarkup } from "./typeset.ts";

const SHOWN: readonly MetricId[] = ["agent-memory", "agent-memory-peak", "bpf-map-memory", "output-volume"];

/** The operation under which an agent needed most: what a node must have room for. */
const largest = (groups: readonly Group[], agent: string, metric: MetricId): Estimate | undefined =>
  groups
    .flatMap((group) => find(group, agent, metric) ?? [])
    .reduce<Estimate | undefined>(
      (most, one) => (most === undefined || one.absolute.value > most.absolute.value ? one : most),
      undefined,
    );

const chartOf = async (
  summary: Summary,
  groups: readonly Group[],
  metric: MetricId,
): Promise<string | null> => {
  const estimates = testedAgents(summary).flatMap((agent) => largest(groups, agent.id, metric) ?? []);
  const [first] = estimates;
  if (first === undefined) return null;
  const scale = scaleOf(first.unit, endsOf(estimates));
  return drawIntervalPlot({
    name: metric,
    label: `${METRICS[metric].title}, ${scale.name}, one row an agent, each under the operation where it is largest`,
    axis: `${METRICS[metric].title}, ${scale.name}`,
    rows: plotRows(summary, estimates, scale),
  });
};

export const memorySection = async (summary: Summary): Promise<Markup> => {
  const groups = groupsOf(summary);
  const drawn = await Promise.all(
    (["agent-memory", "agent-memory-peak", "bpf-map-memory"] as const).map((metric) =>
      chartOf(summary, groups, metric),
    ),
  );
  const rows = testedAgents(summary).flatMap((agent) =>
    groups.flatMap((group) => {
      const found = SHOWN.map((metric) => find(group, agent.id, metric));
      const blocks = found.flatMap((estimate) => estimate?.blocks ?? []);
      if (blocks.length === 0) return [];
      return [
        {
          header: agentLabel(summary, agent.id),
          cells: [
            html`${operationTitle(group)} <small>${conditionsOf(group)}</small>`,
            ...found.map((estimate) =>
              estimate === undefined ? absent() : figureMarkup(estimate.absolute, estimate.unit),
            ),
            html`${Math.min(...blocks)}`,
          ],
        },
      ];
    }),
  );
  const present = drawn.filter((chart) => chart !== null);
  return section(
    "memory",
    "Memory and output",
    note(
      "Memory is the proportional set size of the agent's processes: shared pages count by share. Memory of BPF maps belongs to the kernel and comes on top. The charts show each agent under the operation where it needed most.",
    ),
    present.length === 0 ? note("No memory was measured.") : charts(...present),
    rows.length === 0
      ? html``
      : detail(
          "Figures by operation",
          isLong({ rows: rows.length }),
          table(
            "Memory and output of each agent: means over n blocks with intervals",
            [
              { title: "agent" },
              { title: "operation" },
              ...SHOWN.map((metric) => ({ title: METRICS[metric].title, numeric: true })),
              { title: "n", numeric: true },
            ],
            rows,
            "dense",
          ),
        ),
  );
};
