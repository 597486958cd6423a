/** What agents take of a node on which nothing happens, and what they keep of processes and files that are gone. */
import { parseCpuList } from "../../domain/cpu-list.ts";
import { BASELINE } from "../../domain/plan.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { Unit } from "../../domain/units.ts";
import type { Interval } from "../../domain/verdict.ts";
import type { AtRestRow, ChurnRow } from "../../domain/watched.ts";
import { drawHeatStrips, type HeatRow } from "../charts/heat-strips.ts";
import { drawMemoryCurves } from "../charts/memory-curves.ts";
import { lookOf } from "../charts/palette.ts";
import { figureOf, formatBytes, formatCount, formatDuration, formatNumber, formatPart } from "../format.ts";
import { backText, lostText, notWatchedText, rhythmText } from "../words/watched.ts";
import type { Block, Cell, Column, Field, Section } from "./section.ts";
import * as say from "./section.ts";
import { textStrip } from "./text-strip.ts";

const SECONDS_A_DAY = 86_400;
/** Of what was counted for a minute, told for a day. */
const FIGURES = 3;

const levelOr = (interval: Interval | null, unit: Unit): Cell =>
  interval === null ? say.absent("could not be read") : say.level(interval, unit);

const scaled = ({ value, low, high }: Interval, factor: number): Interval => ({
  value: value * factor,
  low: low === null ? null : low * factor,
  high: high === null ? null : high * factor,
});

const bytesADay = (interval: Interval | null): Cell =>
  interval === null
    ? say.absent("could not be read")
    : say.figures(formatBytes(interval.value * SECONDS_A_DAY));

const countADay = (interval: Interval | null): Cell =>
  interval === null
    ? say.absent("it writes none, or they could not be counted")
    : say.figures(formatCount(Number((interval.value * SECONDS_A_DAY).toPrecision(FIGURES))));

const isBaseline = ({ agent }: { readonly agent: string }): boolean => agent === BASELINE;

/** What its unit is, the column says. */
const plainFigure = (interval: Interval, sign = false): Cell => ({
  kind: "figure",
  figure: { ...figureOf(interval, "cores", { sign }), unit: "" },
});

/** Thousandths of a CPU: at rest, a CPU is no unit. */
const MILLI = 1000;
const MILLI_UNIT = "mCPU";

const milliOr = (interval: Interval | null, why: string, isCost = false): Cell => {
  if (interval === null) return say.absent(why);
  return plainFigure(scaled(interval, MILLI), isCost);
};

/** The node's own strip has a scale of its own, or it would hide what agents take. */
const highest = (rows: readonly AtRestRow[], of: AtRestRow): number =>
  Math.max(
    0,
    ...rows
      .filter((row) => isBaseline(row) === isBaseline(of))
      .flatMap(({ strip }) => strip.map((cores) => cores ?? 0)),
  );

/** What a narrow terminal has no room for stands below its row. */
const folded = (title: string, expendable: number): Column => ({
  ...say.right(title, expendable),
  folds: true,
});

const restFields = (rows: readonly AtRestRow[]): readonly Field<AtRestRow>[] => [
  [say.key("agent"), ({ agent }) => say.agent(agent)],
  [
    { ...say.right("agent's CPU"), unit: MILLI_UNIT },
    (row) => milliOr(row.cores, isBaseline(row) ? "no agent" : "could not be read"),
  ],
  [
    folded("in user mode", 6),
    ({ userShare }) => (userShare === null ? say.absent("not told") : say.figures(formatPart(userShare))),
  ],
  [
    { ...say.right("node's CPU\nabove baseline"), unit: MILLI_UNIT },
    (row) => milliOr(row.nodeCores, "could not be read", !isBaseline(row)),
  ],
  [
    folded("wake-ups\na second", 2),
    ({ wakeUpsPerSecond: rate }) => (rate === null ? say.absent("could not be read") : plainFigure(rate)),
  ],
  [folded("memory (PSS)", 1), ({ memoryMiB }) => levelOr(memoryMiB, "MiB")],
  [folded("BPF maps", 5), ({ bpfMapMiB }) => levelOr(bpfMapMiB, "MiB")],
  [folded("to storage\na day", 4), ({ storageBytesPerSecond }) => bytesADay(storageBytesPerSecond)],
  [folded("events written\na day", 3), ({ outputBytesPerSecond }) => bytesADay(outputBytesPerSecond)],
  [say.right("events\na day"), ({ eventsPerSecond }) => countADay(eventsPerSecond)],
  [
    { title: "second by second", terminal: "below", on: ["terminal", "markdown"] },
    (row) =>
      row.strip.length === 0
        ? say.absent("could not be read")
        : say.text(textStrip(row.strip, highest(rows, row))),
  ],
  [
    { title: "comes back", terminal: "below" },
    ({ rhythm }) => (rhythm === null ? say.absent("no rhythm was seen") : say.figures(rhythmText(rhythm))),
  ],
  [say.right("n"), ({ blocks }) => say.count(blocks)],
];

