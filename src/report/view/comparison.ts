/** Several records side by side as sections, a column a record. */
import type { ComparedFigure, ComparedLoss, Comparison, Difference, Side } from "../../domain/comparison.ts";
import { keyOf } from "../../domain/condition.ts";
import { METRICS, isWallClock, type MetricId } from "../../domain/units.ts";
import type { Verdict } from "../../domain/verdict.ts";
import type { Agents } from "../charts/palette.ts";
import { formatCost, formatCount, formatLoss, formatTime, scaleOf, formatRange } from "../format.ts";
import { conditionsOf, groupTitle, operationTitle } from "../select.ts";
import { warningText } from "../words/warnings.ts";
import { checksOf } from "./checks.ts";
import { comparedCounts, countsOnly } from "./compared-counts.ts";
import { comparedGroups, type ComparedGroup } from "./compared.ts";
import { MAX_CODE } from "./cell-text.ts";
import { bannersOf, cheapestInEach, comparedSentence, keptApartText, shown } from "./comparison-words.ts";
import { evidenceFacts, type Evidence } from "./evidence.ts";
import { ANSWER_ORDER, answerBadge, whyCell } from "./decision.ts";
import { verdictTitle } from "./in-short.ts";
import { fleetCostSection } from "./fleet-cost.ts";
import { fleetDecision, fleetKinds, fleetNodes, isFleet } from "./fleet-nodes.ts";
import { listed } from "./limits.ts";
import { absoluteDrawing, estimateCell, percentDrawing, type Plotted } from "./plots.ts";
import type { Block, Cell, Drawing, Field, Section } from "./section.ts";
import * as say from "./section.ts";
import { checkBadge } from "./self-checks.ts";
import { checkBudget, checkPlace, judgedFigure } from "./verdicts.ts";
import { ranNowhere, ranNowhereText, seenCells, type StatusHere, whatRan } from "./what-ran.ts";

const sideFields = <T>(
  { sides }: Comparison,
  cellOf: (item: T, side: Side, index: number) => Cell,
  align?: "right",
): readonly Field<T>[] =>
  sides.map((side, index) => [
    { title: side.label, ...(align === undefined ? {} : { align }) },
    (item) => cellOf(item, side, index),
  ]);

const checkName = ({ metric, budget, ...at }: Verdict): string =>
  keyOf(at) + JSON.stringify([metric, budget]);

const verdictCell = (check: Verdict, { view }: Side): Cell => {
  const verdict = view.verdicts.find((one) => checkName(one) === checkName(check));
  if (verdict === undefined) return say.absent("not judged in this record");
  const title = say.badge(verdict.kind, verdictTitle(verdict.kind));
  const figure = judgedFigure(view, verdict);
  return figure === undefined ? title : say.pair(title, figure);
};

const answerCell = (agent: string, side: Side): Cell => {
  const { view } = side;
  const decision = view.decisions.agents.find((one) => one.agent === agent);
  if (decision === undefined) return say.absent("not in this record");
  const costs = decision.costs.flatMap(({ operation, cost, unit }) =>
    cost === null ? [] : [say.figures(`${operation} ${formatCost(cost, unit)}`)],
  );
  // What every line would repeat stands above the table.
  const causes = decision.why.filter(({ kind }) => kind !== "emulated");
  const why =
    decision.answer === "within" || causes.length === 0 ? [] : [whyCell({ ...decision, why: causes })];
  const seen = view.host.emulated ? seenCells(agent, side) : [];
  return say.pair(answerBadge(decision), ...why, ...seen, ...costs);
};

/** Agents that are within in every record first, as each record lists them. */
const agentsOf = ({ sides }: Comparison): readonly string[] => {
  const missing = ranNowhere(sides);
  const all = sides.flatMap(({ view }) => view.decisions.agents).filter(({ agent }) => !missing.has(agent));
  const worst = (agent: string): number =>
    Math.max(...all.filter((one) => one.agent === agent).map(({ answer }) => ANSWER_ORDER.indexOf(answer)));
  return [...new Set(all.map(({ agent }) => agent))].toSorted((a, b) => worst(a) - worst(b));
};

