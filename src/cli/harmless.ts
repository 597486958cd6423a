/**
 * What is shown on a terminal, without what would move its cursor, set its title, answer for its user or turn its lines round. It may come from
 * an agent's message, a record, a file's name.
 */

/** Of `styleText`: bold, dim, their end; red, green, yellow, their end. Nobody is fooled by a colour. */
// oxlint-disable-next-line no-control-regex
const OWN_STYLES = /(\u001b\[(?:1|2|22|31|32|33|39)m)/;

const NOT_SHOWN = "\ufffd";

const plain = (text: string): string =>
  text
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/[^\P{Control}\n\t]/gu, NOT_SHOWN)
    .replaceAll(/[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, NOT_SHOWN);

/** `styled`: whether tare writes styles itself. */
export const harmless = (text: string, styled: boolean): string =>
  styled
    ? text
        .split(OWN_STYLES)
        .map((part, at) => (at % 2 === 1 ? part : plain(part)))
        .join("")
    : plain(text);
