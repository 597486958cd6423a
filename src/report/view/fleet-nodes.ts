/** Several records as a sample of a fleet: one row an agent, a column a kind of node. */
import { mean } from "simple-statistics";
import type { Comparison } from "../../domain/comparison.ts";
import type { Fleet, FleetAnswer, FleetFigure, FleetNode } from "../../domain/fleet.ts";
import { comparableOf, keyOf } from "../../domain/condition.ts";
import { MIN_FOR_OUTLYING } from "../../domain/limits.ts";
import { METRICS } from "../../domain/units.ts";
import { type Agents, lookOf } from "../charts/palette.ts";
import { drawStripPlot } from "../charts/strip-plot.ts";
import {
  formatCost,
  formatFigure,
  formatNumberOf,
  formatShareBound,
  formatValue,
  percentOf,
  ratioOf,
  scaleOf,
} from "../format.ts";
import { typeset } from "../page/typeset.ts";
import { conditionsOf, groupsBy, operationTitle } from "../select.ts";
import {
  agentAsideText,
  fleetWhyText,
  nodeAsideText,
  nodeDifferenceText,
  nodesText,
  shareText,
  unmeasuredKindsText,
} from "../words/fleet.ts";
import { bannersOf } from "./comparison-words.ts";
import { ANSWERS, ANSWER_ORDER } from "./decision.ts";
import { notBenched } from "./fleet-not-benched.ts";
import { list } from "../words/lists.ts";
import { budgetText } from "./in-short.ts";
import type { Block, Cell, Drawing, Field, Section } from "./section.ts";
import * as say from "./section.ts";

/** Two records of two nodes are compared with each other; more nodes, or two of one kind, are asked about the nodes that were not measured. */
export const isFleet = ({ fleet }: Pick<Comparison, "fleet">): boolean =>
  fleet.nodes.length > 2 ||
  fleet.benches.length > 0 ||
  fleet.strata.some(({ nodes, aside }) => nodes.length + aside.length > 1);

const judgedText = ({ nodes, strata }: Fleet): string => {
  const kinds = strata
    .filter((stratum) => stratum.nodes.length > 0)
    .map((stratum) => `${stratum.nodes.length} of ${stratum.short}`);
  const aside = nodes.filter((node) => node.aside !== null).length;
  const judged = kinds.length === 0 ? "No node is judged" : `Nodes that are judged: ${list(kinds)}`;
  return aside === 0 ? `${judged}.` : `${judged}. Not judged: ${aside}, each with why below.`;
};

/** "process-exec / exec +4.1 us/op [3.6, 4.7]; one more node [2.9, 5.3]". */
const figureText = (figure: FleetFigure): string => {
  const { fit, unit, nodes } = figure;
  const title = operationTitle(figure);
  if (fit === null) {
    const values = nodes.map(({ value }) => formatCost({ value, low: null, high: null }, unit));
    return `${title} ${values.join(", ")}: no interval from ${formatNumberOf(values.length, "node")}`;
  }
  return `${title} ${formatCost(fit.mean, unit)}; one more node ${endsText(fit.next, unit)}`;
};

const endsText = (
  interval: { readonly value: number; readonly low: number | null; readonly high: number | null },
  unit: FleetFigure["unit"],
): string => {
  const { low, high } = interval;
  return low === null || high === null
    ? "not known"
    : `${formatValue(low, unit)} to ${formatValue(high, unit)}`;
};

const figuresOf = ({ figures }: Fleet, { agent, stratum }: FleetAnswer): readonly FleetFigure[] =>
  figures.filter((one) => one.agent === agent && one.stratum === stratum);

const answerCell = (fleet: Fleet, agent: string, stratum: number): Cell => {
  const answer = fleet.answers.find((one) => one.agent === agent && one.stratum === stratum);
  if (answer === undefined) return say.absent("on no node of this kind that is judged");
  const { look, title } = ANSWERS[answer.answer];
  const share = shareText(answer);
  return say.pair(
    say.badge(look, title),
    ...answer.why.map((why) => say.text(fleetWhyText(fleet, why))),
    ...(share === null ? [] : [say.figures(share)]),
    ...figuresOf(fleet, answer).map((figure) => say.text(figureText(figure))),
  );
};

