/** Where the CPU time went: into the workload, into the agent, or elsewhere in the system. */
import type { RecordLine } from "../../domain/record.ts";
import type { Summary } from "../../domain/verdict.ts";
import { colourOf } from "../charts/palette.ts";
import { drawStackedBars } from "../charts/stacked-bars.ts";
import type { BarRow } from "../charts/stacked-bars.ts";
import { formatCost, scaleOf } from "../format.ts";
import { helperTimes } from "../helpers.ts";
import type { HelperTime } from "../helpers.ts";
import { conditionsOf, find, groupTitle, groupsOf, operationTitle, testedAgents } from "../select.ts";
import type { Group } from "../select.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { blocksNote } from "./cost.ts";
import { agentLabel, chartName, charts, detail, groups, isLong, note, section, table } from "./parts.ts";
import { absent, figureMarkup, typeset } from "./typeset.ts";

/** How solid each part is drawn; the same in the legend. */
const OPACITY = { workload: 1, agent: 0.62, helpers: 0.36, rest: 0.16 } as const;

interface Split {
  readonly agent: string;
  readonly workload: number;
  readonly own: number;
  /** Kernel threads and daemons that are known to work for agents; null where the trials are not at hand. */
  readonly helpers: number | null;
  /** What the whole system spent more than the others explain. A difference of means, so without an interval of its own. */
  readonly rest: number;
  readonly note: string;
}

const splitsOf = (
  summary: Summary,
  group: Group,
  times: ReadonlyMap<string, readonly HelperTime[]>,
): readonly Split[] =>
  testedAgents(summary).flatMap(({ id }) => {
    const helpers = times.get(id)?.reduce((sum, { ns }) => sum + ns, 0) ?? null;
    const workload = find(group, id, "workload-cpu");
    const own = find(group, id, "agent-cpu");
    const system = find(group, id, "system-cpu");
    if (workload === undefined || own === undefined || system === undefined) return [];
    return [
      {
        agent: id,
        workload: workload.absolute.value,
        own: own.absolute.value,
        helpers,
        rest: system.absolute.value - workload.absolute.value - own.absolute.value - (helpers ?? 0),
        note: blocksNote([workload, own, system]),
      },
    ];
  });

const legend = (): Markup =>
  html`<ul class="legend">
    ${(
      [
        ["in the workload's own time", OPACITY.workload],
        ["in the agent's processes", OPACITY.agent],
        ["in kernel threads and daemons that work for agents", OPACITY.helpers],
        ["rest: elsewhere in the system, unattributed", OPACITY.rest],
      ] as const
    ).map(
      ([text, opacity]) =>
        html`<li><span class="dot" style="background:var(--ink);opacity:${opacity}"></span>${text}</li>`,
    )}
  </ul>`;

const bars = (summary: Summary, splits: readonly Split[], size: number): readonly BarRow[] =>
  splits.map((split) => {
    const colour = colourOf(summary, split.agent);
    const part = (title: string, value: number, opacity: number) => ({
      title,
      value: value / size,
      colour,
      opacity,
      tip: `${split.agent}, ${title}: ${typeset(formatCost({ value, low: null, high: null }, "ns/op"))}`,
    });
    return {
      title: split.agent,
      agent: split.agent,
      note: split.note,
      parts: [
        part("workload", split.workload, OPACITY.workload),
        part("agent", split.own, OPACITY.agent),
        ...(split.helpers === null
          ? []
          : [part("kernel threads and daemons", split.helpers, OPACITY.helpers)]),
        part("rest", split.rest, OPACITY.rest),
      ],
    };
  });

