/** What was counted in place of time: the same table for every medium, and where the instructions of an event go. */
import { type CountRow, type Counting, NOT_TIME, type Spread } from "../../domain/counting.ts";
import type { RunView } from "../../domain/run-view.ts";
import { drawStackedBars } from "../charts/stacked-bars.ts";
import { formatCount, formatNumber, formatNumberOf, ratioOf } from "../format.ts";
import { typeset } from "../page/typeset.ts";
import { groupsBy, operationTitle } from "../select.ts";
import type { Block, Cell, Drawing, Facts, Field, LegendItem, Section } from "./section.ts";
import * as say from "./section.ts";

export const COUNTED = `${NOT_TIME}: they know nothing of caches, of memory and of waiting, and are the same on every machine`;

const PARTS = [
  {
    part: "path",
    title: "in the kernel's path of the system call",
    short: "kernel path",
    colour: "var(--delivered)",
  },
  { part: "programs", title: "in the agent's BPF programs", short: "BPF programs", colour: "var(--agent-0)" },
  { part: "agent", title: "in the agent's processes", short: "agent", colour: "var(--declared)" },
  {
    part: "client",
    title: "in the client that takes its events",
    short: "client",
    colour: "var(--agent-1)",
  },
  {
    part: "kernelThreads",
    title: "in kernel threads",
    short: "kernel threads",
    colour: "var(--unattributed)",
  },
  {
    part: "rest",
    title: "in interrupts and switches",
    short: "interrupts, switches",
    colour: "var(--silent)",
  },
] as const satisfies readonly (LegendItem & {
  readonly part: keyof CountRow["parts"];
  readonly short: string;
})[];

const whole = (figure: number): string => formatCount(Math.round(figure));
export const signed = (figure: number): string => `${figure > 0 ? "+" : ""}${whole(figure)}`;

export const rangeText = ({ low, high }: Spread, boots: number): string =>
  boots === 1 ? "one boot" : `${whole(low)} to ${whole(high)}`;

export const ratioText = ({ added, baseline, perEvent }: CountRow): string =>
  baseline.median <= 0
    ? "-"
    : ratioOf({
        value: (baseline.median + added.median / perEvent) / baseline.median,
        low: null,
        high: null,
      }).value;

const orAbsent = (figure: number | null, why: string): Cell =>
  figure === null ? say.absent(why) : say.figures(signed(figure));

const ABSENT: Partial<Record<keyof CountRow["parts"], string>> = {
  programs: "not told apart: in the path",
  client: "it has none",
};

const partField = ({ part, short }: (typeof PARTS)[number], expendable: number): Field<CountRow> => [
  say.right(short, expendable),
  ({ parts }) => orAbsent(parts[part], ABSENT[part] ?? "not told"),
];

/** An agent from its hooks to its reader, each phase with all of the one before. */
const PHASES: readonly Field<CountRow>[] = [
  [say.key("agent"), ({ agent }) => say.agent(agent)],
  [{ title: "operation", terminal: "above" }, (row) => say.text(operationTitle(row))],
  [say.right("attached, reporting nothing"), ({ phases }) => orAbsent(phases.silent, "not tried")],
  [say.right("reporting, read by nobody"), ({ phases }) => orAbsent(phases.unread, "not tried")],
  [
    say.right("as it is"),
    ({ medianAdded }) => orAbsent(medianAdded?.median ?? null, "no operation was timed"),
  ],
];

