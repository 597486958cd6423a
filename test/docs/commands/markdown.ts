/** Commands of a page: lines of its code blocks, and what stands between back-ticks. */
import { type Quoted, spansOf } from "./quoted.ts";

/** Other blocks are files, formulas and data. */
const SHELLS = new Set(["", "sh", "bash", "shell", "console"]);
const FENCE = /^ *(?:```|~~~)(\w*)/;

/** A changelog is about what there was; only its newest part is about what there is. */
const newest = (file: string, text: string): string =>
  file === "CHANGELOG.md"
    ? text
        .split(/^(?=## )/m)
        .slice(0, 2)
        .join("")
    : text;

export const commandsInMarkdown = (file: string, content: string): readonly Quoted[] => {
  const blocks: Quoted[] = [];
  let fence: string | undefined;
  const lines = newest(file, content).split("\n");
  const prose = lines.map((text, index) => {
    const mark = FENCE.exec(text);
    if (mark !== null) {
      fence = fence === undefined ? (mark[1] ?? "") : undefined;
      return "";
    }
    if (fence === undefined && !/^ {4}\S/.test(text)) return text;
    if (SHELLS.has(fence ?? "") && !(lines[index - 1] ?? "").endsWith("\\"))
      blocks.push({ file, line: index + 1, text: joined(lines, index).replace(/^\$ /, ""), how: "line" });
    return "";
  });
  return [...blocks, ...spansOf(file, prose.join("\n")).map(unescaped)];
};

/** With the lines that it goes on in. */
export const joined = (lines: readonly string[], index: number): string => {
  const line = (lines[index] ?? "").trim();
  return line.endsWith("\\") ? `${line.slice(0, -1).trim()} ${joined(lines, index + 1)}` : line;
};

/** In a table a bar is written `\|`. */
const unescaped = (quoted: Quoted): Quoted => ({ ...quoted, text: quoted.text.replaceAll("\\|", "|") });
