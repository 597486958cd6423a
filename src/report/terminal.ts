/** The terminal's writer: sections and tables as text that fits the width it is given. */
import { styleText } from "node:util";
import type { RunView } from "../domain/run-view.ts";
import type { VerdictKind } from "../domain/verdict.ts";
import { sensorsOnly } from "./select.ts";
import { GAP, layOut, type TextTable } from "./text-table.ts";
import { cellText, marksOf } from "./view/cell-text.ts";
import { terminalSections } from "./view/run.ts";
import type { Block, Cell, Column, MarkedRow, Section, Table } from "./view/section.ts";
import { cellAt, facts, isOn, list, shownOf } from "./view/section.ts";
import { briefFacts } from "./view/setting.ts";
import { displayWidth, padEnd, singleLine, wrap } from "./width.ts";

export interface TerminalOptions {
  /** Display columns of the terminal. */
  readonly columns: number;
  readonly colour: boolean;
}

type Style = "bold" | "dim" | "red" | "green" | "yellow";
const STYLES: Readonly<Record<VerdictKind, Style>> = {
  within: "green",
  "no-detectable-cost": "green",
  over: "red",
  inconclusive: "yellow",
  invalid: "yellow",
};

const styleOf = (cell: Cell): Style | undefined => {
  switch (cell.kind) {
    case "badge":
    case "bar":
      return STYLES[cell.look];
    case "text":
      return cell.isAlarm === true ? "red" : undefined;
    case "pair":
      return styleOf(cell.main);
    case "figure":
    case "agent":
    case "code":
    case "absent":
    case "several":
      return undefined;
  }
};

const INDENT = "  ";
/** On anything narrower, figures cannot be kept aligned. */
const MIN_COLUMNS = 40;
/** Beside the other columns, or below them. */
const MIN_PROSE = 24;

class Terminal {
  readonly #columns: number;
  readonly #colour: boolean;

  constructor({ columns, colour }: TerminalOptions) {
    this.#columns = Math.max(MIN_COLUMNS, columns);
    this.#colour = colour;
  }

