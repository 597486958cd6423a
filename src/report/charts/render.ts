/** Draws a chart specification as static SVG text that takes its colours and font from the page around it. */
import type { Config, TopLevelSpec } from "vega-lite";
import { attribute } from "../page/markup.ts";
import { Tips } from "./tips.ts";

const LABEL_SIZE = 12;
const CONFIG: Config = {
  font: "inherit",
  // Digits are grouped as in the tables.
  locale: { number: { decimal: ".", thousands: "\u202f", grouping: [3], currency: ["", ""] } },
  background: "transparent",
  padding: 4,
  view: { stroke: null },
  axis: {
    labelColor: "currentColor",
    titleColor: "currentColor",
    labelFontSize: LABEL_SIZE,
    titleFontSize: LABEL_SIZE,
    titleFontWeight: "normal",
    titlePadding: 10,
    labelPadding: 6,
    labelLimit: 0,
    titleLimit: 0,
    labelFlush: false,
    gridColor: "var(--grid)",
    domainColor: "var(--line)",
    tickColor: "var(--line)",
  },
  axisY: { domain: false, ticks: false, grid: false },
  // Room beyond the outermost mark, so that an interval never ends at the frame.
  scale: { continuousPadding: 10 },
};

/** A hundredth of a pixel cannot be seen. */
const shortened = (value: string): string => value.replaceAll(/(\d+\.\d{2})\d+/g, "$1");

/**
 * Leaves only what a reader's browser needs: sizes from the view box, no more decimals than can be seen, no identifiers that could clash with
 * another chart's, no attributes of Vega's own.
 */
const dress = (svg: string, { name, label }: Frame, tips: Tips): string => {
  const size = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg);
  if (size === null) throw new Error(`chart ${name} was drawn without a view box`);
  const [box, width = ""] = size;
  const body = tips
    .apply(svg.slice(svg.indexOf(">") + 1))
    .replaceAll(/ (?:role|aria-[a-z]+|pointer-events)="[^"]*"/g, "")
    .replaceAll(/<path class="(?:background|foreground)"[^>]*\/>/g, "")
    .replaceAll(/ opacity="1"/g, "")
    .replaceAll(/ (?:d|transform|x2|y2)="[^"]*"/g, shortened)
    .replaceAll(/(id="|url\(#)([^")]+)/g, (_, before: string, id: string) => `${before}${name}-${id}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="${attribute(label)}" ${box} style="max-width:${Math.ceil(Number(width))}px">${body}`;
};

export interface Frame {
  /** Unique in the page. */
  readonly name: string;
  /** What the chart shows, in words, for those who do not see it. */
  readonly label: string;
}

/** A field that holds what is drawn, such as a colour, and so needs neither scale nor legend. */
export const asIs = (field: string) => ({ field, type: "nominal", scale: null, legend: null }) as const;

/** @param specOf registers what its marks are about */
export const drawer =
  <T extends Frame>(specOf: (chart: T, tips: Tips) => TopLevelSpec) =>
  async (chart: T): Promise<string> => {
    // Most commands draw nothing, and these two are half of what would be loaded.
    const [{ View, parse }, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
    const tips = new Tips();
    const { spec } = compile({ ...specOf(chart, tips), config: CONFIG });
    const view = new View(parse(spec), { renderer: "none" });
    try {
      return dress(await view.toSVG(), chart, tips);
    } finally {
      view.finalize();
    }
  };
