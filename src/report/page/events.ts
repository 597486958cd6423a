/** What the agents delivered of what really happened. */
import type { LedgerRow, Summary } from "../../domain/verdict.ts";
import type { RecordLine } from "../../domain/record.ts";
import { drawStackedBars } from "../charts/stacked-bars.ts";
import { seenText } from "../coverage-words.ts";
import { formatCount, formatLoss, formatNumberOf } from "../format.ts";
import { conditionsOf, ledgerGroupsOf } from "../select.ts";
import type { LedgerGroup } from "../select.ts";
import { lossShares } from "../loss-shares.ts";
import { deliveryPart } from "./delivery.ts";
import { techniquesPart } from "./techniques.ts";
import { lossByRatePart } from "./loss-by-rate.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { backpressurePart } from "./backpressure.ts";
import { agentLabel, chartName, charts, detail, groups, isLong, note, section, table } from "./parts.ts";
import { absent, typeset } from "./typeset.ts";

const PARTS = [
  { title: "delivered", colour: "var(--delivered)" },
  { title: "declared lost", colour: "var(--declared)" },
  { title: "silently lost", colour: "var(--silent)" },
] as const;

/** In the order of `PARTS`; nothing to draw where nothing was done. */
const sharesOf = (row: LedgerRow): readonly number[] => {
  const shares = lossShares(row);
  return shares === null ? [] : [shares.delivered, shares.declared ?? 0, shares.silent];
};

/** "auditd: 1 204 of 60 000 silently lost". */
const tipOf = (row: LedgerRow, share: number, part: number): string =>
  `${row.agent}: ${typeset(formatCount(Math.round((share / 100) * row.operations)))} of ${formatCount(row.operations)} ${PARTS[part]?.title ?? ""}`;

const chartOf = (group: LedgerGroup, index: number): Promise<string> =>
  drawStackedBars({
    name: chartName("events", index),
    label: `Events of ${group.scenario} (${conditionsOf(group)}): shares delivered, declared lost and silently lost, percent of the operations, one bar an agent`,
    axis: "share of the operations, %",
    domain: [0, 100],
    rows: group.rows.map((row) => ({
      title: row.agent,
      agent: row.agent,
      note: `n = ${formatCount(row.operations)}`,
      parts: sharesOf(row).flatMap((value, part) => {
        const { title, colour } = PARTS[part] ?? PARTS[0];
        return [{ title, value, colour, opacity: 1, tip: tipOf(row, value, part) }];
      }),
    })),
  });

const notesOf = (row: LedgerRow): readonly string[] => [
  ...(row.balanced ? [] : ["the ledger does not balance"]),
  ...(row.silentLost < 0 ? ["the agent declares more than is missing"] : []),
  ...row.notes,
];

const groupPart = async (summary: Summary, group: LedgerGroup, index: number): Promise<Markup> =>
  html` <h3>${group.scenario} <small>${conditionsOf(group)}</small></h3>
    ${charts(await chartOf(group, index))}
    ${detail(
      "Figures as a table",
      isLong({ groups: ledgerGroupsOf(summary).length }),
      table(
        `Events of ${group.scenario} (${conditionsOf(group)}), with the exact 95 % interval of the loss`,
        [
          { title: "agent" },
          { title: "operations", numeric: true },
          { title: "delivered", numeric: true },
          { title: "declared lost", numeric: true },
          { title: "silently lost", numeric: true },
          { title: "duplicates", numeric: true },
          { title: "lost in all", numeric: true },
          { title: "trials", numeric: true },
          { title: "notes" },
        ],
        group.rows.map((row) => ({
          header: agentLabel(summary, row.agent),
          cells: [
            html`${formatCount(row.operations)}`,
            html`${formatCount(row.delivered)}`,
            row.declaredLost === null
              ? absent("no counter could be read")
              : html`${formatCount(row.declaredLost)}`,
            row.silentLost > 0
              ? html`<span class="alarm">${formatCount(row.silentLost)}</span>`
              : html`${typeset(formatCount(row.silentLost))}`,
            html`${formatCount(row.duplicates)}`,
            html`${typeset(formatLoss(row.lossRate))}`,
            html`${row.trials}`,
            notesOf(row).length === 0 ? absent("none") : html`${notesOf(row).join("; ")}`,
          ],
        })),
      ),
    )}`;

const coverage = (summary: Summary): Markup =>
  summary.coverage.length === 0
    ? html``
    : html` <h3>Not observed by design</h3>
        ${table(
          "Scenarios whose events an agent does not see by design, or not all of them: coverage, not loss. What is missing where it sees some may be lost or never seen, and nobody can tell.",
          [{ title: "agent" }, { title: "scenario" }, { title: "why" }, { title: "seen" }],
          summary.coverage.map((gap) => ({
            header: agentLabel(summary, gap.agent),
            cells: [
              html`${gap.scenario}`,
              html`${gap.why}`,
              gap.seen === undefined ? absent("nothing of it") : html`${seenText(gap)}`,
            ],
          })),
        )}`;

export const eventSection = async (summary: Summary, lines: readonly RecordLine[]): Promise<Markup> => {
  const parts = await Promise.all(
    ledgerGroupsOf(summary).map((group, index) => groupPart(summary, group, index)),
  );
  const legend = html`<ul class="legend">
    ${PARTS.map(({ title, colour }) => html`<li><span class="dot" style="background:${colour}"></span>${title}</li>`)}
  </ul>`;
  const silent = summary.ledger.filter((row) => row.silentLost > 0);
  return section(
    "events",
    "Events: what was delivered and what was lost",
    note(
      "Every operation carries a mark of its own, and the agent's output is searched for each. Declared are the events that the agent's own counters admit to having lost; silent is what is missing beyond that. Zero lost of n is no proof: the interval says how much loss would still be compatible with it.",
    ),
    silent.length === 0
      ? html``
      : html`<p class="banner over">
          Silent loss in ${formatNumberOf(silent.length, "ledger")}:
          ${[...new Set(silent.map((row) => row.agent))].join(", ")}.
        </p>`,
    parts.length === 0 ? note("No events were counted.") : html`${legend}${groups(parts)}`,
    await lossByRatePart(summary, lines),
    deliveryPart(summary, lines),
    techniquesPart(summary),
    backpressurePart(summary),
    coverage(summary),
  );
};
