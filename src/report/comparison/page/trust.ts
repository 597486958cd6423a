/** What each record's instrument made of known answers. */
import { html, joined } from "../../page/markup.ts";
import type { Markup } from "../../page/markup.ts";
import { section, table } from "../../page/parts.ts";
import { absent, typeset } from "../../page/typeset.ts";
import { trustBadge } from "../../page/trust.ts";
import { trustChecks } from "../../trust-words.ts";
import { sideColumns } from "./context.ts";
import type { Context } from "./context.ts";

export const trustSection = (context: Context): Markup => {
  const titles = [
    ...new Set(
      context.comparison.sides.flatMap(({ summary }) => trustChecks(summary).map(({ title }) => title)),
    ),
  ];
  return section(
    "trust",
    "Can the instrument be trusted?",
    table(
      "Checks of the instrument on itself, by record",
      [{ title: "check" }, ...sideColumns(context, false)],
      titles.map((title) => ({
        header: html`${title}`,
        cells: context.comparison.sides.map(({ summary }) => {
          const checks = trustChecks(summary).filter((check) => check.title === title);
          return checks.length === 0
            ? absent("this check was not part of the record")
            : joined(
                checks.map(
                  ({ state, text }) =>
                    html`${trustBadge(state)} <small class="prose">${typeset(text)}</small>`,
                ),
                " ",
              );
        }),
      })),
    ),
  );
};
