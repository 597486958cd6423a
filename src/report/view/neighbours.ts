/** Who suffers beside a storm: a service's response times alone and beside it, with and without each agent. */
import { BASELINE } from "../../domain/plan.ts";
import type { Measure, Neighbour, NeighbourAgent, NeighbourContrast } from "../../domain/neighbour.ts";
import type { RunView } from "../../domain/run-view.ts";
import { drawIntervalPlot } from "../charts/interval-plot.ts";
import {
  drawNeighbourPercentiles,
  type PercentilePanel,
  type PercentileRow,
} from "../charts/neighbour-percentiles.ts";
import { BASELINE_LOOK, lookOf } from "../charts/palette.ts";
import {
  asPercent,
  formatCount,
  formatFigure,
  formatNs,
  formatNumber,
  formatNumberOf,
  formatShare,
  ratioOf,
} from "../format.ts";
import { typeset } from "../page/typeset.ts";
import { unmeasuredText } from "../words/failures.ts";
import { doubtText, isSuffered, measureTitle, settingText, suffersSentence } from "../words/neighbour.ts";
import type { Block, Cell, Drawing, Section } from "./section.ts";
import * as say from "./section.ts";

interface Line {
  readonly agent: string;
  readonly contrast: NeighbourContrast;
}

const levelCell = (measure: Measure, level: number | null): Cell => {
  if (level === null) return say.absent("over all blocks there are fewer requests than a level of it takes");
  return measure === "throughput" ? say.figures(`${formatNumber(level)}/s`) : say.value(level, "ns");
};

const ratioCell = (
  interval: NeighbourContrast["interaction"],
  { doubt }: Pick<NeighbourContrast, "doubt">,
): Cell =>
  interval === null
    ? say.absent(doubt === null ? "none" : doubtText(doubt))
    : { kind: "figure", figure: ratioOf(interval) };

const knownCell = ({ contrast }: Line): Cell => {
  if (contrast.known === null)
    return say.absent(contrast.doubt === null ? "none" : doubtText(contrast.doubt));
  if (!contrast.known) return say.text("no");
  return isSuffered(contrast) ? say.alarm("yes") : say.text("yes");
};

const figureTable = (neighbour: Neighbour): Block => {
  const lines = neighbour.agents.flatMap(({ agent, contrasts }): readonly Line[] =>
    contrasts.map((contrast) => ({ agent, contrast })),
  );
  return say.folding(
    say.tableOf(
      `Response time of ${neighbour.scenario} from the due time, and requests answered, beside a storm ${settingText(neighbour.setting)}`,
      lines,
      [
        [say.key("agent"), ({ agent }) => say.agent(agent)],
        [say.key("of"), ({ contrast }) => say.text(measureTitle(contrast.measure))],
        [
          say.right("alone\nwithout", 3),
          ({ contrast: { measure, alone } }) => levelCell(measure, alone.baseline),
        ],
        [say.right("alone\nwith", 2), ({ contrast: { measure, alone } }) => levelCell(measure, alone.agent)],
        [
          say.right("storm\nwithout", 3),
          ({ contrast: { measure, beside } }) => levelCell(measure, beside.baseline),
        ],
        [
          say.right("storm\nwith", 2),
          ({ contrast: { measure, beside } }) => levelCell(measure, beside.agent),
        ],
        [say.right("agent\nalone", 5), ({ contrast }) => ratioCell(contrast.costAlone, contrast)],
        [say.right("agent\nin storm", 5), ({ contrast }) => ratioCell(contrast.costBeside, contrast)],
        [say.right("interaction"), ({ contrast }) => ratioCell(contrast.interaction, contrast)],
        [{ title: "known", expendable: 1 }, knownCell],
        [say.right("n", 4), ({ contrast }) => say.count(contrast.blocks)],
      ],
    ),
  );
};

const lostCell = ({ lost }: NeighbourAgent["alone"]): Cell => {
  if (lost === null) return say.absent("not counted");
  const text = formatShare(100 * lost);
  return lost > 0 ? say.alarm(text) : say.figures(text);
};

const coresCell = ({ agentCores }: NeighbourAgent["alone"]): Cell =>
  agentCores === null ? say.absent("its CPU time could not be read") : say.figures(formatNumber(agentCores));

const agentTable = ({ agents }: Neighbour): Block =>
  say.tableOf("What the agent took meanwhile, and what it lost of the service's own events", agents, [
    [say.key("agent"), ({ agent }) => say.agent(agent)],
    [say.right("CPUs alone"), ({ alone }) => coresCell(alone)],
    [say.right("CPUs in storm"), ({ beside }) => coresCell(beside)],
    [say.right("lost alone"), ({ alone }) => lostCell(alone)],
    [say.right("lost in storm"), ({ beside }) => lostCell(beside)],
    [
      { title: "not measured", terminal: "below" },
      ({ unmeasured }) => say.text(unmeasured.map((one) => unmeasuredText(one, "")).join("; ")),
    ],
  ]);

/** "p99 x3.10 [2.50, 3.85]". */
const stormText = ({ storm, stormAlone, requestsPerSecond }: Neighbour): string => {
  const rates = [
    ...(storm.askedPerSecond === null
      ? []
      : [`${formatCount(storm.askedPerSecond)} operations a second asked`]),
    ...(storm.startsPerSecond === null
      ? []
      : [`${formatCount(storm.startsPerSecond)} processes a second started on the node`]),
  ];
  const alone = stormAlone.map(
    ({ measure, ratio }) => `${measureTitle(measure)} ${formatFigure(ratioOf(ratio))}`,
  );
  return [
    `The service is asked ${formatCount(requestsPerSecond)} times a second; the storm is ${storm.scenario}${storm.processes === null ? "" : ` in ${formatNumberOf(storm.processes, "process", "processes")}`}${rates.length === 0 ? "" : ` (${rates.join(", ")})`}.`,
    ...(alone.length === 0 ? [] : [`Without any agent it makes the service's ${alone.join(", ")}.`]),
  ].join(" ");
};