/** Without any agent, of each CPU: more is no rest, and agents that watch it have that to do. */
const MAX_RESTLESS = 0.05;

/** Of the whole node, as is what it took, where the run may have had few of them. */
const nodeCpus = ({ cpus, onlineCpus }: RunView["host"]): number =>
  onlineCpus?.kind === "value" ? Math.max(cpus, parseCpuList(onlineCpus.value).length) : cpus;

const restlessness = ({ host }: RunView, rows: readonly AtRestRow[]): readonly Block[] => {
  const cores = rows.find(isBaseline)?.nodeCores?.value ?? 0;
  const cpus = nodeCpus(host);
  return say.when(
    cores > MAX_RESTLESS * cpus,
    say.banner(
      `this node was not at rest: without any agent it took ${formatNumber(cores * MILLI)} ${MILLI_UNIT} of its ${formatCount(cpus * MILLI)}, and agents had that to watch`,
    ),
  );
};

const measuredRows = <T extends { readonly blocks: number }>(rows: readonly T[]): readonly T[] =>
  rows.filter(({ blocks }) => blocks > 0);

const notMeasured = (rows: readonly (AtRestRow | ChurnRow)[]): readonly Block[] => {
  const without = rows.filter(({ unmeasured }) => unmeasured.length > 0);
  return say.when(without.length > 0, {
    kind: "list",
    items: without.map((row) => ({
      agent: row.agent,
      text: `${row.agent}, ${row.scenario}: ${notWatchedText(row)}`,
    })),
  } as const);
};

/** An agent that reads nothing any more takes little. */
const lost = (rows: readonly (AtRestRow | ChurnRow)[]): readonly Block[] => {
  const items = rows.flatMap((row) => {
    const text = lostText(row);
    return text === undefined ? [] : [{ agent: row.agent, text: `${row.agent}: ${text}` }];
  });
  return say.when(items.length > 0, { kind: "list", items } as const);
};

const shareOf = (cores: number, most: number): number =>
  most === 0 ? 0 : Math.sqrt(Math.max(0, cores) / most);

const heatRows = (view: RunView, rows: readonly AtRestRow[]): readonly HeatRow[] => {
  return rows.map((row) => ({
    agent: row.agent,
    title: isBaseline(row) ? "node alone" : row.agent,
    note: row.rhythm === null ? "" : `every ${formatDuration(1000 * row.rhythm.everySeconds)}`,
    colour: lookOf(view, row.agent).colour,
    cells: row.strip.flatMap((cores, second) =>
      cores === null
        ? []
        : [
            {
              second,
              share: shareOf(cores, highest(rows, row)),
              tip: `${row.agent}, second ${second + 1}: ${formatNumber(cores * MILLI)} ${MILLI_UNIT}`,
            },
          ],
    ),
  }));
};

