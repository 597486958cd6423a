/** What was seen of each kind of operation, an agent a paragraph: six columns of kinds would not fit. */
import type { Summary } from "../../domain/verdict.ts";
import { NOT_ASKED, isMissed, techniqueGroupsOf, seenOfTechnique } from "../technique-words.ts";
import { singleLine } from "../width.ts";
import { INDENT, heading, paragraph } from "./page.ts";
import type { Page } from "./page.ts";

export const techniqueLines = (page: Page, summary: Summary): readonly string[] =>
  techniqueGroupsOf(summary).flatMap(({ scenario, conditions, agents }) => [
    ...heading(page, `${singleLine(scenario)} by kind (${singleLine(conditions)})`),
    ...agents.flatMap(({ agent, rows }) => {
      const seen = rows.flatMap((row) => {
        const text = seenOfTechnique(row);
        return text === undefined ? [] : [`${row.kind} ${text}`];
      });
      const unasked = rows.filter((row) => row.delivered === null).map(({ kind }) => kind);
      const text = [
        seen.join(", "),
        ...(unasked.length === 0 ? [] : [`${NOT_ASKED}: ${unasked.join(", ")}`]),
      ];
      const lines = paragraph(page, singleLine(`${agent}: ${text.join("; ")}`), INDENT, `${INDENT}${INDENT}`);
      return rows.some(isMissed) ? lines.map((line) => page.paint("red", line)) : lines;
    }),
  ]);
