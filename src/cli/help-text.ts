/** Makes written help fit a terminal of 80 columns. What commander lays out itself fits already and is left as it is. */
import { wrap } from "../report/width.ts";

const COLUMNS = 80;
/** A line that is indented so far goes on with the one above. */
const CONTINUED = /^ {8}/;
/** "  smoke     does everything work here?": what is explained, a gap, and the explanation. */
const EXPLAINED = /^( +\S.*?)( {2,})(\S.*)$/;
/** Further right than this, there is no room for an explanation beside what it explains. */
const FURTHEST = 24;

export const fitHelp = (text: string): string =>
  paragraphsOf(text.split("\n"))
    .flatMap((lines) => (lines.some((line) => line.length > COLUMNS) ? reflowed(lines) : lines))
    .join("\n");

/** Lines of running text belong together; a heading, an example or an entry of a list stands for itself. */
const paragraphsOf = (lines: readonly string[]): readonly (readonly string[])[] => {
  const paragraphs: string[][] = [];
  for (const line of lines) {
    const last = paragraphs.at(-1);
    const runsOn =
      last?.[0] !== undefined && /^\S/.test(last[0]) && (/^\S/.test(line) || CONTINUED.test(line));
    if (runsOn && !(last.at(-1)?.endsWith(":") ?? false)) last.push(line);
    else paragraphs.push([line]);
  }
  return paragraphs;
};

const reflowed = (lines: readonly string[]): readonly string[] => {
  const [first = ""] = lines;
  if (/^\S/.test(first)) return wrap(lines.map((line) => line.trim()).join(" "), COLUMNS);
  const [, name, gap = "", explanation = ""] = EXPLAINED.exec(first) ?? [];
  if (name === undefined) return hanging("", first.search(/\S/), first.trim());
  const column = name.length + gap.length;
  return column <= FURTHEST
    ? hanging(name, column, explanation)
    : [name, ...hanging("", name.search(/\S/) + 4, explanation)];
};

/** The first line begins with the name, the others stand below the text. */
const hanging = (name: string, column: number, text: string): readonly string[] =>
  wrap(text, COLUMNS - column).map((line, index) => (index === 0 ? name : "").padEnd(column) + line);
