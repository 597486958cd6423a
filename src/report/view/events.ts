/** What the agents delivered of what really happened. */
import type { RunView } from "../../domain/run-view.ts";
import type { LedgerRow } from "../../domain/verdict.ts";
import { drawStackedBars } from "../charts/stacked-bars.ts";
import { formatCount, formatLoss, formatNumberOf } from "../format.ts";
import { typeset } from "../page/typeset.ts";
import { conditionsOf, ledgerGroupsOf, loadTitle, under, type LedgerGroup } from "../select.ts";
import { ledgerNoteText } from "../words/notes.ts";
import { backpressureBlocks } from "./backpressure.ts";
import { coverageBlocks, techniqueBlocks } from "./coverage.ts";
import { deliveryBlocks, lossByRateBlocks } from "./loss-by-rate.ts";
import { loneEventBlocks } from "./lone-events.ts";
import type { Block, Drawing, LegendItem, Section } from "./section.ts";
import * as say from "./section.ts";

const PARTS = [
  { title: "delivered", colour: "var(--delivered)" },
  { title: "declared lost", colour: "var(--declared)" },
  { title: "declared or silent", colour: "var(--unattributed)" },
  { title: "silently lost", colour: "var(--silent)" },
] as const satisfies readonly LegendItem[];

/** In the order of `PARTS`; nothing to draw where nothing was done. */
const sharesOf = (view: RunView, row: LedgerRow): readonly number[] => {
  const shares = under(view.deliveries, row)?.shares ?? null;
  return shares === null ? [] : [shares.delivered, shares.declared ?? 0, shares.unattributed, shares.silent];
};

const tipOf = (row: LedgerRow, share: number, part: string): string =>
  `${row.agent}: ${typeset(formatCount(Math.round((share / 100) * row.operations)))} of ${formatCount(row.operations)} ${part}`;

const drawingOf =
  (view: RunView, group: LedgerGroup, index: number): Drawing =>
  () =>
    drawStackedBars({
      name: `events-${index + 1}`,
      label: `Events of ${loadTitle(group)}: shares delivered, declared lost, lost without knowing which, and silently lost, percent of the operations, one bar an agent`,
      axis: "share of the operations, %",
      domain: [0, 100],
      rows: group.rows.map((row) => ({
        title: row.agent,
        agent: row.agent,
        note: `n = ${formatCount(row.operations)}`,
        parts: sharesOf(view, row).map((value, part) => {
          const { title, colour } = PARTS[part] ?? PARTS[0];
          return { title, value, colour, opacity: 1, tip: tipOf(row, value, title) };
        }),
      })),
    });

const notesOf = (row: LedgerRow): string =>
  [...(row.balanced ? [] : ["the ledger does not balance"]), ...row.notes.map(ledgerNoteText)].join("; ");

const NO_COUNTER = "no counter of the agent could be read";

const ledgerTable = ({ ledger }: RunView): Block =>
  say.folding(
    say.tableOf("Events by agent and load, with the 95 % interval of the loss", ledger, [
      [say.key("agent"), ({ agent }) => say.agent(agent)],
      [{ title: "scenario", terminal: "above" }, (row) => say.place(row.scenario, conditionsOf(row))],
      [say.right("operations", 2), ({ operations }) => say.count(operations)],
      [say.right("delivered"), ({ delivered }) => say.count(delivered)],
      [say.right("declared\nlost", 1), ({ declaredLost }) => say.rangeOr(declaredLost, NO_COUNTER)],
      [
        say.right("silently\nlost"),
        ({ silentLost }) => say.rangeOr(silentLost, `unknown: ${NO_COUNTER}`, true),
      ],
      [say.right("duplicates", 3), ({ duplicates }) => say.count(duplicates)],
      ["lost in all", ({ lossRate }) => say.figures(formatLoss(lossRate))],
      [say.right("blocks", 4), ({ blocks }) => say.count(blocks)],
      [{ title: "notes", terminal: "below" }, (row) => say.text(notesOf(row))],
    ]),
  );

const silentBanner = ({ ledger }: RunView): readonly Block[] => {
  const silent = ledger.filter(({ silentLost }) => silentLost !== null && silentLost.low > 0);
  if (silent.length === 0) return [];
  const agents = [...new Set(silent.map((row) => row.agent))].join(", ");
  const said = `Silent loss in ${formatNumberOf(silent.length, "ledger")}: ${agents}.`;
  return [say.onPage(say.banner(said, true))];
};

const countedBlocks = (view: RunView): readonly Block[] => [
  { kind: "legend", items: PARTS },
  {
    kind: "groups",
    on: ["page"],
    groups: ledgerGroupsOf(view).map((group, index) => [
      say.heading(group.scenario, conditionsOf(group)),
      say.charts([drawingOf(view, group, index)]),
    ]),
  },
  ledgerTable(view),
  say.inText(
    say.note(
      "lost: share of the operations with its 95 % interval over blocks; silent: missing and not admitted by the agent; a range where its counter counts something else than events",
    ),
  ),
];

/** Where an agent need not see every event, what was delivered is told with its coverage. */
const noLedgerText = ({ coverage }: RunView): string =>
  coverage.some(({ seen }) => seen !== undefined && seen.length > 0)
    ? "Of no agent is it known what it lost: none is to see every event. What was delivered stands under what is not observed by design."
    : "No events were counted.";

export const eventSection = (view: RunView): Section => ({
  id: "events",
  title: "Events: what was delivered and what was lost",
  short: "Events",
  blocks: [
    say.onPage(
      say.note(
        "Every operation carries its own mark, and the agent's output is searched for each. Declared are the events that the agent's own counters admit to having lost; silent is what is missing beyond that. Where a counter counts records instead of events, or other events as well, both are known within bounds. Each trial is balanced by itself. Zero lost of n is no proof: the interval says how much loss would still be compatible with it.",
      ),
    ),
    ...silentBanner(view),
    ...(view.ledger.length === 0 ? [say.note(noLedgerText(view))] : countedBlocks(view)),
    ...lossByRateBlocks(view),
    ...deliveryBlocks(view),
    ...loneEventBlocks(view),
    ...techniqueBlocks(view),
    ...backpressureBlocks(view),
    ...coverageBlocks(view),
  ],
});
