/** What the node did from the first trial to the last: drift, bursts of steal and an agent that grows show here. */
import { BASELINE, isCalibration } from "../../domain/plan.ts";
import type { RecordLine, TrialLine, TrialOutcome } from "../../domain/record.ts";
import { known } from "../../domain/units.ts";
import type { Summary } from "../../domain/verdict.ts";
import { colourOf } from "../charts/palette.ts";
import { drawTimeline } from "../charts/timeline.ts";
import type { TimelinePanel, TimelinePoint } from "../charts/timeline.ts";
import { formatBytes, formatNumberOf, formatValue } from "../format.ts";
import { testedAgents } from "../select.ts";
import { thinned } from "../thinned.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { agentLabel, note, section, table, wideChart } from "./parts.ts";
import { absent } from "./typeset.ts";

type Measured = Extract<TrialOutcome, { readonly kind: "measured" }>;
type MeasuredTrial = TrialLine & { readonly outcome: Measured };

interface Panel {
  readonly title: string;
  readonly axis: string;
  /** Undefined where it could not be read. */
  readonly read: (outcome: Measured) => number | undefined;
  readonly print: (value: number) => string;
}

const percent = (value: number): string => `${Number(value.toPrecision(3))} %`;
const cores = (value: number): string => formatValue(value, "cores");
const rate = (ns: number | undefined, { cpu }: Measured): number | undefined =>
  ns === undefined || cpu.windowNs <= 0 ? undefined : ns / cpu.windowNs;

const PANELS: readonly Panel[] = [
  {
    title: "whole-system CPU",
    axis: "system, cores",
    read: (outcome) => rate(known(outcome.cpu.systemBusyNs), outcome),
    print: cores,
  },
  {
    title: "agent's CPU",
    axis: "agent, cores",
    read: (outcome) => rate(known(outcome.cpu.agentNs), outcome),
    print: cores,
  },
  {
    title: "agent's memory (PSS)",
    axis: "memory, MiB",
    read: ({ memory }) => {
      const bytes = known(memory.pssBytes);
      return bytes === undefined ? undefined : bytes / 2 ** 20;
    },
    print: (mib) => formatBytes(mib * 2 ** 20),
  },
  {
    title: "steal",
    axis: "steal, %",
    read: ({ noise }) => known(noise.stealPercent),
    print: percent,
  },
];

/** So many marks of all panels, with their texts, leave the page small enough to be sent: those of a run of a thousand trials. */
const MAX_MARKS = 4000;
/** Beyond so many bytes of texts they are told without the scenario. */
const MAX_TEXT_BYTES = 150_000;

type Telling = (mark: Mark) => string;

const inFull: Telling = ({ trial, printed }) =>
  `${trial.agent}, ${trial.scenario}, block ${trial.block + 1}: ${printed}`;
const inShort: Telling = ({ trial, printed }) => `${trial.agent}, block ${trial.block + 1}, ${printed}`;

const isMeasured = (line: RecordLine): line is MeasuredTrial =>
  line.type === "trial" &&
  line.outcome.kind === "measured" &&
  line.rejected === null &&
  !isCalibration(line.agent);

interface Mark {
  readonly trial: MeasuredTrial;
  readonly value: number;
  readonly printed: string;
}

const marksOf = (trials: readonly MeasuredTrial[], panel: Panel): readonly Mark[] =>
  trials.flatMap((trial) => {
    const value = panel.read(trial.outcome);
    return value === undefined || !Number.isFinite(value)
      ? []
      : [{ trial, value, printed: panel.print(value) }];
  });

const tellingOf = (marks: readonly Mark[]): Telling =>
  marks.reduce((sum, mark) => sum + Buffer.byteLength(inFull(mark)), 0) <= MAX_TEXT_BYTES ? inFull : inShort;

/** Each agent of each panel has as many marks as any other. */
const drawnOf = (marks: readonly Mark[], trials: readonly MeasuredTrial[]): readonly Mark[] => {
  const agents = new Set(trials.map(({ agent }) => agent)).size;
  const most = Math.floor(MAX_MARKS / (PANELS.length * agents));
  const isLong = trials.length * PANELS.length > MAX_MARKS;
  return isLong
    ? [...Map.groupBy(marks, ({ trial }) => trial.agent).values()].flatMap((ofAgent) =>
        thinned(ofAgent, most, ({ value }) => value),
      )
    : marks;
};

const pointsOf = (
  summary: Summary,
  marks: readonly Mark[],
  start: number,
  tell: Telling,
): readonly TimelinePoint[] =>
  marks.map((mark) => ({
    minutes: (Date.parse(mark.trial.startedAt) - start) / 60_000,
    value: mark.value,
    agent: mark.trial.agent,
    colour: colourOf(summary, mark.trial.agent),
    tip: tell(mark),
  }));

const rangeOf = (panel: Panel, points: readonly Mark[]): Markup => {
  if (points.length === 0) return absent("could not be read in any trial");
  const values = points.map(({ value }) => value);
  return html`${panel.print(Math.min(...values))} to ${panel.print(Math.max(...values))}`;
};

export const timelineSection = async (summary: Summary, lines: readonly RecordLine[]): Promise<Markup> => {
  const title = "The run over time";
  const trials = lines.filter(isMeasured);
  const start = Math.min(...trials.map(({ startedAt }) => Date.parse(startedAt)));
  if (trials.length === 0 || !Number.isFinite(start)) {
    return section(
      "timeline",
      title,
      note(
        lines.length === 0
          ? "The page was made from a summary, which does not hold the trials."
          : "No trial was measured.",
      ),
    );
  }
  const read = PANELS.map((panel) => {
    const marks = marksOf(trials, panel);
    return { panel, marks, drawn: drawnOf(marks, trials) };
  });
  const telling = tellingOf(read.flatMap(({ drawn }) => drawn));
  const drawn = read.map((one) => ({ ...one, points: pointsOf(summary, one.drawn, start, telling) }));
  const left = Math.max(0, ...read.map((one) => one.marks.length - one.drawn.length));
  const panels = drawn
    .filter(({ points }) => points.length > 0)
    .map(({ panel, points }): TimelinePanel => ({ axis: panel.axis, points }));
  const agents = [BASELINE, ...testedAgents(summary).map(({ id }) => id)];
  return section(
    "timeline",
    title,
    note(
      `A mark is one of ${formatNumberOf(trials.length, "trial")} that count. There is nothing finer to show: inside a trial nobody looks, because looking costs CPU time that would be taken for the agent's.`,
    ),
    left === 0
      ? html``
      : note(
          "There are too many for one page, so that of each stretch of an agent's trials only the lowest and the highest are drawn. The table is over all of them.",
        ),
    html`<ul class="legend">
      ${agents.map((agent) => html`<li>${agentLabel(summary, agent)}</li>`)}
    </ul>`,
    panels.length === 0
      ? note("None of the readings could be taken on this node.")
      : wideChart(
          "The run over time",
          await drawTimeline({
            name: "timeline",
            label: `Readings of every trial over the run, one panel each: ${panels.map(({ axis }) => axis).join("; ")}; the table below holds their ranges`,
            panels,
          }),
        ),
    table(
      "Range of each reading over the trials of an agent",
      [{ title: "agent" }, ...PANELS.map((panel) => ({ title: panel.title, numeric: true }))],
      agents.map((agent) => ({
        header: agentLabel(summary, agent),
        cells: read.map(({ panel, marks }) =>
          rangeOf(
            panel,
            marks.filter(({ trial }) => trial.agent === agent),
          ),
        ),
      })),
    ),
  );
};
