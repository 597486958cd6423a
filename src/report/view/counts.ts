/** What was counted in place of time: the same table for every medium, and where the instructions of an event go. */
import { type CountRow, type Counting, NOT_TIME, type Spread } from "../../domain/counting.ts";
import type { RunView } from "../../domain/run-view.ts";
import { drawStackedBars } from "../charts/stacked-bars.ts";
import { formatCount, formatNumber, formatNumberOf, ratioOf } from "../format.ts";
import { typeset } from "../page/typeset.ts";
import { groupsBy, operationTitle } from "../select.ts";
import type { Block, Drawing, Facts, Field, LegendItem, Section } from "./section.ts";
import * as say from "./section.ts";

export const COUNTED = `${NOT_TIME}: they know nothing of caches, of memory and of waiting, and are the same on every machine`;

const PARTS = [
  { part: "caller", title: "in the caller's system call", colour: "var(--delivered)" },
  { part: "agent", title: "in the agent's processes", colour: "var(--declared)" },
  { part: "kernelThreads", title: "in kernel threads", colour: "var(--unattributed)" },
  { part: "rest", title: "in interrupts and switches", colour: "var(--silent)" },
] as const satisfies readonly (LegendItem & { readonly part: keyof CountRow["parts"] })[];

const whole = (figure: number): string => formatCount(Math.round(figure));
const signed = (figure: number): string => `${figure > 0 ? "+" : ""}${whole(figure)}`;

const rangeText = ({ low, high }: Spread, boots: number): string =>
  boots === 1 ? "one boot" : `${whole(low)} to ${whole(high)}`;

const ratioText = ({ added, baseline, perEvent }: CountRow): string =>
  baseline.median <= 0
    ? "-"
    : ratioOf({
        value: (baseline.median + added.median / perEvent) / baseline.median,
        low: null,
        high: null,
      }).value;

const partField = ({ part, title }: (typeof PARTS)[number], expendable: number): Field<CountRow> => [
  say.right(
    title.replace("in the caller's system call", "in the caller").replace(/^in (the )?/, ""),
    expendable,
  ),
  ({ parts }) => say.figures(signed(parts[part])),
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
    say.right("wake-ups", 2),
    ({ switches }) => (switches === null ? say.absent("not counted") : say.figures(formatNumber(switches))),
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
      rows: rows.map(({ agent, parts, boots }) => ({
        title: agent,
        agent,
        note: formatNumberOf(boots, "boot"),
        parts: PARTS.map(({ part, title, colour }) => ({
          title,
          value: parts[part],
          colour,
          opacity: 1,
          tip: `${agent}: ${typeset(signed(parts[part]))} ${title}`,
        })),
      })),
    });

export const countSection = (view: RunView): Section => {
  const rows = view.counts?.rows ?? [];
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
        "Instructions above the baseline for a delivered event: median over boots with different seeds, and their range. Beside it where an operation's are done, and how often the agent was put on the CPU for one",
        rows,
        FIELDS,
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
  ...Object.entries(counting.initramfs).map(
    ([agent, digest]) => [`Guest of ${agent}`, { kind: "code", text: digest }] as const,
  ),
];
