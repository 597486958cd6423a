/** The samples over time, by the charts that reports use, as a picture that needs no page around it. */
import { drawTimeline } from "../../src/report/charts/timeline.ts";
import { MEASURES, type Sample } from "./sample.ts";

const STYLE = `<style>
svg { color: #333; background: #fff; font: 12px system-ui, sans-serif; --grid: #e4e4e4; --line: #999; --mark: #35618f; }
@media (prefers-color-scheme: dark) { svg { color: #ccc; background: #161616; --grid: #333; --line: #777; --mark: #8ab4e8; } }
</style>`;

/** So many marks in a panel tell a trend, and keep the picture small. */
const MAX_MARKS = 120;

export const pictureOf = async (samples: readonly Sample[], label: string): Promise<string> => {
  const step = Math.ceil(samples.length / MAX_MARKS);
  const shown = samples.filter((_, index) => index % step === 0);
  const svg = await drawTimeline({
    name: "soak",
    label,
    panels: MEASURES.map(({ quantity, title, perUnit, unit }) => ({
      axis: unit === "" ? title : `${title}, ${unit}`,
      points: shown.map((sample) => ({
        minutes: sample.seconds / 60,
        value: sample[quantity] / perUnit,
        agent: "",
        colour: "var(--mark)",
        shape: "circle" as const,
        tip: `${(sample.seconds / 60).toFixed(1)} min: ${(sample[quantity] / perUnit).toFixed(1)} ${unit}`.trim(),
      })),
    })),
  });
  return `${svg.replace(">", `>${STYLE}`)}\n`;
};
