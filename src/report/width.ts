/** How many terminal columns a text takes, so that tables stay aligned whatever an agent calls itself. */

const segments = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Wide and fullwidth blocks of Unicode's EastAsianWidth, as ranges of code points. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
];

const widthOfSegment = (segment: string): number => {
  if (/^[\p{Mark}\p{Control}\p{Format}]+$/u.test(segment)) return 0;
  if (/\p{Emoji_Presentation}|\ufe0f/u.test(segment)) return 2;
  const point = segment.codePointAt(0) ?? 0;
  return WIDE.some(([from, to]) => point >= from && point <= to) ? 2 : 1;
};

/** Columns that a text without escape sequences takes. */
export const displayWidth = (text: string): number => {
  let width = 0;
  for (const { segment } of segments.segment(text)) width += widthOfSegment(segment);
  return width;
};

/**
 * One line of harmless text: control and direction-changing characters of foreign text (an agent's message, a host's name)
 * could otherwise move the cursor, recolour the terminal or break a table.
 */
export const singleLine = (text: string): string =>
  text
    .replaceAll(/[\p{Control}\u2028\u2029]+/gu, " ")
    .replaceAll(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "")
    .replaceAll(/ {2,}/g, " ")
    .trim();

/** Ends in "…" where it is wider than the room. */
export const shortened = (text: string, width: number): string => {
  if (displayWidth(text) <= width) return text;
  let kept = "";
  for (const { segment } of segments.segment(text)) {
    if (displayWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
};

export const padEnd = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - displayWidth(text)));
export const padStart = (text: string, width: number): string =>
  " ".repeat(Math.max(0, width - displayWidth(text))) + text;

/** Breaks at spaces, but not between a figure and its percent sign; a word wider than the line is cut. */
export const wrap = (text: string, width: number): readonly string[] => {
  const room = Math.max(1, width);
  const lines: string[] = [];
  let line = "";
  const flush = (): void => {
    if (line !== "") lines.push(line);
    line = "";
  };
  for (const word of text.split(/ (?!%)/)) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (displayWidth(joined) <= room) {
      line = joined;
      continue;
    }
    flush();
    for (const { segment } of segments.segment(word)) {
      if (displayWidth(line + segment) > room) flush();
      line += segment;
    }
  }
  flush();
  return lines;
};