const agentsOf = ({ answers }: Fleet): readonly string[] => {
  const worst = (agent: string): number =>
    Math.max(
      ...answers.filter((one) => one.agent === agent).map(({ answer }) => ANSWER_ORDER.indexOf(answer)),
    );
  return [...new Set(answers.map(({ agent }) => agent))].toSorted((a, b) => worst(a) - worst(b));
};

export const fleetDecision = (comparison: Comparison): Section => {
  const { fleet } = comparison;
  const strata = [...fleet.strata.entries()].filter(([, { nodes }]) => nodes.length > 0);
  const agents = agentsOf(fleet);
  return {
    id: "decision",
    title: "May it be rolled out to nodes of these kinds?",
    blocks: [
      ...bannersOf(comparison).map((text) => say.banner(text)),
      say.lead(judgedText(fleet)),
      ...say.when(
        agents.length > 0,
        say.tableOf(
          "The answer for each kind of node, with the mean cost above baseline over its nodes, and where one more node would lie",
          agents,
          [
            [say.key("agent"), (agent) => say.agent(agent)],
            ...strata.map(([index, { short, nodes }]): Field<string> => [
              `${short} (${formatNumberOf(nodes.length, "node")})`,
              (agent) => answerCell(fleet, agent, index),
            ]),
          ],
          "decision",
        ),
      ),
      say.list([
        ...outlyingTexts(fleet),
        ...copyTexts(fleet),
        ...fleet.benches.map(unmeasuredKindsText).filter((text) => text !== null),
      ]),
      say.note(
        "Here the node is what varies, not the block. Within: every node is, and the 95 % prediction interval of one more node lies within each budget. An interval needs four nodes. The share that is at most not within is exact where the nodes were taken at random from the fleet; what is not known counts as not within.",
      ),
    ],
  };
};

/** "n5 is outlying: sensor, process-exec / exec +400 ns/op. What differs from the others: governor is powersave, not performance." */
const outlyingTexts = (fleet: Fleet): readonly string[] => {
  const odd = fleet.figures.flatMap((figure) => figure.outlying.map((one) => ({ figure, ...one })));
  return groupsBy(odd, ({ node, figure }) => JSON.stringify([node, figure.agent])).map((same) => {
    const [{ node, figure: first }] = same;
    const costs = same.map(({ figure }) => {
      const own = figure.nodes.find((one) => one.node === node);
      const cost =
        own === undefined ? "" : ` ${formatCost({ value: own.value, low: null, high: null }, figure.unit)}`;
      return `${operationTitle(figure)}${cost}`;
    });
    const differs = new Set(
      same.flatMap((one) => one.differs.map((difference) => nodeDifferenceText(difference, one.figure.unit))),
    );
    const why = differs.size === 0 ? "nothing that was recorded" : [...differs].join("; ");
    return `${nodesText(fleet, [node])} is outlying: ${first.agent}, ${costs.join(", ")}. What differs from the others: ${why}.`;
  });
};

const copyTexts = (fleet: Fleet): readonly string[] =>
  fleet.sameId.map(
    (same) =>
      `${list(same.map((node) => fleet.nodes[node]?.name ?? ""))} have one machine ID: copies of an image, or one node that was renamed and counts twice here.`,
  );

const meanCell = ({ fit, unit, nodes }: FleetFigure): Cell =>
  fit === null
    ? say.pair(
        say.absent(`no interval from ${formatNumberOf(nodes.length, "node")}`),
        say.figures(nodes.map(({ value }) => formatValue(value, unit)).join(", ")),
      )
    : say.cost(fit.mean, unit);

const ratioCell = ({ ratio }: FleetFigure): readonly Cell[] =>
  ratio === null ? [] : [say.figures(formatFigure(percentOf(ratio.mean)))];

