/** What the node did from the first trial to the last: drift, bursts of steal and an agent that grows show here. */
import { BASELINE } from "../../domain/plan.ts";
import type { RunView, TrialReadings } from "../../domain/run-view.ts";
import { downsample } from "../charts/downsample.ts";
import { lookOf } from "../charts/palette.ts";
import { drawTimeline, type TimelinePanel } from "../charts/timeline.ts";
import { formatBytes, formatNumberOf, formatValue } from "../format.ts";
import { testedAgents } from "../select.ts";
import type { Block, Cell, Section } from "./section.ts";
import * as say from "./section.ts";

interface Panel {
  readonly title: string;
  readonly axis: string;
  readonly read: (trial: TrialReadings) => number | null;
  readonly print: (value: number) => string;
}

const cores = (value: number): string => formatValue(value, "cores");

const PANELS: readonly Panel[] = [
  {
    title: "whole-system CPU",
    axis: "system, cores",
    read: ({ systemCores }) => systemCores,
    print: cores,
  },
  { title: "agent's CPU", axis: "agent, cores", read: ({ agentCores }) => agentCores, print: cores },
  {
    title: "agent's memory (PSS)",
    axis: "memory, MiB",
    read: ({ memoryMiB }) => memoryMiB,
    print: (mib) => formatBytes(mib * 2 ** 20),
  },
  {
    title: "steal",
    axis: "steal, %",
    read: ({ stealPercent }) => stealPercent,
    print: (percent) => `${Number(percent.toPrecision(3))} %`,
  },
];

/** So many marks of all panels, with their texts, leave the page small enough to be sent: those of a run of a thousand trials. */
const MAX_MARKS = 4000;
/** Beyond so many bytes of texts they are told without the scenario. */
const MAX_TEXT_BYTES = 150_000;

interface Mark {
  readonly trial: TrialReadings;
  readonly value: number;
  readonly printed: string;
}

const marksOf = (trials: readonly TrialReadings[], panel: Panel): readonly Mark[] =>
  trials.flatMap((trial) => {
    const value = panel.read(trial);
    return value === null ? [] : [{ trial, value, printed: panel.print(value) }];
  });

const inFull = ({ trial, printed }: Mark): string =>
  `${trial.agent}, ${trial.scenario}, block ${trial.block + 1}: ${printed}`;
const inShort = ({ trial, printed }: Mark): string => `${trial.agent}, block ${trial.block + 1}, ${printed}`;

/** Each agent of each panel has as many marks as any other. */
const drawnOf = (marks: readonly Mark[], trials: readonly TrialReadings[]): readonly Mark[] => {
  if (trials.length * PANELS.length <= MAX_MARKS) return marks;
  const byAgent = Map.groupBy(marks, ({ trial }) => trial.agent);
  const agents = new Set(trials.map(({ agent }) => agent)).size;
  const most = Math.floor(MAX_MARKS / (PANELS.length * agents));
  return [...byAgent.values()].flatMap((ofAgent) => downsample(ofAgent, most, ({ value }) => value));
};

const rangeCell = ({ print }: Panel, marks: readonly Mark[]): Cell => {
  if (marks.length === 0) return say.absent("could not be read in any trial");
  const values = marks.map(({ value }) => value);
  return say.text(`${print(Math.min(...values))} to ${print(Math.max(...values))}`);
};

export const timelineSection = (view: RunView): Section => {
  const { trials } = view;
  const section = { id: "timeline", title: "The run over time", short: "Timeline" };
  if (trials.length === 0) return { ...section, blocks: [say.note("No trial was measured.")] };
  const start = Math.min(...trials.map(({ startedAt }) => Date.parse(startedAt)));
  const read = PANELS.map((panel) => {
    const marks = marksOf(trials, panel);
    return { panel, marks, drawn: drawnOf(marks, trials) };
  });
  const bytes = read
    .flatMap(({ drawn }) => drawn)
    .reduce((sum, mark) => sum + Buffer.byteLength(inFull(mark)), 0);
  const tell = bytes <= MAX_TEXT_BYTES ? inFull : inShort;
  const panels = read
    .filter(({ drawn }) => drawn.length > 0)
    .map(({ panel, drawn }): TimelinePanel => ({
      axis: panel.axis,
      points: drawn.map((mark) => ({
        minutes: (Date.parse(mark.trial.startedAt) - start) / 60_000,
        value: mark.value,
        agent: mark.trial.agent,
        colour: lookOf(view, mark.trial.agent).colour,
        shape: lookOf(view, mark.trial.agent).shape,
        tip: tell(mark),
      })),
    }));
  const agents = [BASELINE, ...testedAgents(view).map(({ id }) => id)];
  const isThinned = read.some(({ marks, drawn }) => drawn.length < marks.length);
  const chart: Block =
    panels.length === 0
      ? say.note("None of the readings could be taken on this node.")
      : {
          kind: "charts",
          wide: "The run over time",
          drawings: [
            () =>
              drawTimeline({
                name: "timeline",
                label: `Readings of every trial over the run, one panel each: ${panels.map(({ axis }) => axis).join("; ")}; the table below holds their ranges`,
                panels,
              }),
          ],
        };
  return {
    ...section,
    blocks: [
      say.note(
        `A mark is one of ${formatNumberOf(trials.length, "trial")} that count. There is nothing finer to show: nothing is read inside a trial, because reading takes CPU time that would be taken for the agent's.`,
      ),
      ...(isThinned
        ? [
            say.note(
              "There are too many for one page, so that of each stretch of an agent's trials only the lowest and the highest are drawn. The table is over all of them.",
            ),
          ]
        : []),
      { kind: "legend", items: agents },
      chart,
      say.table(
        "Range of each reading over the trials of an agent",
        ["agent", ...PANELS.map(({ title }) => say.right(title))],
        agents.map((id) => [
          say.agent(id),
          ...read.map(({ panel, marks }) =>
            rangeCell(
              panel,
              marks.filter(({ trial }) => trial.agent === id),
            ),
          ),
        ]),
      ),
    ],
  };
};