const decisionSection = (comparison: Comparison, here: readonly StatusHere[] | undefined): Section => {
  const agents = agentsOf(comparison);
  return {
    id: "decision",
    title: "May it be rolled out?",
    blocks: [
      ...bannersOf(comparison).map((text) => say.banner(text)),
      say.lead(cheapestInEach(comparison)),
      ...say.when(
        agents.length > 0,
        say.tableOf(
          comparison.sides.every(({ view }) => view.host.emulated)
            ? "The answer of each record, with the events that each agent saw"
            : "The answer of each record, with the node CPU time of one operation above baseline and its interval",
          agents,
          [
            [say.key("agent"), (agent) => say.agent(agent)],
            ...sideFields(comparison, (agent: string, side) => answerCell(agent, side)),
          ],
          "decision",
        ),
      ),
      say.list([...whatRan(comparison, here), ...ranNowhereText(comparison.sides)]),
      say.note(comparedSentence(comparison)),
    ],
  };
};

const verdictSection = (comparison: Comparison): Section => {
  const verdicts = comparison.sides.flatMap(({ view }) => view.verdicts);
  const checks = new Map(verdicts.map((verdict) => [checkName(verdict), verdict]));
  const table = say.tableOf(
    "Verdicts by agent, operation and record",
    [...checks.values()],
    [
      [say.key("agent"), ({ agent }) => say.agent(agent)],
      [
        say.key("operation and budget"),
        (check) => say.pair(checkPlace(check), say.figures(checkBudget(check))),
      ],
      ...sideFields(comparison, verdictCell),
    ],
  );
  return {
    id: "verdicts",
    title: "Verdicts",
    short: "Verdicts",
    blocks: [
      checks.size === 0
        ? say.note("No budget was declared in any record.")
        : { kind: "folded", title: "Every verdict by agent, operation and record", blocks: [table] },
    ],
  };
};

const differenceCell = (difference: Difference, index: number): Cell => {
  const said = shown(difference, difference.values[index] ?? null);
  if (said === null) return say.absent("not in this record");
  return said.length > MAX_CODE ? { kind: "code", text: said, folds: true } : say.text(said);
};

export const differenceBlock = (
  caption: string,
  varies: readonly Difference[],
  titles: readonly string[],
): Block =>
  varies.length === 0
    ? say.note("Nothing that was recorded.")
    : say.tableOf(caption, varies, [
        ["key", ({ key }) => say.text(key)],
        ...titles.map((title, index): Field<Difference> => [title, (one) => differenceCell(one, index)]),
      ]);

const differSection = (comparison: Comparison): Section => ({
  id: "differs",
  title: "What differs",
  short: "What differs",
  blocks: [
    differenceBlock(
      "What is not the same in all records",
      comparison.varies,
      comparison.sides.map(({ label }) => label),
    ),
    ...say.when(
      comparison.keptApart.length > 0,
      say.heading("Not put together"),
      say.list(comparison.keptApart.map((apart) => keptApartText(apart, comparison.sides))),
    ),
    say.onPage(
      say.note(
        "Records stand beside each other, they are not averaged. Whether a difference comes from what is named here or from the node's day is for you to judge: no record was made at random on one of these nodes.",
      ),
    ),
  ],
});

const checkCell = (title: string, { view }: Side): Cell => {
  const same = checksOf(view).filter((check) => check.title === title);
  return same.length === 0
    ? say.absent("this check was not part of the record")
    : {
        kind: "several",
        cells: same.map(({ state, text }) => say.pair(checkBadge(state), say.figures(text))),
      };
};

const selfCheckSection = (comparison: Comparison): Section => {
  const titles = new Set(comparison.sides.flatMap(({ view }) => checksOf(view).map(({ title }) => title)));
  return {
    id: "self-checks",
    title: "Self-checks of the instrument",
    short: "Self-checks",
    blocks: [
      say.tableOf(
        "Checks of the instrument on itself, by record",
        [...titles],
        [["check", (title) => say.text(title)], ...sideFields(comparison, checkCell)],
      ),
    ],
  };
};

const COSTS: readonly MetricId[] = [
  "workload-cpu",
  "system-cpu",
  "wall",
  "latency-p50",
  "latency-p99",
  "response-p99",
];
const LEVELS: readonly MetricId[] = [
  "agent-cpu",
  "agent-cores",
  "agent-memory",
  "agent-memory-peak",
  "bpf-map-memory",
  "output-volume",
];
const BRIEF: readonly MetricId[] = ["workload-cpu", "system-cpu", "latency-p99", "agent-cpu", "agent-memory"];

