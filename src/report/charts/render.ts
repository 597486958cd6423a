/** Draws a chart specification as static SVG text that takes its colours and font from the page around it. */
import { View, parse } from "vega";
import { compile } from "vega-lite";
import type { Config, TopLevelSpec } from "vega-lite";
import { attribute } from "../page/markup.ts";
import { Tips } from "./tips.ts";

const LABEL_SIZE = 12;
/** Height of a line of a label that has two; Vega centres the first of them, so they are moved up by half of it. */
export const LABEL_LINE = 15;

const CONFIG: Config = {
  font: "inherit",
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

const fractions = /(\d+\.\d{2})\d+/g;

/**
 * Leaves only what a reader's browser needs: sizes from the view box, two decimals of a pixel, no identifiers that could clash with
 * another chart's, no attributes of Vega's own.
 */
const dress = (svg: string, name: string, label: string, tips: Tips): string => {
  const size = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg);
  if (size === null) throw new Error(`chart ${name} was drawn without a view box`);
  const [box, width = ""] = size;
  const body = tips
    .apply(svg.slice(svg.indexOf(">") + 1))
    .replaceAll(/ (?:role|aria-[a-z]+|pointer-events)="[^"]*"/g, "")
    .replaceAll(/<path class="(?:background|foreground)"[^>]*\/>/g, "")
    .replaceAll(/ opacity="1"/g, "")
    .replaceAll(/="[^"]*"/g, (attribute) => attribute.replaceAll(fractions, "$1"))
    .replaceAll(/(id="|url\(#)([^")]+)/g, (_, before: string, id: string) => `${before}${name}-${id}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="${attribute(label)}" ${box} style="max-width:${Math.ceil(Number(width))}px">${body}`;
};

/**
 * @param name unique in the page
 * @param label what the chart shows, in words, for those who do not see it
 * @param tips what the marks are about that carry a key of theirs
 */
export const draw = async (
  spec: TopLevelSpec,
  name: string,
  label: string,
  tips: Tips = new Tips(),
): Promise<string> => {
  const { spec: compiled } = compile({ ...spec, config: CONFIG });
  const view = new View(parse(compiled), { renderer: "none" });
  try {
    return dress(await view.toSVG(), name, label, tips);
  } finally {
    view.finalize();
  }
};