  #paint(style: Style | undefined, text: string): string {
    const isPlain = !this.#colour || style === undefined || text === "";
    return isPlain ? text : styleText(style, text, { validateStream: false });
  }

  /** Foreign text, wrapped; continuation lines hang below the first. */
  paragraph(
    text: string,
    first = INDENT,
    style?: Style,
    hang = " ".repeat(displayWidth(first)),
  ): readonly string[] {
    const room = this.#columns - Math.max(displayWidth(first), displayWidth(hang));
    return wrap(singleLine(text), room).map((line, index) =>
      this.#paint(style, (index === 0 ? first : hang) + line),
    );
  }

  #cell(cell: Cell): string {
    return this.#paint(styleOf(cell), singleLine(cellText(cell)));
  }

  section({ title, blocks }: Section): readonly string[] {
    const lines = this.blocks(blocks);
    return lines.length === 0 ? [] : ["", this.#paint("bold", singleLine(title)), ...lines];
  }

  /** What stands last, above the prompt. */
  inShort(sentences: readonly string[]): readonly string[] {
    return this.section({ id: "in-short", title: "In short", blocks: [list(sentences)] });
  }

  blocks(blocks: readonly Block[]): readonly string[] {
    return blocks.filter((block) => isOn(block, "terminal")).flatMap((block) => this.#block(block));
  }

  #block(block: Block): readonly string[] {
    switch (block.kind) {
      case "heading": {
        const { text, small } = block;
        return ["", this.#paint("bold", singleLine(small === undefined ? text : `${text} (${small})`))];
      }
      case "lead":
        return this.paragraph(block.text, INDENT, "bold");
      case "note":
        return this.paragraph(block.text, INDENT, "dim");
      case "banner":
        return this.paragraph(block.text, `${INDENT}! `, block.isAlarm === true ? "red" : "yellow");
      case "list":
        return block.items.flatMap(({ text, isAlarm }) =>
          this.paragraph(text, `${INDENT}- `, isAlarm === true ? "red" : undefined),
        );
      case "facts": {
        const width = Math.max(...block.facts.map(([name]) => displayWidth(name)));
        return block.facts.flatMap(([name, cell]) =>
          this.paragraph(cellText(cell), `${INDENT}${padEnd(name, width)}${GAP}`),
        );
      }
      case "table":
        return this.#table(block.table);
      case "groups":
        return block.groups.flatMap((group) => this.blocks(group));
      case "legend":
      case "charts":
      case "folded":
      case "markup":
        return [];
    }
  }

  #table(whole: Table): readonly string[] {
    const { columns, rows } = shownOf(whole, "terminal");
    const {
      above = [],
      below = [],
      wrapped = [],
      figures = [],
    } = Object.groupBy(columns, ({ column: { terminal } }) =>
      terminal === undefined || terminal === "key" ? "figures" : terminal,
    );
    const parts: Parts = { above, below, wrapped, figures };
    const prose = parts.wrapped.length === 0 ? 0 : GAP.length + MIN_PROSE;
    const room = this.#columns - INDENT.length - prose;
    const table = layOut(
      parts.figures.map(({ column, index }) => ({
        header: [...column.title.split("\n"), ...(column.unit === undefined ? [] : [column.unit])],
        isRight: column.align === "right",
        expendable: column.expendable ?? 0,
        cells: rows.map((row) => this.#cell(cellAt(row, index))),
      })),
      room,
    );
    const fits = table.width <= room;
    const titleOf = (row: MarkedRow): string =>
      parts.above.map(({ index }) => cellText(cellAt(row, index))).join(", ");
    const lineOf = (row: MarkedRow): string => table.rows[rows.indexOf(row)] ?? "";
    return [
      ...(fits ? this.#header(table, parts) : []),
      ...[...Map.groupBy(rows, titleOf)].flatMap(([title, members]) => [
        ...this.paragraph(title, INDENT, "dim"),
        ...members.flatMap((row, index) => [
          ...(fits ? this.#aligned(row, lineOf(row), table.width, parts) : this.#stacked(row, parts)),
          ...this.#folded(row, table, parts, fits),
          ...this.#below(row, members[index + 1], parts),
        ]),
      ]),
      ...this.#notes(table, parts, rows, fits).flatMap((note) => this.paragraph(note, INDENT, "dim")),
    ];
  }

  #header({ header, width }: TextTable, { wrapped }: Parts): readonly string[] {
    const titles = wrapped.map(({ column }) => GAP + column.title).join("");
    return header.map((line, index) => {
      const whole = index === header.length - 1 ? padEnd(line, width) + titles : line;
      return this.#paint("dim", (INDENT + whole).trimEnd());
    });
  }

  #aligned(row: MarkedRow, line: string, width: number, { wrapped }: Parts): readonly string[] {
    const prose = wrapped.map(({ index }) => cellText(cellAt(row, index))).join("; ");
    return prose === "" ? [INDENT + line] : this.paragraph(prose, INDENT + padEnd(line, width) + GAP);
  }

  /** What the row is about, and below it a line a figure. */
  #stacked(row: MarkedRow, { figures, wrapped }: Parts): readonly string[] {
    const keys = figures.filter(({ column }, index) => index === 0 || column.terminal === "key");
    const heads = keys.map(({ index }) => cellAt(row, index));
    const others = [...figures.filter((one) => !keys.includes(one)), ...wrapped];
    const titleOf = ({ column }: Placed): string => singleLine(column.title);
    const width = Math.max(0, ...others.map((one) => displayWidth(titleOf(one))));
    return [
      ...this.paragraph(
        heads.map(cellText).join(", "),
        INDENT,
        heads.map(styleOf).find((style) => style !== undefined),
      ),
      ...others.flatMap((one) => {
        const cell = cellAt(row, one.index);
        return this.paragraph(
          cellText(cell),
          `${INDENT}${INDENT}${padEnd(titleOf(one), width)}${GAP}`,
          styleOf(cell),
        );
      }),
    ];
  }

  /** What there was no column for, each part under its title. */
  #folded(row: MarkedRow, { dropped }: TextTable, { figures }: Parts, fits: boolean): readonly string[] {
    const parts = figures
      .filter(({ column }, position) => fits && column.folds === true && dropped.includes(position))
      .flatMap(({ column, index }) => {
        const text = cellText(cellAt(row, index));
        return text === "" || cellAt(row, index).kind === "absent"
          ? []
          : [`${singleLine(column.title)}: ${text}`];
      });
    return parts.length === 0 ? [] : this.paragraph(parts.join("; "), INDENT.repeat(3));
  }

  /** Said once where the next row has the same to say. */
  #below(row: MarkedRow, next: MarkedRow | undefined, { below }: Parts): readonly string[] {
    return below.flatMap(({ index }) => {
      const said = cellText(cellAt(row, index));
      const isSaidNext = next !== undefined && cellText(cellAt(next, index)) === said;
      return isSaidNext || cellAt(row, index).kind === "absent"
        ? []
        : this.paragraph(said, INDENT.repeat(3), "dim");
    });
  }

  #notes(
    { dropped }: TextTable,
    { figures, wrapped }: Parts,
    rows: readonly MarkedRow[],
    fits: boolean,
  ): readonly string[] {
    const shown = fits ? figures.filter((_, index) => !dropped.includes(index)) : figures;
    const folded = new Set(figures.flatMap(({ column }) => (column.folds === true ? [column.title] : [])));
    const gone = figures
      .filter((one) => !shown.includes(one) && !folded.has(one.column.title))
      .map(({ column }) => singleLine(column.title));
    return [
      ...(gone.length === 0 ? [] : [`not shown in ${this.#columns} columns: ${gone.join(", ")}`]),
      ...marksOf(rows.flatMap((row) => [...shown, ...wrapped].map(({ index }) => cellAt(row, index)))),
    ];
  }
}

interface Placed {
  readonly column: Column;
  readonly index: number;
}

/** Columns by where a terminal shows them. */
type Parts = Readonly<Record<"above" | "below" | "wrapped" | "figures", readonly Placed[]>>;

/** @returns lines that end in a newline; without any escape sequence when `colour` is false */
export const writeTerminal = (
  options: TerminalOptions,
  write: (terminal: Terminal) => readonly string[],
): string => {
  const lines = write(new Terminal(options));
  return `${lines.join("\n").replace(/^\n+/, "")}\n`;
};

export const renderTerminal = (whole: RunView, options: TerminalOptions): string => {
  const view = sensorsOnly(whole);
  return writeTerminal(options, (terminal) => [
    ...terminal.blocks([facts(briefFacts(view))]),
    ...terminalSections(view).flatMap((section) => terminal.section(section)),
  ]);
};
