/** Figures as `format.ts` rounds them, with the signs that print has and a terminal's font may lack. */

/** "-4.1 us" becomes "−4.1 µs", "x1.12" becomes "×1.12". Only for formatted figures and sentences about them: a hyphen in a name is no minus, and x86_64 no factor. */
export const typeset = (figure: string): string =>
  figure
    .replaceAll(/(^|[\s[(])-(?=\d)/g, "$1\u2212")
    .replaceAll(/\bus\b/g, "\u00b5s")
    .replaceAll(/\bx(?=\d[\d.]*(?:[\s,;)]|$))/g, "\u00d7")
    .replaceAll(/(?<=\d) (?=[%\p{Letter}])/gu, "\u00a0");
