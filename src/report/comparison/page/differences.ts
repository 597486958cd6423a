/** What is not the same in all records, and what was therefore kept apart. */
import { html } from "../../page/markup.ts";
import type { Markup } from "../../page/markup.ts";
import { list, note, section, table } from "../../page/parts.ts";
import { absent } from "../../page/typeset.ts";
import { apartText, LONG, shown } from "../words.ts";
import type { Context } from "./context.ts";

export const differSection = ({ comparison }: Context): Markup => {
  const cell = (key: string, value: string | null): Markup => {
    const text = shown({ key }, value);
    if (text === null) return absent("not in this record");
    return text.length <= LONG
      ? html`${text}`
      : html`<details>
          <summary>${text.slice(0, LONG / 2)} ...</summary>
          <code class="setting">${text}</code>
        </details>`;
  };
  return section(
    "differs",
    "What differs",
    comparison.varies.length === 0
      ? note("Nothing that was recorded.")
      : table(
          "What is not the same in all records",
          [{ title: "key" }, ...comparison.sides.map(({ label }) => ({ title: label }))],
          comparison.varies.map(({ key, values }) => ({
            header: html`${key}`,
            cells: values.map((value) => cell(key, value)),
          })),
        ),
    comparison.keptApart.length === 0
      ? html``
      : html`<h3>Not put together</h3>
          ${list(comparison.keptApart.map((apart) => apartText(apart, comparison.sides)))}`,
    note(
      "Records stand beside each other, they are not averaged. Whether a difference comes from what is named here or from the node's day is for you to judge: no record was made at random on one of these nodes.",
    ),
  );
};
