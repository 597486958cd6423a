/**
 * What a report says, before it is a page, a terminal's text or Markdown. A section and its tables are written once, in this folder; `page/write.ts`,
 * `terminal.ts` and `markdown.ts` lay them out.
 */
import type { EventRange } from "../../domain/agent.ts";
import type { Interval, VerdictKind } from "../../domain/verdict.ts";
import type { Unit } from "../../domain/units.ts";
import {
  figureOf,
  formatCount,
  formatValue,
  percentOf,
  type Figure,
  type Scale,
  formatRange,
} from "../format.ts";
import type { Markup } from "../page/markup.ts";

export type Medium = "page" | "terminal" | "markdown";

export type Cell =
  /** `sets`: it holds figures and no foreign text, so a page may set it with proper minus and times signs. */
  | { readonly kind: "text"; readonly text: string; readonly sets?: boolean; readonly isAlarm?: boolean }
  /** Without a range it is exploratory. */
  | { readonly kind: "figure"; readonly figure: Figure }
  | { readonly kind: "agent"; readonly agent: string }
  /** Looks like the verdict that means the same for a reader. */
  | { readonly kind: "badge"; readonly look: VerdictKind; readonly title: string }
  /** `folds`: a long one is folded. */
  | { readonly kind: "code"; readonly text: string; readonly folds?: boolean }
  | { readonly kind: "absent"; readonly why: string }
  /** A cost against its budget, drawn to one scale in all cells of a column: 1 is all of the budget. The figure stands beside it. */
  | { readonly kind: "bar"; readonly share: Interval; readonly look: VerdictKind }
  /** A cell with what belongs to it in small print; `isAside`: in brackets where there is no small print. */
  | {
      readonly kind: "pair";
      readonly main: Cell;
      readonly small: readonly Cell[];
      readonly isAside?: boolean;
    }
  | { readonly kind: "several"; readonly cells: readonly Cell[] };

export interface Column {
  readonly title: string;
  /** The unit of all its figures, which then are printed without it. */
  readonly unit?: string;
  readonly align?: "right";
  /** The agent that the column is about: it goes when a reader hides the agent. */
  readonly agent?: string;
  /** Where it is shown; everywhere when absent. */
  readonly on?: readonly Medium[];
  /** On a terminal, columns with a higher number are the first to go when the table is too wide; absent: it stays. */
  readonly expendable?: number;
  /** On a terminal, what of it does not fit stands in a line below the row. */
  readonly folds?: boolean;
  /**
   * On a terminal: a line above the rows that share it, lines below the row, or as wide as there is room (only the last). A `key`
   * says what the row is about; it heads the row's figures where the table is too wide for the terminal.
   */
  readonly terminal?: "above" | "below" | "wrapped" | "key";
}

/** The first cell heads the row. */
export type Row = readonly Cell[] | MarkedRow;

export interface MarkedRow {
  readonly cells: readonly Cell[];
  /** Printed, but not valid: the reason stands beside the table. */
  readonly isDoubtful?: boolean;
  readonly on?: readonly Medium[];
}

/** On a page. Dense: intervals stand below their figures. Matrix: a column an agent, as narrow as can be. Decision: all of it on one screen. */
export type Look = "dense" | "matrix" | "decision";

export interface Table {
  readonly caption: string;
  /** A title alone: of texts, shown everywhere. */
  readonly columns: readonly (Column | string)[];
  readonly rows: readonly Row[];
  readonly look?: Look;
}

/** About `agent` alone: it goes when a reader hides the agent. */
export interface Item {
  readonly agent?: string | undefined;
  readonly text: string;
  readonly isAlarm?: boolean;
}

export interface LegendItem {
  readonly title: string;
  readonly colour: string;
  readonly opacity?: number;
}

export interface TableBlock {
  readonly kind: "table";
  readonly table: Table;
  /** On a page it opens under these words. */
  readonly folded?: string;
}

