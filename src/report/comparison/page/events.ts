/** What was lost in each record. */
import { formatCount, formatLoss } from "../../format.ts";
import { html } from "../../page/markup.ts";
import type { Markup } from "../../page/markup.ts";
import { agentLabel, note, section, table } from "../../page/parts.ts";
import { absent, typeset } from "../../page/typeset.ts";
import { conditionsOf } from "../../select.ts";
import { sideColumns } from "./context.ts";
import type { Context } from "./context.ts";

export const eventSection = (context: Context): Markup =>
  section(
    "events",
    "Events: what was delivered and what was lost",
    context.comparison.losses.length === 0
      ? note("No events were counted, or not under the same load.")
      : table(
          "Share of the events lost, with its exact 95 % interval, and how many of them silently",
          [{ title: "agent" }, { title: "scenario" }, ...sideColumns(context, true)],
          context.comparison.losses.map(({ agent, rows, ...at }) => ({
            header: agentLabel(context.agents, agent),
            cells: [
              html`${at.scenario} <small>${conditionsOf(at)}</small>`,
              ...rows.map((row) =>
                row === null
                  ? absent("no events were counted in this record")
                  : html`${typeset(formatLoss(row.lossRate))}<small
                        >of
                        ${formatCount(row.operations)}${row.silentLost > 0 ? html`, <span class="alarm">${formatCount(row.silentLost)} silent</span>` : null}</small
                      >`,
              ),
            ],
          })),
        ),
  );
