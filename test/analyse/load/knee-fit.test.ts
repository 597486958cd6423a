/** The fit by itself. */
import { describe, expect, test } from "vitest";
import { createKneeFit, type KneeFit, type Observation } from "../../../src/analyse/load/knee-fit.ts";

const MODEL = { limit: 0.001, beyond: ["excess", "all"] } as const;
const PRIOR = { low: 100, high: 100_000, likelyBelow: Infinity };

const fitOf = (...observations: readonly Observation[]): KneeFit => {
  const fit = createKneeFit(MODEL, PRIOR);
  for (const observation of observations) fit.add(observation);
  return fit;
};

const at = (rate: number, bad: number, seconds = 8): Observation => ({
  rate,
  seconds,
  operations: rate * seconds,
  bad,
});

const width = (fit: KneeFit): number => fit.quantile(0.975) / fit.quantile(0.025);

describe("the fit of a knee", () => {
  test("believes every knee alike before it has seen anything", () => {
    const fit = fitOf();
    expect(fit.quantile(0.5)).toBeCloseTo(Math.sqrt(100 * 100_000), -2);
    expect(fit.quantile(0.025)).toBeLessThan(fit.quantile(0.975));
  });

  test("believes less in a knee above what is likely", () => {
    const fit = createKneeFit(MODEL, { ...PRIOR, likelyBelow: 1000 });
    expect(fit.quantile(0.5)).toBeLessThan(1000);
  });

  test("lies between what was carried and what was not", () => {
    const fit = fitOf(...[1, 2, 3, 4].flatMap(() => [at(9000, 0), at(11_000, 11_000 * 8 * 0.09)]));
    expect(fit.quantile(0.025)).toBeGreaterThan(8500);
    expect(fit.quantile(0.975)).toBeLessThan(11_500);
    expect(width(fit)).toBeLessThan(1.3);
  });

  test("does not depend on the order of the probes", () => {
    const probes = [at(9000, 0), at(11_000, 7000), at(10_000, 60), at(9500, 0)];
    const one = fitOf(...probes);
    const other = fitOf(...probes.toReversed());
    for (const share of [0.025, 0.5, 0.975])
      expect(other.quantile(share)).toBeCloseTo(one.quantile(share), 6);
  });

  test("weighs two short probes like a long one", () => {
    const long = fitOf(at(5000, 0, 8), at(8000, 200, 8));
    const short = fitOf(at(5000, 0, 4), at(5000, 0, 4), at(8000, 100, 4), at(8000, 100, 4));
    // Losses that are spread evenly over two probes tell of fewer bursts than the same in one: nearly the same, and no more.
    expect(Math.abs(Math.log(short.quantile(0.5) / long.quantile(0.5)))).toBeLessThan(0.2);
  });

  test("is not moved far by one burst among many probes without", () => {
    const calm = Array.from({ length: 10 }, () => at(10_000, 0));
    const before = fitOf(...calm).quantile(0.025);
    const after = fitOf(...calm, at(10_000, 400)).quantile(0.975);
    expect(after).toBeGreaterThan(0.8 * before);
  });

  test("takes all that is bad beyond the knee where what exceeds it does not bound it", () => {
    const probes = [1, 2, 3, 4].flatMap(() => [at(9000, 150), at(11_000, 88_000)]);
    const fit = createKneeFit({ limit: 0.01, beyond: ["all"] }, PRIOR);
    for (const probe of probes) fit.add(probe);
    expect(fit.quantile(0.025)).toBeGreaterThan(8800);
    expect(fit.quantile(0.975)).toBeLessThan(11_200);
  });
});
