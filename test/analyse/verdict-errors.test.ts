/**
 * How often the rules that judge are wrong, simulated for 24 checks of seven agents whose costs are known. Seeded, so the figures are always
 * the same; the bands are those of a binomial count that another seed leaves about once in a thousand.
 */
import { describe, expect, test } from "vitest";
import { SEVEN_AGENTS } from "../../scripts/self-bench/seven-agents.ts";
import { type Noise, drawnFrom, simulate } from "../../scripts/self-bench/simulated-runs.ts";
import { recordedResiduals } from "../../scripts/self-bench/verdict-errors.ts";
import { seededNoise } from "./support/record-builder.ts";

const RUNS = 600;
const band = (share: number): number => 3.29 * Math.sqrt((share * (1 - share)) / RUNS);

/** Agents of one run share their baselines, so the run is the replicate. */
const ratesOf = (blocks: number, noise: Noise) => simulate(SEVEN_AGENTS, blocks, noise, RUNS);

const heavyTailed = (seed: number): Noise => {
  const next = seededNoise(seed);
  // Student's t with 3 degrees of freedom, whose standard deviation is the root of 3.
  return () => next() / Math.sqrt(next() ** 2 + next() ** 2 + next() ** 2);
};

/** Log-normal of this sigma. */
const skewed = (seed: number, sigma: number): Noise => {
  const next = seededNoise(seed);
  const growth = Math.exp(sigma ** 2);
  return () => (Math.exp(sigma * next()) - Math.sqrt(growth)) / Math.sqrt((growth - 1) * growth);
};

describe.each([4, 5, 8, 12])("%d blocks of recorded noise", async (blocks) => {
  const residuals = await recordedResiduals();
  const rates = ratesOf(blocks, drawnFrom(residuals, blocks));

  test("the intervals hold the cost as often as they promise", () => {
    expect(rates.cover.value).toBeGreaterThan(0.95 - 3.29 * rates.cover.error);
    expect(rates.upperMiss).toBeLessThan(0.05 + band(0.05));
  });

  test("in at most 5 % of the runs any cost on its budget is called over, and hardly ever in none", () => {
    expect(rates.familyError).toBeLessThan(0.05 + band(0.05));
    expect(rates.familyError).toBeGreaterThan(0.005);
  });

  test("the agent that varies most, and is shrunk most, is wrongly within in at most a tenth of the runs", () => {
    expect(rates.worst).toBeLessThan(0.1 + band(0.1));
  });

  test("four blocks decide four fifths of what can be decided, twelve nearly all", () => {
    expect(rates.decided).toBeGreaterThan(blocks < 8 ? 20 : 21.5);
  });
});

describe.each([5, 12])("%d blocks", (blocks) => {
  test("of heavy tails keep every promise, on the safe side", () => {
    const rates = ratesOf(blocks, heavyTailed(blocks));
    expect(rates.cover.value).toBeGreaterThan(0.95);
    expect(rates.upperMiss).toBeLessThan(0.05);
    expect(rates.familyError).toBeLessThan(0.05);
  });

  test("of skewed noise (log-normal, sigma 0.5) keep them all but the worst agent's", () => {
    const rates = ratesOf(blocks, skewed(blocks, 0.5));
    expect(rates.cover.value).toBeGreaterThan(0.94);
    expect(rates.upperMiss).toBeLessThan(0.08);
    expect(rates.familyError).toBeLessThan(0.05);
  });

  test("of extreme skew (sigma 1) call a cost within too often, as docs/method.md tells, and never more often over", () => {
    const rates = ratesOf(blocks, skewed(blocks, 1));
    expect(rates.upperMiss).toBeGreaterThan(0.05);
    expect(rates.upperMiss).toBeLessThan(0.11);
    expect(rates.familyError).toBeLessThan(0.05);
  });
});

test("without moderation four blocks decide less, at no lower error", async () => {
  const residuals = await recordedResiduals();
  const [moderated, plain] = (["moderated", "plain"] as const).map((rule) =>
    simulate(SEVEN_AGENTS, 4, drawnFrom(residuals, 4), RUNS, rule),
  );
  expect(moderated?.decided).toBeGreaterThan((plain?.decided ?? Infinity) + 1);
  expect(moderated?.familyError).toBeLessThan(plain?.familyError ?? 0);
});