/** Beyond this, figures in one unit would have too many digits to be read. */
const MAX_IN_ONE_UNIT = 1000;

const figureCell = ({ figures: all, unit }: ComparedFigure, index: number): Cell => {
  const one = all[index] ?? null;
  if (one === null) return say.absent("no such figure in this record");
  const sizes = all.flatMap((other) => (other === null ? [] : [Math.abs(other.absolute.value)]));
  const isOneUnit = Math.max(...sizes) <= MAX_IN_ONE_UNIT * Math.min(...sizes);
  const figure = estimateCell(one, isOneUnit ? scaleOf(unit, sizes) : undefined);
  const blocks = say.figures(`n = ${one.blocks}`);
  return one.ratio === null ? say.pair(figure, blocks) : say.pair(figure, say.percent(one.ratio), blocks);
};

const costDrawings = (
  comparison: Comparison,
  agents: Agents,
  group: ComparedGroup,
  index: number,
): readonly Drawing[] => {
  const metric = COSTS.find((one) => group.figures.some((figure) => figure.metric === one));
  const plotted = group.figures
    .filter((figure) => figure.metric === metric)
    .flatMap(({ agent, figures }) =>
      figures.flatMap((estimate, side): readonly Plotted[] =>
        estimate === null ? [] : [{ estimate, name: `${agent}, ${comparison.sides[side]?.label ?? ""}` }],
      ),
    );
  const where = `in ${groupTitle(group)}, one row an agent and record; the table below holds the same figures`;
  return [
    ...absoluteDrawing(agents, plotted, { name: `cost-${index + 1}`, where }),
    ...percentDrawing(agents, plotted, { name: `cost-percent-${index + 1}`, where }),
  ];
};

const figureSection = (
  comparison: Comparison,
  agents: Agents,
  { id, title, short }: Pick<Section, "id" | "title"> & { readonly short: string },
  metrics: readonly MetricId[],
): Section => {
  const isContended = comparison.sides.some(({ view }) => view.selfChecks.noise.contended);
  const blocks = comparedGroups(comparison).flatMap((group, index): readonly Block[] => {
    const figures = metrics.flatMap((metric) => group.figures.filter((one) => one.metric === metric));
    if (figures.length === 0) return [];
    const drawings = metrics === COSTS ? costDrawings(comparison, agents, group, index) : [];
    return [
      say.heading(operationTitle(group), conditionsOf(group)),
      ...say.when(drawings.length > 0, say.charts(drawings)),
      say.tableOf(
        `${title}: ${groupTitle(group)}, means over n blocks with their intervals`,
        figures,
        [
          [say.key("agent"), ({ agent }) => say.agent(agent)],
          [say.key("metric"), ({ metric }) => say.text(METRICS[metric].title)],
          ...sideFields(comparison, (one: ComparedFigure, _, side) => figureCell(one, side), "right"),
        ],
        "dense",
        ({ metric }) => ({
          isDoubtful: isContended && isWallClock(metric),
          ...(BRIEF.includes(metric) ? {} : { on: ["page"] }),
        }),
      ),
    ];
  });
  return {
    id,
    title,
    short,
    blocks: blocks.length === 0 ? [say.note("No figure can be put side by side.")] : blocks,
  };
};

const lossCell = (loss: ComparedLoss, index: number): Cell => {
  const row = loss.rows[index] ?? null;
  if (row === null) return say.absent("no events were counted in this record");
  const of = `of ${formatCount(row.operations)}`;
  return say.pair(
    say.figures(formatLoss(row.lossRate)),
    row.silentLost !== null && row.silentLost.low > 0
      ? say.alarm(`${of}, ${formatRange(row.silentLost)} silent`)
      : say.figures(of),
  );
};

