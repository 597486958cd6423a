/** Figures as `format.ts` rounds them, with the signs that print has and a terminal's font may lack. */
import type { Interval } from "../../domain/verdict.ts";
import type { Unit } from "../../domain/units.ts";
import type { Figure, Scale } from "../format.ts";
import { figureOf, percentOf } from "../format.ts";
import { html } from "./markup.ts";
import type { Markup } from "./markup.ts";

/** "-4.1 us" becomes "−4.1 µs", "x1.12" becomes "×1.12". Only for formatted figures and sentences about them: a hyphen in a name is no minus, and x86_64 no factor. */
export const typeset = (figure: string): string =>
  figure
    .replaceAll(/(^|[\s[(])-(?=\d)/g, "$1\u2212")
    .replaceAll(/\bus\b/g, "\u00b5s")
    .replaceAll(/\bx(?=\d[\d.]*(?:[\s,;)]|$))/g, "\u00d7")
    .replaceAll(/(?<=\d) (?=[%\p{Letter}])/gu, "\u00a0");

/** Stands in a table where there is no figure; says so to a screen reader. */
export const absent = (why = "no figure"): Markup =>
  html`<span class="absent" title="${why}"
    ><span aria-hidden="true">–</span><span class="spoken">${why}</span></span
  >`;

const printed = (figure: Figure): Markup =>
  html`<b>${typeset(figure.value)}</b
    >${figure.unit === "" ? null : html` <span class="unit">${typeset(figure.unit)}</span>`}
    <span class="range">${figure.range === null ? "exploratory" : typeset(figure.range)}</span>`;

/** A figure with unit and interval, or the word "exploratory" where it has none. */
export const figureMarkup = (
  interval: Interval,
  unit: Unit,
  options: { readonly sign?: boolean; readonly scale?: Scale } = {},
): Markup => printed(figureOf(interval, unit, options));

export const percentMarkup = (ratio: Interval | null): Markup =>
  ratio === null ? absent("no ratio: the figure is a level or not positive") : printed(percentOf(ratio));