const FIELDS: readonly Field<CountRow>[] = [
  [say.key("agent"), ({ agent }) => say.agent(agent)],
  [{ title: "operation", terminal: "above" }, (row) => say.text(operationTitle(row))],
  [say.right("added"), ({ added }) => say.figures(signed(added.median))],
  [say.right("over the seeds"), ({ added, boots }) => say.figures(rangeText(added, boots))],
  [say.right("ratio"), (row) => say.figures(ratioText(row))],
  [say.right("baseline"), ({ baseline }) => say.figures(whole(baseline.median))],
  [
    say.right("median operation", 3),
    ({ medianAdded }) =>
      medianAdded === null ? say.absent("no operation was timed") : say.figures(signed(medianAdded.median)),
  ],
  ...PARTS.map((part, index) => partField(part, 4 + index)),
  [
    say.right("wake-ups an event", 2),
    ({ wakeUps }) => (wakeUps === null ? say.absent("not counted") : say.figures(formatNumber(wakeUps))),
  ],
  [say.right("n", 1), ({ boots }) => say.count(boots)],
];

const drawingOf =
  (rows: readonly [CountRow, ...CountRow[]], index: number): Drawing =>
  () =>
    drawStackedBars({
      name: `instructions-${index + 1}`,
      label: `Instructions that agents add to ${operationTitle(rows[0])}, by where they are done, one bar an agent`,
      axis: `${operationTitle(rows[0])}: above the baseline (${NOT_TIME})`,
      rows: rows.map(({ agent, parts, boots, baseline }) => ({
        title: agent,
        agent,
        note: `${formatNumberOf(boots, "boot")}, the workload ${whole(baseline.median)}`,
        parts: PARTS.map(({ part, title, colour }) => ({
          title,
          value: parts[part] ?? 0,
          colour,
          opacity: 1,
          tip: `${agent}: ${typeset(signed(parts[part] ?? 0))} ${title}`,
        })),
      })),
    });

export const countSection = (view: RunView): Section => {
  const rows = view.counts?.rows ?? [];
  const phased = rows.filter(({ phases }) => phases.silent !== null || phases.unread !== null);
  const drawings = groupsBy(rows, operationTitle).map((group, index) => drawingOf(group, index));
  return {
    id: "counts",
    title: "Instructions of an event",
    short: "Instructions",
    blocks: [
      say.banner(COUNTED),
      ...say.when<Block>(drawings.length > 0, say.charts(drawings), {
        kind: "legend",
        items: PARTS.map(({ title, colour }) => ({ title, colour })),
        on: ["page"],
      }),
      say.tableOf(
        "Instructions above the baseline for a delivered event: median over boots with different seeds, and their range. Beside it where an operation's are done, and how often the agent was put on the CPU for an event",
        rows,
        FIELDS,
      ),
      ...say.when(
        phased.length > 0,
        say.tableOf(
          "Of that, by phases: what the median operation takes more while the agent's hooks are in place and it reports nothing, while it reports and its processes are frozen, and as it is",
          phased,
          PHASES,
        ),
      ),
      ...say.when(rows.length === 0, say.note("No agent could be compared with a baseline.")),
    ],
  };
};

const gateText = ({ gate }: Counting): string =>
  `${formatNumberOf(gate.boots, "boot")} with seed ${gate.seed} and a fixed layout said the same to the byte, for each agent`;

const loopText = ({ knownLoop: { instructions, slope, residual } }: Counting): string =>
  `a turn of ${instructions} instructions took ${formatNumber(slope)} of the guest's clock, farthest point ${formatCount(Math.round(residual))} off the line`;

export const countFacts = ({ counting }: NonNullable<RunView["counts"]>): Facts => [
  ["Gate", gateText(counting)],
  ["Known loop", loopText(counting)],
  ["Seeds", counting.seeds.join(", ")],
  ["QEMU", { kind: "code", text: `${counting.qemu}: ${counting.machine.join(" ")}` }],
  ["Kernel's arguments", { kind: "code", text: counting.kernelLine }],
  ["Kernel's image", { kind: "code", text: counting.kernel }],
  ...say.when<Facts[number]>(counting.compilers !== undefined, ["Compilers", counting.compilers ?? ""]),
  ...Object.entries(counting.initramfs).map(
    ([agent, digest]) => [`Guest of ${agent}`, { kind: "code", text: digest }] as const,
  ),
];
