/** HTML whose holes are escaped unless they hold HTML already: what an agent or a host calls itself cannot become markup. */

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Hole = string | number | Markup | readonly Markup[] | null;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Words that are written from right to left, with the blanks between them. */
const RIGHT_TO_LEFT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]+(?:\s+[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]+)*/gu;
const LEFT_TO_RIGHT_MARK = "\u200e";

/**
 * Escaped for the text of an element and for a quoted attribute. Control characters, which HTML forbids, become visible boxes. Text that runs from
 * right to left ends where it ends, and does not turn round the figures behind it.
 */
export const attribute = (text: string): string =>
  text
    .replaceAll(/[&<>"']/g, (one) => ENTITIES[one] ?? one)
    .replaceAll(/[^\P{Control}\n\t]/gu, "\ufffd")
    .replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
    .replaceAll(RIGHT_TO_LEFT, (words) => words + LEFT_TO_RIGHT_MARK);

const fill = (hole: Hole): string => {
  if (hole === null) return "";
  if (hole instanceof Markup) return hole.text;
  if (typeof hole === "object") return hole.map(({ text }) => text).join("");
  return attribute(String(hole));
};

export const html = (parts: TemplateStringsArray, ...holes: readonly Hole[]): Markup =>
  new Markup(parts.reduce((text, part, index) => text + fill(holes[index - 1] ?? null) + part));

export const joined = (items: readonly Markup[], between: string): Markup =>
  new Markup(items.map(({ text }) => text).join(attribute(between)));

/** Text that this project made as HTML or CSS: drawn charts, the style sheet. */
export const trusted = (text: string): Markup => new Markup(text);
