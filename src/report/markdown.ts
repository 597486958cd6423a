/** The writer of GitHub-flavoured Markdown: sections and tables for a pull request or a wiki. */
import type { RunView } from "../domain/run-view.ts";
import { sensorsOnly } from "./select.ts";
import { cellText, joinedText, marksOf } from "./view/cell-text.ts";
import { markdownSections } from "./view/run.ts";
import type { Block, Cell, Section, Table } from "./view/section.ts";
import { cellAt, isOn, shownOf } from "./view/section.ts";
import { singleLine } from "./width.ts";

/** Foreign text as text: no markup, no HTML, no mention of a person, no break of a table row. */
export const plain = (text: string): string =>
  singleLine(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/[\\`*_{}[\]|#~!]/g, String.raw`\$&`)
    .replaceAll(/(^|[^\p{Letter}\p{Number}])@/gu, "$1&#64;")
    .replaceAll(/\b(https?|ftp):\/\//gi, "$1&#58;//");

const bold = (text: string): string => (text === "" ? "" : `**${text}**`);

const cellOf = (cell: Cell): string => {
  switch (cell.kind) {
    case "badge":
      return bold(plain(cell.title));
    case "text":
      return cell.isAlarm === true ? bold(plain(cell.text)) : plain(cell.text);
    case "pair":
      return joinedText(cell, cellOf);
    case "several":
      return cell.cells.map(cellOf).join("; ");
    case "figure":
    case "agent":
    case "code":
    case "absent":
    case "bar":
      return plain(cellText(cell));
  }
};

const tableOf = (table: Table): readonly string[] => {
  const { columns, rows } = shownOf(table, "markdown");
  const cells = rows.map((row) => columns.map(({ index }) => cellAt(row, index)));
  if (cells.length === 0) return ["None."];
  const marks = marksOf(cells.flat());
  return [
    `| ${columns.map(({ column: { title, unit } }) => plain(unit === undefined ? title : `${title}, ${unit}`)).join(" | ")} |`,
    `| ${columns.map(({ column }) => (column.align === "right" ? "--:" : "---")).join(" | ")} |`,
    ...cells.map((row) => `| ${row.map(cellOf).join(" | ")} |`),
    // At the start of a line a dash would begin a list.
    ...marks.flatMap((mark) => ["", plain(mark).replace(/^-/, String.raw`\-`)]),
  ];
};

/** Ends without a blank line. */
const blockOf = (block: Block): readonly string[] => {
  switch (block.kind) {
    case "heading":
      return [`#### ${plain(block.small === undefined ? block.text : `${block.text} (${block.small})`)}`];
    case "lead":
      return [bold(plain(block.text))];
    case "note":
      return [plain(block.text)];
    case "banner":
      return [`> ${bold(plain(block.text))}`];
    case "list":
      return block.items.map(
        ({ text, isAlarm }) => `- ${isAlarm === true ? bold(plain(text)) : plain(text)}`,
      );
    case "facts":
      return block.facts.map(([name, cell]) => `- ${plain(name)}: ${cellOf(cell)}`);
    case "table":
      return tableOf(block.table);
    case "folded":
      return [
        `<details><summary>${plain(block.title)}</summary>`,
        "",
        ...blocksOf(block.blocks),
        "",
        "</details>",
      ];
    case "groups":
      return block.groups.flatMap((group, index) => [...(index === 0 ? [] : [""]), ...blocksOf(group)]);
    case "legend":
    case "charts":
    case "markup":
      return [];
  }
};

const blocksOf = (blocks: readonly Block[]): readonly string[] =>
  blocks
    .filter((block) => isOn(block, "markdown"))
    .map(blockOf)
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ["", ...lines]));

/** @returns text that ends in a newline */
export const writeMarkdown = (title: string, first: readonly Block[], sections: readonly Section[]): string =>
  [
    `## ${plain(title)}`,
    ...(first.length === 0 ? [] : ["", ...blocksOf(first)]),
    ...sections.flatMap((section) => {
      const lines = blocksOf(section.blocks);
      return lines.length === 0 ? [] : ["", `### ${plain(section.title)}`, "", ...lines];
    }),
    "",
  ].join("\n");

export const renderMarkdown = (whole: RunView): string => {
  const view = sensorsOnly(whole);
  return writeMarkdown(`tare: ${view.run.id}`, [], markdownSections(view));
};
