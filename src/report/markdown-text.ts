/** Pieces of GitHub-flavoured Markdown. */
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

export type Cell = readonly [text: string, align?: "right"];

export const table = (header: readonly Cell[], rows: readonly (readonly string[])[]): readonly string[] => [
  `| ${header.map(([text]) => text).join(" | ")} |`,
  `| ${header.map(([, align]) => (align === "right" ? "--:" : "---")).join(" | ")} |`,
  ...rows.map((row) => `| ${row.join(" | ")} |`),
];
