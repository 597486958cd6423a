/**
 * A/A by hundreds of contrasts. Baselines and the agent that starts nothing are the same thing: who plays which part is drawn anew for each
 * contrast and block, so a difference is found as often as the level of the interval promises.
 */
import { type BlockSeries, type Collected, collect } from "../../src/analyse/collect.ts";
import { binomialQuantile } from "../../src/analyse/distributions.ts";
import { effectiveRecord, isMeasured } from "../../src/analyse/effective-record.ts";
import { summarise } from "../../src/analyse/interval.ts";
import { atOnePace } from "../../src/analyse/pace.ts";
import { pairBlocks } from "../../src/analyse/pair.ts";
import { createRng, toUnit } from "../../src/domain/random.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import { injectedBy } from "../../src/domain/run-header.ts";
import type { Print } from "./shared.ts";

const RELABELLED = 400;
const COMPARED = ["workload-cpu", "system-cpu", "wall"];

export const relabelled = (print: Print, lines: readonly RecordLine[], seed: number): void => {
  const { header, trials, blocks } = atOnePace(effectiveRecord(lines)).record;
  const isNothing = ({ key, baseline, metric }: Collected): boolean =>
    COMPARED.includes(metric) &&
    (baseline !== null || injectedBy(header.agents, key.agent)?.kind === "nothing");
  const same = [...collect(trials.filter(isMeasured), header.agents).values()].filter(isNothing);
  const parts = [
    ...Map.groupBy(same, ({ key, metric }) =>
      JSON.stringify([key.scenario, key.operation, key.load, metric]),
    ).values(),
  ]
    .map((entries) => entries.map(({ series }) => series))
    .filter((series) => series.length >= 2);
  const next = createRng(seed);
  const draw = (bound: number): number => Math.floor(toUnit(next()) * bound);
  let rejections = 0;
  let made = 0;
  for (let contrast = 0; contrast < RELABELLED; contrast++) {
    const series = parts[draw(parts.length)];
    if (series === undefined) continue;
    const [treated, ...references] = dealt(series, blocks, draw);
    if (treated === undefined) continue;
    const { interval } = summarise(pairBlocks(treated, references, blocks).differences);
    if (interval.low === null || interval.high === null) continue;
    made++;
    if (interval.low > 0 || interval.high < 0) rejections++;
  }
  if (made === 0) {
    print("  A/A: too few blocks for an interval");
    return;
  }
  const band = [binomialQuantile(0.025, made, 0.05), binomialQuantile(0.975, made, 0.05)];
  print(
    `  A/A: ${rejections} of ${made} relabelled contrasts rejected at 5 % (${((100 * rejections) / made).toFixed(1)} %; binomial band ${band.join(" to ")})`,
  );
};

/** As many series as were given, each with the block's reading of one drawn for it. */
const dealt = (
  series: readonly BlockSeries[],
  blocks: readonly number[],
  draw: (bound: number) => number,
): readonly BlockSeries[] => {
  const parts = series.map(() => new Map<number, number>());
  for (const block of blocks) {
    const first = draw(series.length);
    for (const [index, part] of parts.entries()) {
      const one = series[(first + index) % series.length]?.get(block);
      if (one !== undefined) part.set(block, one);
    }
  }
  return parts;
};