/** Nothing where no agent was watched at rest. */
export const atRestSection = (view: RunView): readonly Section[] => {
  const { atRest } = view.watched;
  const rows = measuredRows(atRest);
  const [first] = atRest;
  if (first === undefined) return [];
  const strips = rows.filter(({ strip }) => strip.some((one) => one !== null));
  const drawing: Block = {
    kind: "charts",
    wide: "CPU time at rest, second by second",
    drawings: [
      () =>
        drawHeatStrips({
          name: "at-rest",
          label: `CPU time of each agent in each second of its first window at rest; the table below holds their means`,
          rows: heatRows(view, strips),
        }),
    ],
  };
  return [
    {
      id: "at-rest",
      title: "At rest",
      short: "At rest",
      blocks: [
        say.note(
          `What an agent takes of a node on which nothing happens: windows of ${formatDuration(1000 * first.seconds)} without a workload, a start of the agent in each. The node's own unrest is in the baseline's row. 1 mCPU is a thousandth of a CPU.`,
        ),
        ...restlessness(view, rows),
        ...say.when(strips.length > 0, drawing),
        ...say.when(
          strips.length > 0,
          say.onPage(
            say.note(
              "One cell a second, of each agent's first window; darkness grows with the square root of CPU time, on one scale for all agents; the node alone has its own.",
            ),
          ),
        ),
        ...say.when(
          rows.length > 0,
          say.tableOf(
            "At rest: means over n windows with their 95 % intervals",
            rows,
            restFields(rows),
            "dense",
          ),
        ),
        ...lost(rows),
        ...notMeasured(atRest),
      ],
    },
  ];
};

const churnFields: readonly Field<ChurnRow>[] = [
  [say.key("agent"), ({ agent }) => say.agent(agent)],
  [folded("before", 1), ({ beforeMiB }) => levelOr(beforeMiB, "MiB")],
  [say.right("highest"), ({ highestMiB }) => levelOr(highestMiB, "MiB")],
  [folded("when it ended", 3), ({ endMiB }) => levelOr(endMiB, "MiB")],
  [
    say.right("growth a minute,\nlast half"),
    ({ slopeMiBPerMinute: slope }) =>
      slope === null ? say.absent("could not be read") : say.cost(slope, "MiB"),
  ],
  [folded("afterwards", 2), ({ afterMiB }) => levelOr(afterMiB, "MiB")],
  [
    { title: "back within 5 % or 1 MiB", terminal: "below" },
    ({ back, afterSeconds }) => say.text(backText(back, afterSeconds)),
  ],
  [
    folded("trees", 4),
    ({ trees }) =>
      trees === null
        ? say.absent("none")
        : say.figures(`${formatCount(trees.done - trees.failed)} of ${formatCount(trees.planned)}`),
  ],
  [say.right("n"), ({ blocks }) => say.count(blocks)],
];

/** Nothing where there was no churn. */
export const churnSection = (view: RunView): readonly Section[] => {
  const { churn } = view.watched;
  const rows = measuredRows(churn);
  const [first] = churn;
  if (first === undefined) return [];
  const curves = rows.filter(({ curve }) => curve.length > 0);
  const drawing: Block = {
    kind: "charts",
    wide: "Memory while processes and files come and go",
    drawings: [
      () =>
        drawMemoryCurves({
          name: "churn",
          label: "Memory of each agent over the seconds of its first window; the table below holds its ends",
          endedSeconds: first.seconds,
          curves: curves.map(({ agent, curve }) => ({
            agent,
            ...lookOf(view, agent),
            points: curve,
            tip: agent,
          })),
        }),
    ],
  };
  return [
    {
      id: "churn",
      title: "While processes and files come and go",
      short: "Churn",
      blocks: [
        say.note(
          `Trees of short-lived processes with open files for ${formatDuration(1000 * first.seconds)}, then nothing for ${formatDuration(1000 * first.afterSeconds)}. Memory is what the agent's cgroup is charged for, without pages of files.`,
        ),
        ...say.when(curves.length > 0, drawing),
        ...say.when(
          rows.length > 0,
          say.tableOf("Memory of each agent: means over n windows", rows, churnFields, "dense"),
        ),
        ...lost(rows),
        ...notMeasured(churn),
      ],
    },
  ];
};
