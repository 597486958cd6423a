/** On what the page rests: where the record is, what was set how, and the data themselves to take away. */
import { createHash } from "node:crypto";
import type { RecordLine } from "../../domain/record.ts";
import type { Summary } from "../../domain/verdict.ts";
import { formatBytes, formatCount, formatNumberOf } from "../format.ts";
import type { Packed } from "./downloads.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { agentLabel, note, section, table } from "./parts.ts";
import { settingsOf } from "./setting.ts";

/** Anything that lets a reader check the report against the record, such as the record's path and its last digest. */
export interface Evidence {
  readonly title: string;
  readonly text: string;
}

const downloadList = (downloads: readonly Packed[]): Markup =>
  downloads.length === 0
    ? html``
    : html`<h3>Data to take away</h3>
        <ul class="downloads">
          ${downloads.map(({ name, what, elsewhere, href, bytes, digest }) =>
            href === null
              ? html`<li>
                  ${name}: ${what}, ${formatBytes(bytes)}, too large for this page: ${elsewhere}. SHA-256:
                  <code>${digest}</code>
                </li>`
              : html`<li>
                  <a download="${name}" href="${href}">${name}</a>: ${what}, ${formatBytes(bytes)}
                </li>`,
          )}
        </ul>`;

/** The same digest, the same set-up: two runs can be compared without reading a page of settings. */
const settingDigests = (summary: Summary, lines: readonly RecordLine[]): Markup => {
  const rows = summary.agents.flatMap((agent) => {
    const settings = settingsOf(lines, agent.id);
    if (agent.status !== "measured" || settings.length === 0) return [];
    return [
      {
        header: agentLabel(summary, agent.id),
        cells: [
          html`${agent.version ?? "no version"}`,
          html`<code
            >${createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 16)}</code
          >`,
        ],
      },
    ];
  });
  return rows.length === 0
    ? html``
    : table(
        "Agents by version, with the digest of the settings that they ran with (SHA-256, first 16 digits)",
        [{ title: "agent" }, { title: "version" }, { title: "settings" }],
        rows,
      );
};

export const evidenceSection = (
  summary: Summary,
  lines: readonly RecordLine[],
  evidence: readonly Evidence[],
  downloads: readonly Packed[],
): Markup => {
  const attempts = lines.filter((line) => line.type === "trial");
  const trials = attempts.filter((trial) => trial.rejected === null);
  const count = (kind: "measured" | "skipped" | "failed"): string =>
    formatCount(trials.filter((trial) => trial.outcome.kind === kind).length);
  const items: readonly Evidence[] = [
    ...evidence,
    { title: "Run", text: summary.run.id },
    { title: "Seed", text: String(summary.run.seed) },
    ...(lines.length === 0
      ? []
      : [
          {
            title: "Trials",
            text: `${formatNumberOf(lines.length, "line")}; ${formatNumberOf(trials.length, "trial")}: ${count("measured")} measured, ${count("skipped")} skipped, ${count("failed")} failed; ${formatNumberOf(attempts.length - trials.length, "attempt")} given up for noise`,
          },
        ]),
    {
      title: "Summary",
      text: `schema ${summary.schema}, ${formatNumberOf(summary.estimates.length, "estimate")}, ${formatNumberOf(summary.ledger.length, "ledger")}`,
    },
  ];
  return section(
    "evidence",
    "Evidence",
    html`<dl>
      ${items.map(
        ({ title, text }) =>
          html`<dt>${title}</dt>
            <dd>${text}</dd>`,
      )}
    </dl>`,
    settingDigests(summary, lines),
    downloadList(downloads),
    note("Every figure above can be computed again from the record of this run alone."),
  );
};
