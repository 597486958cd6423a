/** What was delivered, declared lost and silently lost at each rate at which events were raised, and how late the last event came. */
import type { Delivery, LossShares, RunView } from "../../domain/run-view.ts";
import { drawLossCurves, type LossPanel, type LossPoint } from "../charts/loss-curves.ts";
import { lookOf } from "../charts/palette.ts";
import { formatBytes, formatCount, formatDuration, formatLoss, formatShare } from "../format.ts";
import { typeset } from "../page/typeset.ts";
import { conditionsOf, under } from "../select.ts";
import type { Block, Cell, Field } from "./section.ts";
import * as say from "./section.ts";

const PANELS: readonly (readonly [part: keyof LossShares, axis: string, words: string])[] = [
  ["delivered", "delivered, %", "delivered"],
  ["declared", "declared lost, %", "declared lost"],
  ["unattributed", "declared or silent, %", "declared or silent"],
  ["silent", "silently lost, %", "silently lost"],
];

type Panel = (typeof PANELS)[number];

/** Where every counter is exact there is nothing that it leaves open. */
const panelsFor = (deliveries: readonly Delivery[]): readonly Panel[] =>
  PANELS.filter(
    ([part]) => part !== "unattributed" || deliveries.some(({ shares }) => (shares?.unattributed ?? 0) > 0),
  );

/** A closed loop stands at the rate that it came to, because none was offered. */
const rateOf = ({ offeredPerSecond, raisedPerSecond }: Delivery): number | null =>
  offeredPerSecond ?? raisedPerSecond;

const pointsOf = (
  view: RunView,
  deliveries: readonly Delivery[],
  part: keyof LossShares,
  words: string,
): readonly LossPoint[] =>
  deliveries.flatMap((at) => {
    const rate = rateOf(at);
    const share = at.shares?.[part] ?? null;
    const operations = under(view.ledger, at)?.operations;
    if (rate === null || !(rate > 0) || share === null || operations === undefined) return [];
    const isOffered = at.offeredPerSecond !== null;
    return [
      {
        agent: at.agent,
        ...lookOf(view, at.agent),
        rate,
        line: isOffered ? JSON.stringify([at.agent, at.placement]) : null,
        offered: isOffered,
        share,
        tip: `${at.agent}: ${typeset(formatShare(share))} of ${formatCount(operations)} ${words} at ${formatCount(rate)} events a second${isOffered ? "" : " (closed loop)"}`,
      },
    ];
  });

/** Agents that are not in the chart of a scenario, or not in each of its panels, and why. */
const absentees = (view: RunView, scenario: string, deliveries: readonly Delivery[]): readonly Block[] => {
  const named = (rows: readonly { readonly agent: string }[]): string =>
    [...new Set(rows.map(({ agent }) => agent))].join(", ");
  const uncounted = named(deliveries.filter(({ shares }) => shares?.declared === null));
  const gaps = view.coverage.filter((gap) => gap.scenario === scenario);
  const blind = named(gaps.filter(({ reason }) => reason.kind !== "not-counted"));
  const unread = named(gaps.filter(({ reason }) => reason.kind === "not-counted"));
  const said = [
    ...say.when(
      uncounted !== "",
      `No counter could be read of ${uncounted}: nothing is declared, and whether what is missing is silent cannot be told.`,
    ),
    ...say.when(blind !== "", `Not in the chart, because not observed by design: ${blind}.`),
    ...say.when(unread !== "", `Not in the chart, because not counted: ${unread}.`),
  ];
  return say.when(said.length > 0, say.note(said.join(" ")));
};