const lossSection = (comparison: Comparison): Section => {
  const table = say.tableOf(
    "Share of the events lost, with its 95 % interval, and how many of them silently",
    comparison.losses,
    [
      [say.key("agent"), ({ agent }) => say.agent(agent)],
      [say.key("scenario"), (loss) => say.place(loss.scenario, conditionsOf(loss))],
      ...sideFields(comparison, (loss: ComparedLoss, _, side) => lossCell(loss, side), "right"),
    ],
  );
  return {
    id: "events",
    title: "Events: what was delivered and what was lost",
    short: "Events",
    blocks: [
      comparison.losses.length === 0
        ? say.note("No events were counted, or not under the same load.")
        : say.folding(table),
    ],
  };
};

const warningSection = ({ sides }: Comparison): Section => ({
  id: "limits",
  title: "Warnings",
  short: "Warnings",
  blocks: sides.flatMap(({ label, view }) => listed(label, view.warnings.map(warningText), "None.")),
});

/** @param evidence for each side, further facts such as the record's path and digest */
export const comparedEvidence = (
  { sides }: Comparison,
  evidence: readonly (readonly Evidence[])[],
): Section => ({
  id: "evidence",
  title: "Evidence",
  short: "Evidence",
  blocks: sides.flatMap(({ label, view: { run, host } }, index) => [
    say.heading(label),
    evidenceFacts([
      { title: "Run", text: run.id },
      { title: "Started", text: formatTime(run.startedAt) },
      { title: "Node", text: `${host.hostname}, ${host.cpuModel}, kernel ${host.kernel} ${host.arch}` },
      { title: "Tool", text: `${run.tool}, method ${run.method}` },
      { title: "Command", text: run.command.join(" ") },
      ...(evidence[index] ?? []),
    ]),
  ]),
});

/** Without evidence, which only a page has. `here`: what was found of the agents on this machine. */
export const comparisonSections = (
  comparison: Comparison,
  agents: Agents,
  here?: readonly StatusHere[],
): readonly Section[] => {
  if (countsOnly(comparison)) return countedSections(comparison);
  const records = [decisionSection(comparison, here), ...detailSections(comparison, agents)];
  return isFleet(comparison)
    ? [...fleetSections(comparison, agents), ...inRecords(comparison, records)]
    : records;
};

/** More columns than these are no table any more where nothing can be scrolled. */
const MAX_RECORDS_IN_TEXT = 4;

/** In a fleet the records are the details; what stands above all of them is said before. */
const inRecords = ({ sides }: Comparison, [first, ...rest]: readonly Section[]): readonly Section[] => {
  if (first === undefined) return [];
  const blocks = first.blocks.filter(({ kind }) => kind !== "banner");
  const title = "Each record";
  const sections = [{ ...first, id: "records", title, short: title, blocks }, ...rest];
  return sides.length <= MAX_RECORDS_IN_TEXT
    ? sections
    : sections.map((section) => ({
        ...section,
        blocks: section.blocks.filter((block) => say.isOn(block, "page")).map(say.onPage),
      }));
};

const FLEET_SECTIONS = 4;

const fleetSections = (comparison: Comparison, agents: Agents): readonly Section[] => [
  fleetDecision(comparison),
  fleetKinds(comparison, agents),
  fleetNodes(comparison),
  fleetCostSection(comparison, agents),
];

const countedSections = (comparison: Comparison): readonly Section[] => [
  comparedCounts(comparison),
  differSection(comparison),
  lossSection(comparison),
  warningSection(comparison),
];

/** For a terminal: what matters most stands last, above the prompt. */
export const terminalComparison = (
  comparison: Comparison,
  agents: Agents,
  here?: readonly StatusHere[],
): readonly Section[] => {
  const sections = comparisonSections(comparison, agents, here);
  if (countsOnly(comparison)) return sections.toReversed();
  const deciding = isFleet(comparison) ? FLEET_SECTIONS : 1;
  return [...sections.slice(deciding), ...sections.slice(0, deciding).toReversed()];
};

const detailSections = (comparison: Comparison, agents: Agents): readonly Section[] => [
  verdictSection(comparison),
  differSection(comparison),
  selfCheckSection(comparison),
  figureSection(comparison, agents, { id: "cost", title: "Cost of an operation", short: "Cost" }, COSTS),
  figureSection(
    comparison,
    agents,
    { id: "levels", title: "What the agents use themselves", short: "Agents' CPU and memory" },
    LEVELS,
  ),
  lossSection(comparison),
  warningSection(comparison),
];
