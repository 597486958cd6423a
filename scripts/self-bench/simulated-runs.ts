/** Runs of which the truth is known, drawn from noise that was recorded, and how often the rules that judge are wrong about them. */
import { mean, standardDeviation } from "simple-statistics";
import type { BlockSeries, Collected } from "../../src/analyse/collect.ts";
import { tQuantile } from "../../src/analyse/distributions.ts";
import { type Candidate, meansOf } from "../../src/analyse/estimate.ts";
import { holm } from "../../src/analyse/holm.ts";
import { type Mean, pAbove, plainMean } from "../../src/analyse/mean.ts";
import { pairBlocks } from "../../src/analyse/pair.ts";
import { sampleOf } from "../../src/analyse/sample.ts";
import { createRng, toUnit } from "../../src/domain/random.ts";

/** An agent under a scenario. All in percent of the scenario's baseline. */
export interface Cell {
  readonly scenario: string;
  readonly cost: number;
  readonly budget: number;
  /** Standard deviation of one turn, in percent of its own cost; that of the baseline is the scenario's. */
  readonly spread: number;
}

export interface Structure {
  readonly cells: readonly Cell[];
  /** By scenario: standard deviation of a baseline turn, percent. */
  readonly baselines: ReadonlyMap<string, number>;
}

/** Of mean 0 and standard deviation 1. */
export type Noise = () => number;

export interface Share {
  readonly value: number;
  /** Standard error, the run being the replicate: agents of one run share their baselines. */
  readonly error: number;
}

export interface Rates {
  readonly cover: Share;
  /** How often the one-sided upper 95 % bound, on which "within" rests, lies below the cost. */
  readonly upperMiss: number;
  /** In how many runs any cell is called over, when every cost lies on its budget. */
  readonly familyError: number;
  /** `upperMiss` of the cell that has most. */
  readonly worst: number;
  /** Cells of a run that are called over or within, at the structure's own costs. */
  readonly decided: number;
}

export type Rule = "moderated" | "plain";

export const simulate = (
  { cells, baselines }: Structure,
  blocks: number,
  noise: Noise,
  runs: number,
  rule: Rule = "moderated",
): Rates => {
  const indices = Array.from({ length: blocks }, (_, index) => index);
  const series = (level: number, spread: number): BlockSeries =>
    new Map(indices.map((block) => [block, level * (1 + (spread / 100) * noise())]));
  const covered: number[] = [];
  const missed = cells.map(() => 0);
  let familyErrors = 0;
  let decided = 0;
  for (let run = 0; run < runs; run++) {
    const references = new Map(
      [...baselines].map(([scenario, spread]) => [scenario, [series(100, spread), series(100, spread)]]),
    );
    const candidates = cells.map((cell, index): Candidate => {
      const own = series(100 + cell.cost, cell.spread);
      const contrast = pairBlocks(own, references.get(cell.scenario) ?? [], indices);
      return { key: keyOf(cell, index), metric: "workload-cpu", notes: [], ...contrast };
    });
    const means = meansBy(rule, candidates);
    let held = 0;
    for (const [index, one] of means.entries()) {
      const truth = cells[index]?.cost ?? NaN;
      if (Math.abs(one.value - truth) <= quantile(0.975, one.degrees) * one.standardError) held++;
      if (upperOf(one) < truth) missed[index] = (missed[index] ?? 0) + 1;
    }
    covered.push(held / cells.length);
    const overAt = (limitOf: (cell: Cell) => number) =>
      holm(means.map((one, index) => pAbove(one, limitOf(cells[index] ?? NOWHERE))));
    if (overAt(({ cost }) => cost).some(({ rejected }) => rejected)) familyErrors++;
    decided += overAt(({ budget }) => budget).filter(({ rejected }, index) => {
      const one = means[index];
      return rejected || (one !== undefined && upperOf(one) <= (cells[index]?.budget ?? NaN));
    }).length;
  }
  const misses = missed.map((count) => count / runs);
  return {
    cover: shareOf(covered),
    upperMiss: mean(misses),
    familyError: familyErrors / runs,
    worst: Math.max(...misses),
    decided: decided / runs,
  };
};

const NOWHERE: Cell = { scenario: "", cost: NaN, budget: NaN, spread: NaN };

const keyOf = ({ scenario }: Cell, index: number): Collected["key"] => ({
  agent: `agent-${index}`,
  scenario,
  operation: "operation",
  load: "closed",
  placement: "pinned",
});

const meansBy = (rule: Rule, candidates: readonly Candidate[]): readonly Mean[] => {
  if (rule === "plain") return candidates.map(({ differences }) => plainMean(sampleOf(differences)));
  const { absolute } = meansOf(candidates, []);
  return candidates.flatMap((candidate) => absolute.get(candidate) ?? []);
};

const shareOf = (shares: readonly number[]): Share => ({
  value: mean([...shares]),
  error: standardDeviation([...shares]) / Math.sqrt(shares.length),
});

const quantiles = new Map<string, number>();
/** Asked for some hundred thousand times at few degrees. */
const quantile = (p: number, degrees: number): number => {
  const name = `${p} ${degrees}`;
  const known = quantiles.get(name) ?? tQuantile(p, degrees);
  quantiles.set(name, known);
  return known;
};

const upperOf = ({ value, degrees, standardError }: Mean): number =>
  value + quantile(0.95, degrees) * standardError;

/** Uniform draws of a list, standardised. */
export const drawnFrom = (residuals: readonly number[], seed: number): Noise => {
  const next = createRng(seed);
  const [middle, deviation] = [mean([...residuals]), standardDeviation([...residuals])];
  return () => ((residuals[Math.floor(toUnit(next()) * residuals.length)] ?? NaN) - middle) / deviation;
};

/**
 * What is left of each reading when its agent's level and its block's are taken out, relative, each condition on its own scale. Baselines and
 * agents alike.
 */
export const residualsOf = (
  columns: readonly BlockSeries[],
  blocks: readonly number[],
): readonly number[] => {
  const whole = blocks.filter((block) => columns.every((column) => column.has(block)));
  if (columns.length < 2 || whole.length < 2) return [];
  const relative = columns.map((column) => {
    const values = whole.map((block) => column.get(block) ?? NaN);
    const level = mean(values);
    return values.map((one) => one / level - 1);
  });
  const ofBlock = whole.map((_, index) => mean(relative.map((column) => column[index] ?? NaN)));
  const left = relative.flatMap((column) => column.map((one, index) => one - (ofBlock[index] ?? NaN)));
  const deviation = standardDeviation(left);
  return deviation > 0 ? left.map((one) => one / deviation) : [];
};
