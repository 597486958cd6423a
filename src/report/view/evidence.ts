/** On what the page rests: where the record is, what was set how, and the data themselves to take away. */
import type { RunView } from "../../domain/run-view.ts";
import { formatBytes, formatCount, formatNumberOf } from "../format.ts";
import type { Packed } from "../page/downloads.ts";
import { html } from "../page/markup.ts";
import { facts, heading, note, when, type Block, type Section } from "./section.ts";
import { settingDigests } from "./setting.ts";

/** Anything that lets a reader check the report against the record, such as the record's path and its last digest. */
export interface Evidence {
  readonly title: string;
  readonly text: string;
}

export const evidenceFacts = (evidence: readonly Evidence[]): Block =>
  facts(evidence.map(({ title, text }) => [title, text]));

const downloadBlocks = (downloads: readonly Packed[]): readonly Block[] =>
  when<Block>(downloads.length > 0, heading("Data to take away"), {
    kind: "markup",
    markup: html`<ul class="downloads">
      ${downloads.map(({ name, what, elsewhere, href, bytes, digest }) =>
        href === null
          ? html`<li>
              ${name}: ${what}, ${formatBytes(bytes)}, too large for this page: ${elsewhere}. SHA-256:
              <code>${digest}</code>
            </li>`
          : html`<li><a download="${name}" href="${href}">${name}</a>: ${what}, ${formatBytes(bytes)}</li>`,
      )}
    </ul>`,
  });

/** Of the whole view, calibration agents included. */
export const evidenceSection = (
  view: RunView,
  evidence: readonly Evidence[],
  downloads: readonly Packed[],
): Section => {
  const { run } = view;
  const { measured, skipped, failed } = run.trials;
  return {
    id: "evidence",
    title: "Evidence",
    short: "Evidence",
    blocks: [
      evidenceFacts([
        ...evidence,
        { title: "Run", text: run.id },
        { title: "Seed", text: String(run.seed) },
        {
          title: "Trials",
          text: `${formatNumberOf(run.lines, "line")}; ${formatNumberOf(measured + skipped + failed, "trial")}: ${formatCount(measured)} measured, ${formatCount(skipped)} skipped, ${formatCount(failed)} failed; ${formatNumberOf(run.rejectedAttempts, "attempt")} given up for noise${run.voidTrials === undefined ? "" : `; ${formatNumberOf(run.voidTrials, "trial")} void`}`,
        },
        {
          title: "Figures",
          text: `${formatNumberOf(view.estimates.length, "estimate")}, ${formatNumberOf(view.ledger.length, "ledger")}`,
        },
      ]),
      ...settingDigests(view),
      ...downloadBlocks(downloads),
      note("Every figure above can be computed again from the record of this run alone."),
    ],
  };
};