const nextCell = ({ fit, ratio, unit, budget }: FleetFigure): Cell =>
  fit === null
    ? say.absent("too few nodes")
    : say.pair(
        say.figures(endsText(fit.next, unit)),
        ...(budget.kind === "percent" && ratio !== null
          ? [say.figures(ratioOf(ratio.next).range ?? "")]
          : []),
      );

const overCell = ({ over, notWithin, nodes, overAtMost }: FleetFigure): Cell =>
  say.pair(
    say.figures(`${over} of ${nodes.length}`),
    say.figures(
      `${notWithin === over ? "" : `${notWithin - over} not known; `}at most ${formatShareBound(overAtMost)}`,
    ),
  );

const outlyingCell = (fleet: Fleet, { outlying, nodes }: FleetFigure): Cell =>
  outlying.length === 0
    ? say.absent(nodes.length < MIN_FOR_OUTLYING ? "too few nodes to tell" : "none")
    : say.alarm(
        nodesText(
          fleet,
          outlying.map(({ node }) => node),
        ),
      );

const stripDrawing =
  (fleet: Fleet, agents: Agents, all: readonly [FleetFigure, ...FleetFigure[]], name: string): Drawing =>
  () => {
    const [first] = all;
    const values = all.flatMap(({ nodes }) => nodes.map(({ value }) => value));
    const scale = scaleOf(first.unit, values);
    const metric = METRICS[first.metric].title;
    return drawStripPlot({
      name,
      label: `${metric} in ${operationTitle(first)}, ${typeset(scale.name)}: a dot a node, a line at the mean, outlying nodes named; the table below holds the same figures`,
      axis: `${operationTitle(first)} above baseline, ${typeset(scale.name)}`,
      rows: all.map((one) => {
        const middle = one.fit?.mean.value ?? mean(one.nodes.map(({ value }) => value));
        const said = (value: number): string => typeset(formatValue(value, one.unit));
        return {
          title: one.agent,
          agent: one.agent,
          note: formatNumberOf(one.nodes.length, "node"),
          ...lookOf(agents, one.agent),
          middle: middle / scale.size,
          middleTip: `${one.agent}, mean of ${formatNumberOf(one.nodes.length, "node")}: ${said(middle)}`,
          points: one.nodes.map(({ node, value }) => ({
            value: value / scale.size,
            name: one.outlying.some((odd) => odd.node === node) ? nodesText(fleet, [node]) : null,
            tip: `${one.agent}, ${nodesText(fleet, [node])}: ${said(value)}`,
          })),
        };
      }),
    });
  };

const kindBlocks = (comparison: Comparison, agents: Agents, index: number): readonly Block[] => {
  const { fleet } = comparison;
  const { title = "", nodes = [] } = fleet.strata[index] ?? {};
  const figures = fleet.figures.filter(({ stratum }) => stratum === index);
  const drawings = groupsBy(figures, (one) => keyOf(comparableOf(one)) + one.metric).map((all, chart) =>
    stripDrawing(fleet, agents, all, `kind-${index + 1}-${chart + 1}`),
  );
  const table = say.tableOf(
    `Costs over ${formatNumberOf(nodes.length, "node")} of ${title}`,
    figures,
    [
      [say.key("agent"), ({ agent }) => say.agent(agent)],
      [say.key("operation"), (one) => say.place(operationTitle(one), conditionsOf(one))],
      ["metric", ({ metric }) => say.text(METRICS[metric].title)],
      [say.right("nodes"), (one) => say.count(one.nodes.length)],
      [say.right("mean"), (one) => say.pair(meanCell(one), ...ratioCell(one))],
      [
        say.right("spread between nodes"),
        ({ fit, unit }) => (fit === null ? say.absent("too few nodes") : say.value(fit.spread, unit)),
      ],
      [say.right("one more node"), nextCell],
      ["budget", (one) => say.figures(budgetText(one))],
      [say.right("nodes over"), overCell],
      ["outlying", (one) => outlyingCell(fleet, one)],
    ],
    "dense",
  );
  return [
    say.heading(title, formatNumberOf(nodes.length, "node")),
    ...say.when(drawings.length > 0, say.charts(drawings)),
    figures.length === 0
      ? say.note("No cost with a budget was measured on a node that is judged.")
      : say.folding(table),
  ];
};

