/** How each agent's costs grow with the node: at each size, and from the smallest to the largest. */
import type { Growth, GrowthRow, GrowthStep } from "../../domain/growth.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { Unit } from "../../domain/units.ts";
import type { Interval } from "../../domain/verdict.ts";
import { drawIntervalPlot } from "../charts/interval-plot.ts";
import { lookOf } from "../charts/palette.ts";
import { formatCost, formatLevel, formatNumber, scaleOf } from "../format.ts";
import { typeset } from "../page/typeset.ts";
import { conditionsOf, groupsBy, operationTitle } from "../select.ts";
import { axisTitle, growthSentence, perText, perThousand, sizeText } from "../words/growth.ts";
import type { Block, Cell, Drawing, Section } from "./section.ts";
import * as say from "./section.ts";

type Rows = readonly [GrowthRow, ...GrowthRow[]];
type Line = GrowthStep & { readonly row: GrowthRow };

const NOT_READ = "not read";

const costCell = (figure: Interval | null): Cell =>
  figure === null ? say.absent(NOT_READ) : say.cost(figure, "ns/op");

const stepTable = (rows: Rows): Block =>
  say.tableOf(
    `What each agent costs for each ${operationTitle(rows[0])}, and to start, at each size of the node: mean over n blocks with its interval`,
    rows.flatMap((row) => row.steps.map((step): Line => ({ ...step, row }))),
    [
      [say.key("agent"), ({ row }) => say.agent(row.agent)],
      [say.right(rows[0].axis === "cpus" ? "CPUs" : rows[0].axis), ({ at }) => say.count(at)],
      [say.right("caller and\nagent"), ({ own }) => costCell(own)],
      [say.right("node CPU", 2), ({ cost }) => costCell(cost)],
      [
        say.right("CPU time\nof its start", 1),
        ({ start }) => (start === null ? say.absent("no cgroup tells it") : say.level(start, "ns")),
      ],
      [
        say.right("ready\nafter, s", 3),
        ({ readyMs }) =>
          readyMs === null ? say.absent("it never started") : say.figures(formatNumber(readyMs / 1000)),
      ],
      [say.right("n", 4), ({ blocks }) => say.count(blocks)],
    ],
  );

const growthCells = (growth: Growth | null, row: GrowthRow, unit: Unit): Cell => {
  if (growth === null) return say.absent("not read at two sizes");
  const { difference, known } = growth;
  const cell = say.cost(perThousand(difference, row), unit);
  return say.pair(cell, say.text(known === null ? "too few blocks" : known ? "known" : "not known"));
};

const growthTable = (rows: Rows): Block =>
  say.tableOf(
    `What that grows by for each ${perText(rows[0].axis)}, from the smallest size to the largest`,
    rows,
    [
      [say.key("agent"), ({ agent }) => say.agent(agent)],
      [say.right("caller and\nagent"), (row) => growthCells(row.growth.own, row, "ns/op")],
      [say.right("node CPU", 2), (row) => growthCells(row.growth.cost, row, "ns/op")],
      [say.right("CPU time\nof its start", 1), (row) => growthCells(row.growth.start, row, "ns")],
    ],
  );

interface Plot {
  readonly name: string;
  readonly title: string;
  readonly unit: Unit;
  readonly pick: (step: GrowthStep) => Interval | null;
  readonly format: (interval: Interval, unit: Unit) => string;
}

const PLOTS: readonly Plot[] = [
  {
    name: "operation",
    title: "CPU time of an operation",
    unit: "ns/op",
    pick: ({ own, cost }) => own ?? cost,
    format: formatCost,
  },
  {
    name: "start",
    title: "CPU time of a start",
    unit: "ns",
    pick: ({ start }) => start,
    format: formatLevel,
  },
];

const drawingsOf = (view: RunView, rows: Rows, index: number): readonly Drawing[] =>
  PLOTS.flatMap(({ name, title, unit, pick, format }) => {
    const points = rows.flatMap(({ agent, axis, steps }) =>
      steps.flatMap((step) => {
        const at = pick(step);
        return at === null ? [] : [{ agent, axis, step, at }];
      }),
    );
    if (points.length === 0) return [];
    const scale = scaleOf(
      unit,
      points.flatMap(({ at }) => [at.value, at.low, at.high].filter((one) => one !== null)),
    );
    const scaled = (one: number | null): number | null => (one === null ? null : one / scale.size);
    return [
      () =>
        drawIntervalPlot({
          name: `growth-${index + 1}-${name}`,
          label: `${title} at each number of ${axisTitle(rows[0].axis)}, ${typeset(scale.name)}, in ${operationTitle(rows[0])}, one row an agent and size; the table below holds the same figures`,
          axis: `${title}, ${typeset(scale.name)}`,
          rows: points.map(({ agent, axis, step, at }) => ({
            agent,
            title: `${agent}, ${sizeText({ axis, at: step.at })}`,
            note: `n = ${step.blocks}`,
            tip: `${agent} with ${sizeText({ axis, at: step.at })}: ${typeset(format(at, unit))}`,
            ...lookOf(view, agent),
            at: { value: at.value / scale.size, low: scaled(at.low), high: scaled(at.high) },
          })),
        }),
    ];
  });

const groupOf = (view: RunView, rows: Rows, index: number): readonly Block[] => {
  const drawings = drawingsOf(view, rows, index);
  return [
    say.heading(`${axisTitle(rows[0].axis)}: ${operationTitle(rows[0])}`, conditionsOf(rows[0])),
    ...(drawings.length === 0 ? [] : [say.onPage(say.charts(drawings))]),
    growthTable(rows),
    stepTable(rows),
  ];
};

/** Absent where the node was measured as it is. */
export const growthSection = (view: RunView): readonly Section[] => {
  const groups = groupsBy(view.growth, (row) => `${row.axis} ${operationTitle(row)} ${conditionsOf(row)}`);
  if (groups.length === 0) return [];
  return [
    {
      id: "growth",
      title: "Does it grow with the node?",
      short: "Growth",
      blocks: [
        ...view.growth.map((row) => say.lead(growthSentence(row))),
        { kind: "groups", groups: groups.map((rows, index) => groupOf(view, rows, index)) },
        say.note(
          "Every block holds all sizes in shuffled order, each with baselines of its own, so what the node itself does more slowly when it is larger is in no figure. The agent is started anew at each size. Growth is a difference within blocks, told for each thousand, or each CPU, as if it were a straight line; known is what is no accident at 95 % for all of it together. A start lasts until the agent had shown a first event.",
        ),
      ],
    },
  ];
};
