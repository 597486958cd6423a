/** How many terminal columns a text takes, so that tables stay aligned whatever an agent calls itself. */
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

const segments = new Intl.Segmenter("en", { granularity: "grapheme" });

export const displayWidth = (text: string): number => stringWidth(text);

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

const NO_BREAK = "\u00a0";

/** Breaks at spaces, but not between a figure and its percent sign; a word wider than the line is cut. */
export const wrap = (text: string, width: number): readonly string[] =>
  text === ""
    ? []
    : wrapAnsi(text.replaceAll(" %", `${NO_BREAK}%`), Math.max(1, width), { hard: true })
        .replaceAll(`${NO_BREAK}%`, " %")
        .split("\n");
