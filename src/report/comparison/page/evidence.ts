/** Warnings of each record, and on what the page rests. */
import { formatTime } from "../../format.ts";
import type { Evidence } from "../../page/evidence.ts";
import { html, joined } from "../../page/markup.ts";
import type { Markup } from "../../page/markup.ts";
import { list, note, section } from "../../page/parts.ts";
import type { Context } from "./context.ts";

export const warningSection = ({ comparison }: Context): Markup =>
  section(
    "limits",
    "Warnings",
    joined(
      comparison.sides.map(
        ({ label, summary }) =>
          html`<h3>${label}</h3>
            ${summary.warnings.length === 0 ? note("None.") : list(summary.warnings)}`,
      ),
      "",
    ),
  );

export const evidenceSection = (
  { comparison }: Context,
  evidence: readonly (readonly Evidence[])[],
): Markup =>
  section(
    "evidence",
    "Evidence",
    joined(
      comparison.sides.map(
        ({ label, summary }, index) =>
          html`<h3>${label}</h3>
            <dl>
              ${[
                { title: "Run", text: summary.run.id },
                { title: "Started", text: formatTime(summary.run.startedAt) },
                {
                  title: "Node",
                  text: `${summary.host.hostname}, ${summary.host.cpuModel}, kernel ${summary.host.kernel} ${summary.host.arch}`,
                },
                { title: "Tool", text: `${summary.run.tool}, method ${summary.run.method}` },
                { title: "Command", text: summary.run.command.join(" ") },
                ...(evidence[index] ?? []),
              ].map(
                ({ title, text }) =>
                  html`<dt>${title}</dt>
                    <dd>${text}</dd>`,
              )}
            </dl>`,
      ),
      "",
    ),
  );
