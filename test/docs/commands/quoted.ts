/** A text in which a reader is told a command, and where it stands. */

export interface Quoted {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /**
   * `line`: in a block, to be typed as it stands. `told`: between back-ticks in a hint, the same. `named`: between back-ticks elsewhere, where a
   * command's name alone may be meant. `plain`: among the words of a hint.
   */
  readonly how: "line" | "told" | "named" | "plain";
}

export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

/** Between back-ticks, over the end of a line too. */
export const spansOf = (
  file: string,
  text: string,
  { line = 1, how = "named" }: Partial<Pick<Quoted, "line" | "how">> = {},
): readonly Quoted[] =>
  [...text.matchAll(/(?<!`)`([^`]+)`(?!`)/g)].map((match) => ({
    file,
    line: line + lineAt(text, match.index) - 1,
    text: (match[1] ?? "").replaceAll(/\n\W*/g, " ").trim(),
    how,
  }));

/** What a hint says without back-ticks: each of its clauses may be a command. */
export const clausesOf = (file: string, line: number, text: string): readonly Quoted[] =>
  text
    .replaceAll(/`[^`]*`/g, "")
    .split(/[;()\n]|,\s| or | and |:\s/)
    .map((clause) => clause.trim().replace(/^(?:(?:or|then|and|run|use|with|see|by) )+/, ""))
    .filter((clause) => clause !== "")
    .map((clause) => ({ file, line, text: clause, how: "plain" }));