export type Block = { readonly on?: readonly Medium[] } & (
  | { readonly kind: "heading"; readonly text: string; readonly small?: string }
  | { readonly kind: "note"; readonly text: string }
  /** What a reader must take away if they read nothing else. */
  | { readonly kind: "lead"; readonly text: string }
  | { readonly kind: "banner"; readonly text: string; readonly isAlarm?: boolean }
  | { readonly kind: "list"; readonly items: readonly Item[]; readonly areNotes?: boolean }
  | { readonly kind: "facts"; readonly facts: readonly (readonly [name: string, cell: Cell])[] }
  | TableBlock
  | { readonly kind: "legend"; readonly items: readonly (LegendItem | string)[] }
  /** Drawn by a page alone. `wide`: what a chart is called that scrolls by itself on a narrow screen. */
  | {
      readonly kind: "charts";
      readonly drawings: readonly Drawing[];
      readonly wide?: string;
    }
  /** Parts of one kind; two may stand beside each other on paper. */
  | { readonly kind: "groups"; readonly groups: readonly (readonly Block[])[] }
  | {
      readonly kind: "folded";
      readonly title: string;
      readonly agent?: string;
      readonly blocks: readonly Block[];
    }
  /** What only a page can hold, such as a form. */
  | { readonly kind: "markup"; readonly markup: Markup }
);

/** A text alone stands for a cell that holds it. */
export type Facts = readonly (readonly [name: string, cell: Cell | string])[];

export type Drawing = () => Promise<string>;

export interface Section {
  /** Where a page's links lead. */
  readonly id: string;
  readonly title: string;
  /** In a page's contents; absent: not listed there. */
  readonly short?: string;
  readonly blocks: readonly Block[];
}

/** What a medium shows of a table. A column in which no row says anything is left out. */
export const shownOf = (
  { columns, rows }: Table,
  medium: Medium,
): {
  readonly columns: readonly { readonly column: Column; readonly index: number }[];
  readonly rows: readonly MarkedRow[];
} => {
  const shown = rows
    .map((row): MarkedRow => ("cells" in row ? row : { cells: row }))
    .filter((row) => isOn(row, medium));
  const isEmpty = (cell: Cell | undefined): boolean => cell?.kind === "text" && cell.text === "";
  return {
    rows: shown,
    columns: columns
      .map((column, index) => ({ column: typeof column === "string" ? { title: column } : column, index }))
      .filter(
        ({ column, index }) => isOn(column, medium) && !shown.every(({ cells }) => isEmpty(cells[index])),
      ),
  };
};

export const cellAt = ({ cells }: MarkedRow, index: number): Cell => cells[index] ?? absent("none");

export const isOn = ({ on }: { readonly on?: readonly Medium[] }, medium: Medium): boolean =>
  on === undefined || on.includes(medium);

export const text = (text: string): Cell => ({ kind: "text", text });
export const alarm = (text: string): Cell => ({ kind: "text", text, isAlarm: true, sets: true });
/** Figures, or a sentence about figures, without foreign text: thousands stand apart as in every figure of a table. */
export const figures = (text: string): Cell => ({
  kind: "text",
  text: text.replaceAll(/(?<=\d),(?=\d{3}(?!\d))/g, "\u202f"),
  sets: true,
});
export const count = (count: number): Cell => figures(formatCount(count));
/** A value that has no interval by its nature; one without an interval for want of blocks is a `cost` or a `level`. */
export const value = (value: number, unit: Unit): Cell => figures(formatValue(value, unit));
export const agent = (agent: string): Cell => ({ kind: "agent", agent });
export const absent = (why: string): Cell => ({ kind: "absent", why });
/** Of what could not be counted, why. */
export const countOr = (number: number | null, why: string): Cell =>
  number === null ? absent(why) : count(number);
