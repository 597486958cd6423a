/** What each agent does when it cannot keep up, and whether it admits it. */
import type { BackpressureRow } from "../../domain/backpressure.ts";
import type { Summary } from "../../domain/verdict.ts";
import { formatNumberOf } from "../format.ts";
import {
  OVERFLOW_EXPLAINED,
  declaredText,
  forcedTitle,
  isSilent,
  lostText,
  promisedTitle,
  silentText,
  stallText,
  underLoadTitle,
} from "../backpressure-words.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { agentLabel, agentList, note, table } from "./parts.ts";
import { absent } from "./typeset.ts";

const alarming = (text: string, isAlarm: boolean): Markup =>
  isAlarm ? html`<span class="alarm">${text}</span>` : html`${text}`;

const capitalised = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);

const inWords = ({ agent, scenario, words, contradiction }: BackpressureRow): Markup =>
  html`<strong>${agent}</strong>, ${scenario}:
    ${words}.${contradiction === null ? null : html` <span class="alarm">${capitalised(contradiction)}.</span>`}`;

/** Nothing where no overflow was tried. */
export const backpressurePart = (summary: Summary): Markup => {
  const { overflow } = summary;
  if (overflow === undefined) return html``;
  const contradictions = overflow.filter(({ contradiction }) => contradiction !== null);
  return html` <h3>Honesty: forced overflow</h3>
    ${note(OVERFLOW_EXPLAINED)}
    ${
      contradictions.length === 0
        ? html``
        : html`<p class="banner over">
            ${formatNumberOf(contradictions.length, "overflow")} went otherwise than the agent's data sheet
            says: ${[...new Set(contradictions.map(({ agent }) => agent))].join(", ")}.
          </p>`
    }
    ${table(
      "Forced overflows: what was lost, what the agent declared of it, and how long an operation had to wait",
      [
        { title: "agent" },
        { title: "scenario" },
        { title: "forced" },
        { title: "lost", numeric: true },
        { title: "declared", numeric: true },
        { title: "silent", numeric: true },
        { title: "longest wait", numeric: true },
        { title: "under load" },
        { title: "data sheet" },
      ],
      overflow.map((row) => ({
        header: agentLabel(summary, row.agent),
        cells: [
          html`${row.scenario}`,
          alarming(forcedTitle(row), row.contradiction !== null),
          row.forced === null ? absent("not forced") : html`${lostText(row)}`,
          (row.forced?.declaredLost ?? null) === null
            ? absent("no counter could be read")
            : html`${declaredText(row)}`,
          (row.forced?.silentLost ?? null) === null
            ? absent("nobody can tell")
            : alarming(silentText(row), isSilent(row)),
          row.forced === null ? absent("not forced") : html`${stallText(row)}`,
          row.underLoad === null ? absent("no trial") : html`${underLoadTitle(row)}`,
          row.promised === null ? absent("not recorded") : html`${promisedTitle(row)}`,
        ],
      })),
    )}
    ${agentList(overflow.map((row) => ({ agent: row.agent, text: inWords(row) })))}`;
};