const scenarioBlocks = (
  view: RunView,
  scenario: string,
  deliveries: readonly Delivery[],
  index: number,
): readonly Block[] => {
  const panels = panelsFor(deliveries)
    .map(([part, axis, words]): LossPanel => ({
      axis,
      points: pointsOf(view, deliveries, part, words),
    }))
    .filter(({ points }) => points.length > 0);
  const agents = [...new Set(panels.flatMap(({ points }) => points.map(({ agent }) => agent)))];
  return [
    say.heading("Loss against rate", scenario),
    ...(panels.length === 0
      ? [say.note("No trial tells at which rate its events were raised, so nothing is drawn.")]
      : [
          { kind: "legend", items: agents } as const,
          {
            kind: "charts",
            wide: `Loss against rate, ${scenario}`,
            drawings: [
              () =>
                drawLossCurves({
                  name: `loss-${index + 1}`,
                  label: `Shares of the events of ${scenario} against the rate at which they were raised: ${panels.map(({ axis }) => axis).join("; ")}, one colour and shape an agent; the table below holds the same figures`,
                  panels,
                }),
            ],
          } as const,
        ]),
    ...absentees(view, scenario, deliveries),
  ];
};

const HEAD: readonly Field<Delivery>[] = [
  ["agent", ({ agent }) => say.agent(agent)],
  ["scenario", (at) => say.place(at.scenario, conditionsOf(at))],
];

const shareCell = ({ shares }: Delivery, part: keyof LossShares): Cell => {
  const percent = shares?.[part] ?? null;
  if (percent !== null) return say.figures(formatShare(percent));
  return say.absent(shares === null ? "no operation" : "no counter could be read");
};

export const lossByRateBlocks = (view: RunView): readonly Block[] => {
  if (view.deliveries.length === 0) return [];
  const blocks: readonly Block[] = [
    ...[...Map.groupBy(view.deliveries, ({ scenario }) => scenario)].flatMap(
      ([scenario, deliveries], index) => scenarioBlocks(view, scenario, deliveries, index),
    ),
    say.note(
      "A full mark is an open load, at the rate that was offered; marks of one agent are joined where there are several rates. A hollow one is a closed loop, at the rate that it came to: it waits for a slow agent and so spares it. Marks at one rate stand beside each other. Loss usually starts at some rate and grows from there; what happens at rates that were not offered is not in the chart.",
    ),
    say.folding(
      say.tableOf(
        "By agent and load: the rate that was offered, the rate that came of it, and the shares of the events at that rate, with the 95 % interval of the loss",
        view.deliveries,
        [
          ...HEAD,
          [say.right("offered a second"), (at) => say.countOr(at.offeredPerSecond, "a closed loop")],
          [say.right("raised a second, median"), (at) => say.countOr(at.raisedPerSecond, "no trial tells")],
          ...panelsFor(view.deliveries).map(([part, , words]): Field<Delivery> => [
            say.right(words),
            (at) => shareCell(at, part),
          ]),
          [
            say.right("lost in all"),
            (at) => {
              const row = under(view.ledger, at);
              return row === undefined ? say.absent("not counted") : say.figures(formatLoss(row.lossRate));
            },
          ],
        ],
      ),
    ),
  ];
  return blocks.map(say.onPage);
};

const SECONDS_A_DAY = 86_400;

export const deliveryBlocks = (view: RunView): readonly Block[] => {
  if (view.deliveries.length === 0) return [];
  const written = view.estimates.filter(({ metric }) => metric === "output-volume");
  const bytesCell = (at: Delivery, times: number): Cell => {
    const bytes = under(written, at)?.absolute.value;
    return bytes === undefined ? say.absent("output was not measured") : say.text(formatBytes(bytes * times));
  };
  const blocks: readonly Block[] = [
    say.heading("Delivery lag, output"),
    say.folding(
      say.tableOf(
        "By agent and load: when the last event was in the output, and what was written",
        view.deliveries,
        [
          ...HEAD,
          [
            say.right("last event after the window, median"),
            ({ lagMs }) => say.text(formatDuration(lagMs.median)),
          ],
          [say.right("longest"), ({ lagMs }) => say.text(formatDuration(lagMs.longest))],
          [say.right("written for an event"), (at) => bytesCell(at, 1)],
          [say.right("a day, at one event a second"), (at) => bytesCell(at, SECONDS_A_DAY)],
        ],
      ),
      { title: "By agent and load" },
    ),
    say.note(
      "After the window the output is read again and again until the last event is in it or nothing more comes; the lag tells when the last one was seen.",
    ),
  ];
  return blocks.map(say.onPage);
};