const groupPart = async (
  summary: Summary,
  lines: readonly RecordLine[],
  group: Group,
  index: number,
): Promise<Markup | null> => {
  const rows = testedAgents(summary).filter(({ id }) =>
    (["system-cpu", "agent-cpu", "agent-cores"] as const).some(
      (metric) => find(group, id, metric) !== undefined,
    ),
  );
  if (rows.length === 0) return null;
  const times = helperTimes(lines, group);
  const splits = splitsOf(summary, group, times);
  const scale = scaleOf(
    "ns/op",
    splits.flatMap((split) => [split.workload, split.own, split.helpers ?? 0, split.rest]),
  );
  const drawn =
    splits.length === 0
      ? []
      : [
          await drawStackedBars({
            name: chartName("cpu", index),
            label: `CPU time above baseline in ${groupTitle(group)}, split into workload, agent, kernel threads and daemons, and rest, ${typeset(scale.name)}, one bar an agent`,
            axis: `CPU time above baseline, ${typeset(scale.name)}`,
            rows: bars(summary, splits, scale.size),
          }),
        ];
  const estimateCell = (
    agent: string,
    metric: "workload-cpu" | "agent-cpu" | "system-cpu" | "agent-cores",
  ): Markup => {
    const estimate = find(group, agent, metric);
    return estimate === undefined
      ? absent()
      : figureMarkup(estimate.absolute, estimate.unit, {
          sign: metric === "workload-cpu" || metric === "system-cpu",
        });
  };
  return html` <h3>${operationTitle(group)} <small>${conditionsOf(group)}</small></h3>
    ${drawn.length === 0 ? note("No agent has all three readings here, so nothing is drawn.") : charts(...drawn)}
    ${detail(
      "Figures as a table",
      isLong({ groups: groupsOf(summary).length }),
      table(
        `CPU time of one operation above baseline, ${groupTitle(group)}: means over n blocks with intervals`,
        [
          { title: "agent" },
          { title: "workload", numeric: true },
          { title: "agent's processes", numeric: true },
          { title: "kernel threads and daemons", numeric: true },
          { title: "rest (difference of means)", numeric: true },
          { title: "whole system", numeric: true },
          { title: "agent, CPU cores", numeric: true },
          { title: "n", numeric: true },
        ],
        rows.map(({ id }) => {
          const split = splits.find((one) => one.agent === id);
          const counts = group.estimates
            .filter((estimate) => estimate.agent === id)
            .map((estimate) => estimate.blocks);
          return {
            header: agentLabel(summary, id),
            cells: [
              estimateCell(id, "workload-cpu"),
              estimateCell(id, "agent-cpu"),
              helperCell(times.get(id)),
              split === undefined
                ? absent("not all three readings exist")
                : html`${typeset(formatCost({ value: split.rest, low: null, high: null }, "ns/op"))}`,
              estimateCell(id, "system-cpu"),
              estimateCell(id, "agent-cores"),
              html`${Math.min(...counts)}`,
            ],
          };
        }),
        "dense",
      ),
    )}`;
};

/** "412 ns/op" with the names of those that took any time. */
const helperCell = (helpers: readonly HelperTime[] | undefined): Markup => {
  if (helpers === undefined || helpers.length === 0) return absent("none was read");
  const sum = helpers.reduce((total, { ns }) => total + ns, 0);
  const busy = helpers.filter(({ ns }) => ns !== 0).map(({ name }) => name);
  return html`${typeset(formatCost({ value: sum, low: null, high: null }, "ns/op"))}${busy.length === 0 ? null : html`<small>${busy.join(", ")}</small>`}`;
};

export const cpuSection = async (summary: Summary, lines: readonly RecordLine[]): Promise<Markup> => {
  const parts = await Promise.all(
    groupsOf(summary).map((group, index) => groupPart(summary, lines, group, index)),
  );
  const present = parts.filter((part) => part !== null);
  return section(
    "cpu",
    "Where the CPU time went",
    note(
      "An agent's own processes are only a part of what it costs: what it does inside the kernel is charged to the workload, and work for it is done by kernel threads and daemons. The rest is what the whole system spent more and nobody else accounts for; a negative rest is noise.",
    ),
    present.length === 0
      ? note("No CPU time of the system or of an agent was measured.")
      : html`${legend()}${groups(present)}`,
  );
};
