/** Whether the instrument came through its own checks. */
import type { Summary } from "../../domain/verdict.ts";
import type { CheckState } from "../trust-words.ts";
import { stateTitle, trustChecks } from "../trust-words.ts";
import { INDENT, heading, paragraph } from "./page.ts";
import type { Page, Style } from "./page.ts";

const STYLE: Readonly<Record<CheckState, Style>> = {
  passed: "green",
  failed: "red",
  open: "yellow",
  shown: "dim",
};
const TITLE_WIDTH = 13;
const STATE_WIDTH = 13;

export const trustLines = (page: Page, summary: Summary): readonly string[] => [
  ...heading(page, "Trust in the instrument"),
  ...summary.trust.failures.flatMap((failure) =>
    paragraph(page, `no verdict on cost: ${failure}`, `${INDENT}! `).map((line) => page.paint("red", line)),
  ),
  ...trustChecks(summary).flatMap(({ title, state, text }) => {
    const name = stateTitle(state).padEnd(STATE_WIDTH);
    const first = `${INDENT}${title.padEnd(TITLE_WIDTH)}${name}`;
    return paragraph(page, text, first).map((line, index) =>
      index === 0 ? line.replace(name, page.paint(STYLE[state], name)) : line,
    );
  }),
];