/** Events that are known within bounds; alarming where some are certain. */
export const rangeOr = (range: EventRange | null, why: string, isAlarming = false): Cell => {
  if (range === null) return absent(why);
  const text = formatRange(range);
  return isAlarming && range.low > 0 ? alarm(text) : figures(text);
};
export const badge = (look: VerdictKind, title: string): Cell => ({ kind: "badge", look, title });
export const pair = (main: Cell, ...small: readonly Cell[]): Cell => ({ kind: "pair", main, small });
/** "process-exec / exec (closed, pinned)". */
export const place = (title: string, conditions: string): Cell => ({
  kind: "pair",
  main: text(title),
  small: [text(conditions)],
  isAside: true,
});

/** A difference, signed. */
export const cost = (interval: Interval, unit: Unit, scale?: Scale): Cell => ({
  kind: "figure",
  figure: figureOf(interval, unit, { sign: true, ...(scale === undefined ? {} : { scale }) }),
});
export const level = (interval: Interval, unit: Unit, scale?: Scale): Cell => ({
  kind: "figure",
  figure: figureOf(interval, unit, scale === undefined ? {} : { scale }),
});
export const percent = (ratio: Interval | null): Cell =>
  ratio === null
    ? absent("no ratio: the figure is a level or not positive")
    : { kind: "figure", figure: percentOf(ratio) };

/** Of figures. */
export const right = (title: string, expendable?: number): Column => ({
  title,
  align: "right",
  ...(expendable === undefined ? {} : { expendable }),
});
export const key = (title: string): Column => ({ title, terminal: "key" });

export const onPage = (block: Block): Block => ({ ...block, on: ["page"] });
export const inText = (block: Block): Block => ({ ...block, on: ["terminal", "markdown"] });

export const note = (text: string): Block => ({ kind: "note", text });
export const lead = (text: string): Block => ({ kind: "lead", text });
export const banner = (text: string, isAlarm = false): Block => ({ kind: "banner", text, isAlarm });
export const heading = (text: string, small?: string): Block => ({
  kind: "heading",
  text,
  ...(small === undefined ? {} : { small }),
});
export const list = (texts: readonly string[]): Block => ({
  kind: "list",
  items: texts.map((one) => ({ text: one })),
});
export const charts = (drawings: readonly Drawing[]): Block => ({ kind: "charts", drawings });
export const table = (
  caption: string,
  columns: Table["columns"],
  rows: Table["rows"],
  look?: Look,
): TableBlock => ({
  kind: "table",
  table: { caption, columns, rows, ...(look === undefined ? {} : { look }) },
});

/** A column beside what its cells say of an item. */
export type Field<T> = readonly [column: Column | string, cellOf: (item: T) => Cell];

/** A row an item. */
export const tableOf = <T>(
  caption: string,
  items: readonly T[],
  fields: readonly Field<T>[],
  look?: Look,
  marksOf: (item: T) => Omit<MarkedRow, "cells"> = () => ({}),
): TableBlock =>
  table(
    caption,
    fields.map(([column]) => column),
    items.map((item) => ({ cells: fields.map(([, cellOf]) => cellOf(item)), ...marksOf(item) })),
    look,
  );

/** Nothing where the table has no row. */
export const headed = (title: string, table: TableBlock): readonly Block[] =>
  when(table.table.rows.length > 0, heading(title), table);

export const when = <T>(holds: boolean, ...items: readonly T[]): readonly T[] => (holds ? items : []);

export const facts = (facts: Facts): Block => ({
  kind: "facts",
  facts: facts.map(([name, cell]) => [name, typeof cell === "string" ? text(cell) : cell]),
});

/** How many groups of a section, or rows of a table, stand open on a page. */
const MAX_OPEN_GROUPS = 4;
const MAX_OPEN_ROWS = 24;

/** Figures, folded on a page where the section has many groups or the table many rows. */
export const folding = (
  { table }: TableBlock,
  { groups = 0, title = "Figures as a table" }: { readonly groups?: number; readonly title?: string } = {},
): TableBlock => {
  const isLong = groups > MAX_OPEN_GROUPS || table.rows.length > MAX_OPEN_ROWS;
  return { kind: "table", table, ...(isLong ? { folded: title } : {}) };
};