const DRAWN = ["p50", "p99", "p999"] as const satisfies readonly Measure[];

const rowOf = (
  view: RunView,
  agent: string,
  measure: Measure,
  alone: number | null,
  beside: number | null,
  blocks: number,
): readonly PercentileRow[] =>
  alone === null || beside === null
    ? []
    : [
        {
          agent,
          title: agent,
          note: `n = ${blocks}`,
          ...(agent === BASELINE ? BASELINE_LOOK : lookOf(view, agent)),
          aloneNs: alone,
          besideNs: beside,
          tip: `${agent}: ${measureTitle(measure)} ${typeset(formatNs(alone))} alone, ${typeset(formatNs(beside))} beside the storm`,
        },
      ];

const panelsOf = (view: RunView, { agents }: Neighbour): readonly PercentilePanel[] =>
  DRAWN.flatMap((measure): readonly PercentilePanel[] => {
    const of = agents.flatMap(({ agent, contrasts }) => {
      const contrast = contrasts.find((one) => one.measure === measure);
      return contrast === undefined ? [] : [{ agent, contrast }];
    });
    const [first] = of;
    if (first === undefined) return [];
    const { alone, beside, blocks } = first.contrast;
    const rows = [
      ...rowOf(view, BASELINE, measure, alone.baseline, beside.baseline, blocks),
      ...of.flatMap(({ agent, contrast }) =>
        rowOf(view, agent, measure, contrast.alone.agent, contrast.beside.agent, contrast.blocks),
      ),
    ];
    return rows.length === 0 ? [] : [{ axis: `${measureTitle(measure)} of the response time`, rows }];
  });

const interactionDrawings = (
  view: RunView,
  { scenario, setting, agents }: Neighbour,
  index: number,
): readonly Drawing[] =>
  (["p99", "p999"] as const).flatMap((measure) => {
    const rows = agents.flatMap(({ agent, contrasts }) => {
      const contrast = contrasts.find((one) => one.measure === measure);
      if (contrast?.interaction == null) return [];
      return [
        {
          agent,
          title: agent,
          note: contrast.doubt === null ? `n = ${contrast.blocks}` : `exploratory, n = ${contrast.blocks}`,
          tip: `${agent}: ${measureTitle(measure)} ${typeset(formatFigure(ratioOf(contrast.interaction)))}`,
          ...lookOf(view, agent),
          at: asPercent(contrast.interaction),
        },
      ];
    });
    if (rows.length === 0) return [];
    const title = `${measureTitle(measure)} beyond what storm and agent do by themselves`;
    return [
      () =>
        drawIntervalPlot({
          name: `neighbour-${index + 1}-${measure}`,
          label: `${title}, percent, in ${scenario} beside a storm ${settingText(setting)}, one row an agent; the table below holds the same figures`,
          axis: `${title}, %`,
          rows,
        }),
    ];
  });

const chartsOf = (view: RunView, neighbour: Neighbour, index: number): readonly Block[] => {
  const panels = panelsOf(view, neighbour);
  const levels: readonly Drawing[] =
    panels.length === 0
      ? []
      : [
          () =>
            drawNeighbourPercentiles({
              name: `neighbour-${index + 1}`,
              label: `Percentiles of the response time of ${neighbour.scenario}, alone and beside a storm ${settingText(neighbour.setting)}, one row an agent and one for none; the table below holds the same figures`,
              panels,
            }),
        ];
  const drawings = [...levels, ...interactionDrawings(view, neighbour, index)];
  return drawings.length === 0 ? [] : [say.onPage(say.charts(drawings))];
};

const groupOf = (view: RunView, neighbour: Neighbour, index: number): readonly Block[] => [
  say.heading(neighbour.scenario, `storm ${settingText(neighbour.setting)}`),
  say.note(stormText(neighbour)),
  ...chartsOf(view, neighbour, index),
  figureTable(neighbour),
  agentTable(neighbour),
];

/** Absent where no service was looked at. */
export const neighbourSection = (view: RunView): readonly Section[] => {
  const { neighbours } = view;
  if (neighbours.length === 0) return [];
  const comparisons = Math.max(...neighbours.map((one) => one.comparisons));
  return [
    {
      id: "neighbours",
      title: "Who suffers beside it?",
      short: "Neighbours",
      blocks: [
        ...neighbours.map((one) => say.lead(suffersSentence(one))),
        say.note(
          "A service with a clock of its own is asked at a steady rate, alone and beside a storm in a cgroup of its own, with and without each agent, all in every block. Interaction: how many times more the storm costs the service with the agent than without; what the storm does by itself, and the agent by itself, is not in it. Times are from when a request was due. " +
            `Known: no accident at 95 %, jointly over ${formatCount(comparisons)} such ratios. None of it is a cost or is judged.`,
        ),
        say.onPage(
          say.note(
            "In the charts of percentiles, the hollow mark is the service alone, the full one beside the storm.",
          ),
        ),
        { kind: "groups", groups: neighbours.map((one, index) => groupOf(view, one, index)) },
      ],
    },
  ];
};
