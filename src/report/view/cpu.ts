/** Where the CPU time went: into the workload, into the agent, or elsewhere in the system. */
import type { KernelThreads, RunView } from "../../domain/run-view.ts";
import type { MetricId } from "../../domain/units.ts";
import { lookOf } from "../charts/palette.ts";
import { drawStackedBars, type BarRow } from "../charts/stacked-bars.ts";
import { formatCost, scaleOf } from "../format.ts";
import { typeset } from "../page/typeset.ts";
import { conditionsOf, find, groupTitle, groupsOf, operationTitle, testedAgents, under } from "../select.ts";
import type { Group } from "../select.ts";
import { blocksNote, estimateCell } from "./plots.ts";
import type { Block, Cell, Section } from "./section.ts";
import * as say from "./section.ts";

const OPACITY = { workload: 1, agent: 0.62, threads: 0.36, rest: 0.16 } as const;

interface Split {
  readonly agent: string;
  readonly workload: number;
  readonly own: number;
  /** Kernel threads and daemons that are known to work for agents; null where the trials do not tell. */
  readonly threads: number | null;
  /** What the whole system spent more than the others explain. A difference of means, so without an interval. */
  readonly rest: number;
  readonly note: string;
}

const totalOf = ({ threads }: KernelThreads): number => threads.reduce((sum, { ns }) => sum + ns, 0);

const splitsOf = (view: RunView, group: Group): readonly Split[] =>
  testedAgents(view).flatMap(({ id }) => {
    const found = under(view.kernelThreads, { ...group, agent: id });
    const threads = found === undefined ? null : totalOf(found);
    const workload = find(group, id, "workload-cpu");
    const own = find(group, id, "agent-cpu");
    const system = find(group, id, "system-cpu");
    if (workload === undefined || own === undefined || system === undefined) return [];
    return [
      {
        agent: id,
        workload: workload.absolute.value,
        own: own.absolute.value,
        threads,
        rest: system.absolute.value - workload.absolute.value - own.absolute.value - (threads ?? 0),
        note: blocksNote([workload, own, system]),
      },
    ];
  });

const plainCost = (ns: number): string => formatCost({ value: ns, low: null, high: null }, "ns/op");

const bars = (view: RunView, splits: readonly Split[], size: number): readonly BarRow[] =>
  splits.map((split) => {
    const part = (title: string, value: number, opacity: number) => ({
      title,
      value: value / size,
      colour: lookOf(view, split.agent).colour,
      opacity,
      tip: `${split.agent}, ${title}: ${typeset(plainCost(value))}`,
    });
    return {
      title: split.agent,
      agent: split.agent,
      note: split.note,
      parts: [
        part("workload", split.workload, OPACITY.workload),
        part("agent", split.own, OPACITY.agent),
        ...(split.threads === null
          ? []
          : [part("kernel threads and daemons", split.threads, OPACITY.threads)]),
        part("rest", split.rest, OPACITY.rest),
      ],
    };
  });

const threadsCell = (found: KernelThreads | undefined): Cell => {
  if (found === undefined || found.threads.length === 0) return say.absent("none was read");
  const busy = found.threads.filter(({ ns }) => ns !== 0).map(({ name }) => name);
  const sum = say.figures(plainCost(totalOf(found)));
  return busy.length === 0 ? sum : say.pair(sum, say.text(busy.join(", ")));
};

const groupBlocks = (view: RunView, group: Group, index: number): readonly Block[] => {
  const agents = testedAgents(view)
    .map(({ id }) => id)
    .filter((id) =>
      (["system-cpu", "agent-cpu", "agent-cores"] as const).some(
        (metric) => find(group, id, metric) !== undefined,
      ),
    );
  if (agents.length === 0) return [];
  const splits = splitsOf(view, group);
  const scale = scaleOf(
    "ns/op",
    splits.flatMap((split) => [split.workload, split.own, split.threads ?? 0, split.rest]),
  );
  const cellOf = (id: string, metric: MetricId): Cell => {
    const estimate = find(group, id, metric);
    return estimate === undefined ? say.absent("not measured under that agent") : estimateCell(estimate);
  };
  const restCell = (id: string): Cell => {
    const split = splits.find((one) => one.agent === id);
    return split === undefined
      ? say.absent("not all three readings exist")
      : say.figures(plainCost(split.rest));
  };
  const blocksCell = (id: string): Cell => {
    const own = group.estimates.filter((estimate) => estimate.agent === id);
    return say.count(Math.min(...own.map(({ blocks }) => blocks)));
  };
  return [
    say.heading(operationTitle(group), conditionsOf(group)),
    splits.length === 0
      ? say.note("No agent has all three readings here, so nothing is drawn.")
      : say.charts([
          () =>
            drawStackedBars({
              name: `cpu-${index + 1}`,
              label: `CPU time above baseline in ${groupTitle(group)}, split into workload, agent, kernel threads and daemons, and rest, ${typeset(scale.name)}, one bar an agent`,
              axis: `CPU time above baseline, ${typeset(scale.name)}`,
              rows: bars(view, splits, scale.size),
            }),
        ]),
    say.folding(
      say.tableOf(
        `CPU time of one operation above baseline, ${groupTitle(group)}: means over n blocks with intervals`,
        agents,
        [
          ["agent", (id) => say.agent(id)],
          [say.right("workload"), (id) => cellOf(id, "workload-cpu")],
          [say.right("agent's processes"), (id) => cellOf(id, "agent-cpu")],
          [
            say.right("kernel threads and daemons"),
            (id) => threadsCell(under(view.kernelThreads, { ...group, agent: id })),
          ],
          [say.right("rest (difference of means)"), restCell],
          [say.right("whole system"), (id) => cellOf(id, "system-cpu")],
          [say.right("agent, CPU cores"), (id) => cellOf(id, "agent-cores")],
          [say.right("n"), blocksCell],
        ],
        "dense",
      ),
      { groups: groupsOf(view).length },
    ),
  ];
};

export const cpuSection = (view: RunView): Section => {
  const groups = groupsOf(view)
    .map((group, index) => groupBlocks(view, group, index))
    .filter((blocks) => blocks.length > 0);
  const legend = (title: string, opacity: number) => ({ title, colour: "var(--ink)", opacity });
  return {
    id: "cpu",
    title: "Where the CPU time went",
    short: "CPU",
    blocks: [
      say.note(
        "An agent's own processes are only a part of what it costs: what it does inside the kernel is charged to the workload, and work for it is done by kernel threads and daemons. The rest is what the whole system spent more and nothing else accounts for; a negative rest is noise.",
      ),
      ...(groups.length === 0
        ? [say.note("No CPU time of the system or of an agent was measured.")]
        : [
            {
              kind: "legend",
              items: [
                legend("in the workload's own time", OPACITY.workload),
                legend("in the agent's processes", OPACITY.agent),
                legend("in kernel threads and daemons that work for agents", OPACITY.threads),
                legend("rest: elsewhere in the system, unattributed", OPACITY.rest),
              ],
            } as const,
            { kind: "groups", groups } as const,
          ]),
    ],
  };
};
