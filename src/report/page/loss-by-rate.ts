/** What was delivered, declared lost and silently lost at each rate at which events were raised. */
import { median } from "simple-statistics";
import type { RecordLine } from "../../domain/record.ts";
import type { LedgerRow, Summary } from "../../domain/verdict.ts";
import { drawLossCurves } from "../charts/loss-curves.ts";
import type { LossPanel, LossPoint } from "../charts/loss-curves.ts";
import { colourOf, dashOf } from "../charts/palette.ts";
import { deliveriesOf, offeredRate } from "../deliveries.ts";
import { formatCount, formatLoss, formatShare } from "../format.ts";
import { lossShares } from "../loss-shares.ts";
import type { LossShares } from "../loss-shares.ts";
import { conditionsOf } from "../select.ts";
import { html, joined } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { agentLabel, chartName, detail, isLong, note, table, wideChart } from "./parts.ts";
import { absent, typeset } from "./typeset.ts";

interface AtRate {
  readonly row: LedgerRow;
  /** Null for a closed loop. */
  readonly offered: number | null;
  /** Median over the trials; null where no trial tells. */
  readonly raised: number | null;
  readonly shares: LossShares | null;
}

const PANELS: readonly (readonly [part: keyof LossShares, axis: string, words: string])[] = [
  ["delivered", "delivered, %", "delivered"],
  ["declared", "declared lost, %", "declared lost"],
  ["silent", "silently lost, %", "silently lost"],
];

const atRates = (summary: Summary, lines: readonly RecordLine[]): readonly AtRate[] =>
  summary.ledger.map((row) => {
    const { rates } = deliveriesOf(lines, row);
    return {
      row,
      offered: offeredRate(row.load),
      raised: rates.length === 0 ? null : median([...rates]),
      shares: lossShares(row),
    };
  });

/** A closed loop stands at the rate that it came to: nobody asked it for one. */
const rateOf = ({ offered, raised }: AtRate): number | null => offered ?? raised;

const rateText = (at: AtRate): string =>
  `${formatCount(rateOf(at) ?? 0)} events a second${at.offered === null ? " (closed loop)" : ""}`;

const pointsOf = (
  summary: Summary,
  all: readonly AtRate[],
  part: keyof LossShares,
  words: string,
): readonly LossPoint[] =>
  all.flatMap((at) => {
    const { row, offered, shares } = at;
    const rate = rateOf(at);
    const share = shares?.[part] ?? null;
    if (rate === null || !(rate > 0) || share === null) return [];
    return [
      {
        agent: row.agent,
        colour: colourOf(summary, row.agent),
        dash: dashOf(summary, row.agent),
        rate,
        line: offered === null ? null : JSON.stringify([row.agent, row.placement]),
        offered: offered !== null,
        share,
        tip: `${row.agent}: ${typeset(formatShare(share))} of ${formatCount(row.operations)} ${words} at ${rateText(at)}`,
      },
    ];
  });

/** Agents that are not in the chart of a scenario, or not in each of its panels, and why. */
const absentees = (summary: Summary, scenario: string, all: readonly AtRate[]): Markup | null => {
  const uncounted = [
    ...new Set(all.filter(({ row }) => row.declaredLost === null).map(({ row }) => row.agent)),
  ];
  const blind = [
    ...new Set(summary.coverage.filter((gap) => gap.scenario === scenario).map(({ agent }) => agent)),
  ];
  const said = [
    ...(uncounted.length === 0
      ? []
      : [
          `No counter could be read of ${uncounted.join(", ")}: nothing is declared, and all that is missing is silent.`,
        ]),
    ...(blind.length === 0 ? [] : [`Not in the chart, because not observed by design: ${blind.join(", ")}.`]),
  ];
  return said.length === 0 ? null : note(said.join(" "));
};

const chartOf = async (
  summary: Summary,
  scenario: string,
  all: readonly AtRate[],
  index: number,
): Promise<Markup> => {
  const panels = PANELS.map(([part, axis, words]): LossPanel => ({
    axis,
    points: pointsOf(summary, all, part, words),
  })).filter(({ points }) => points.length > 0);
  const agents = [...new Set(panels.flatMap(({ points }) => points.map(({ agent }) => agent)))];
  return html`<h4>${scenario}</h4>
    ${
      panels.length === 0
        ? note("No trial tells at which rate its events were raised, so nothing is drawn.")
        : html`<ul class="legend">
              ${agents.map((agent) => html`<li>${agentLabel(summary, agent)}</li>`)}
            </ul>
            ${wideChart(
              `Loss against rate, ${scenario}`,
              await drawLossCurves({
                name: chartName("loss", index),
                label: `Shares of the events of ${scenario} against the rate at which they were raised: ${panels.map(({ axis }) => axis).join("; ")}, one colour an agent; the table below holds the same figures`,
                panels,
              }),
            )}`
    }
    ${absentees(summary, scenario, all)}`;
};

const tableOf = (summary: Summary, all: readonly AtRate[]): Markup =>
  detail(
    "Figures as a table",
    isLong({ rows: all.length }),
    table(
      "By agent and load: the rate that was offered, the rate that came of it, and the shares of the events at that rate, with the exact 95 % interval of the loss",
      [
        { title: "agent" },
        { title: "scenario" },
        { title: "offered a second", numeric: true },
        { title: "raised a second, median", numeric: true },
        { title: "delivered", numeric: true },
        { title: "declared lost", numeric: true },
        { title: "silently lost", numeric: true },
        { title: "lost in all", numeric: true },
      ],
      all.map(({ row, offered, raised, shares }) => {
        const share = (part: keyof LossShares, why: string): Markup => {
          const percent = shares?.[part] ?? null;
          return percent === null ? absent(why) : html`${typeset(formatShare(percent))}`;
        };
        return {
          header: agentLabel(summary, row.agent),
          cells: [
            html`${row.scenario} <small>${conditionsOf(row)}</small>`,
            offered === null ? absent("a closed loop") : html`${formatCount(offered)}`,
            raised === null ? absent("no trial tells") : html`${formatCount(raised)}`,
            share("delivered", "no operation"),
            share("declared", "no counter could be read"),
            share("silent", "no operation"),
            html`${typeset(formatLoss(row.lossRate))}`,
          ],
        };
      }),
    ),
  );

/** Nothing where no events were counted, or where the page is made from a summary, which does not hold the trials. */
export const lossByRatePart = async (summary: Summary, lines: readonly RecordLine[]): Promise<Markup> => {
  if (summary.ledger.length === 0 || lines.length === 0) return html``;
  const all = atRates(summary, lines);
  const drawn = await Promise.all(
    [...Map.groupBy(all, ({ row }) => row.scenario)].map(([scenario, ofScenario], index) =>
      chartOf(summary, scenario, ofScenario, index),
    ),
  );
  return html`<h3>Loss against rate</h3>
    ${note("A round mark is an open load, at the rate that was offered; marks of one agent are joined where there are several rates. A square is a closed loop, at the rate that it came to: it waits for a slow agent and so spares it. Marks at one rate stand beside each other. Loss usually starts at some rate and grows from there; what happens at rates that were not offered is not in the chart.")}
    ${joined(drawn, "")} ${tableOf(summary, all)}`;
};