/** "aarch64 against x86_64" of each cost, in the order of the costs. */
const contrastBlocks = ({ contrasts, figures, strata }: Fleet): readonly Block[] => {
  const rows = contrasts.flatMap(({ figures: [from, to], difference, isKnown }) => {
    const [one, other] = [figures[from], figures[to]];
    return one === undefined || other === undefined ? [] : [{ one, other, difference, isKnown }];
  });
  if (rows.length === 0) return [];
  return [
    say.heading("Kinds against each other", formatNumberOf(rows.length, "contrast")),
    say.tableOf(
      "What an agent costs more on one kind of node than on another",
      rows,
      [
        [say.key("agent"), ({ one }) => say.agent(one.agent)],
        [say.key("operation"), ({ one }) => say.place(operationTitle(one), conditionsOf(one))],
        ["metric", ({ one }) => say.text(METRICS[one.metric].title)],
        ["on", ({ other }) => say.text(strata[other.stratum]?.short ?? "")],
        ["more than on", ({ one }) => say.text(strata[one.stratum]?.short ?? "")],
        [say.right("by"), ({ one, difference }) => say.cost(difference, one.unit)],
        ["known to differ", ({ isKnown }) => say.text(isKnown ? "yes" : "no")],
      ],
      "dense",
    ),
    say.note(
      "Means over the nodes of each kind, by Welch's test; known: no accident at 95 %, jointly over all rows, and each interval is the one of that decision. Only kinds of four nodes or more have a mean with an interval.",
    ),
  ];
};

export const fleetKinds = (comparison: Comparison, agents: Agents): Section => ({
  id: "kinds",
  title: "Kinds of node",
  short: "Kinds of node",
  blocks: [
    ...comparison.fleet.strata.flatMap((_, index) => kindBlocks(comparison, agents, index)),
    ...contrastBlocks(comparison.fleet),
    say.onPage(
      say.note(
        "Nothing is taken together over kinds. The mean weighs each node by how well it is known; its interval and the prediction interval are those of the nodes, at 95 %. The spread is the standard deviation of the true costs from node to node.",
      ),
    ),
  ],
});

const asideIn = (fleet: Fleet, node: number): readonly string[] =>
  fleet.answers.flatMap(({ agent, aside }) =>
    aside.filter((one) => one.node === node).map(({ why }) => `${agent}: ${agentAsideText(agent, why)}`),
  );

export const fleetNodes = ({ fleet, sides }: Comparison): Section => ({
  id: "nodes",
  title: "Nodes",
  short: "Nodes",
  blocks: [
    say.tableOf<readonly [number, FleetNode]>(
      "The nodes of the records, and why one is not judged",
      [...fleet.nodes.entries()],
      [
        ["node", ([, { name }]) => say.text(name)],
        ["kind", ([, { stratum }]) => say.text(fleet.strata[stratum]?.short ?? "")],
        [
          "records",
          ([, { sides: records, side }]) =>
            say.text(
              records.length === 1
                ? (sides[side]?.label ?? "")
                : `${records.length}; ${sides[side]?.label ?? ""} stands for it`,
            ),
        ],
        [
          "judged",
          ([node, { aside }]) => {
            if (aside !== null) return say.alarm(`no: ${nodeAsideText(aside)}`);
            const without = asideIn(fleet, node);
            return say.text(without.length === 0 ? "yes" : `yes, without ${without.join("; ")}`);
          },
        ],
      ],
    ),
    ...fleet.benches.flatMap(notBenched),
    say.note(
      `Records of one boot, or of one host name and machine ID, are of one node; the latest that can be judged stands for it. ${fleet.benches.length === 0 ? "tare knows the nodes of the records alone, so a node that nobody measured is not here." : "Which nodes the cluster had besides is told by the file that lies beside the records of its bench."}`,
    ),
  ],
});
