import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addSquares, centredSquares, fitOf, type Point } from "../../src/analyse/regression.ts";
import { createRng, toUnit } from "../../src/domain/random.ts";

const pointsOf = (
  slopes: readonly number[],
  { noise = 0, count = 60, level = 0, seed = 3 } = {},
): readonly Point[] => {
  const next = createRng(seed);
  const draw = (): number => toUnit(next()) - 0.5;
  return Array.from({ length: count }, () => {
    const x = slopes.map(draw);
    return { x, y: level + slopes.reduce((sum, k, i) => sum + k * (x[i] ?? 0), 0) + noise * draw() };
  });
};

const fitted = (points: readonly Point[], covariates: number) => fitOf(centredSquares(points, covariates));

describe("a fit of slopes that are not below 0", () => {
  test("gives back those that were put in, of one covariate and of two, at any level", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.05, max: 3, noNaN: true }), { minLength: 1, maxLength: 2 }),
        fc.double({ min: -10, max: 10, noNaN: true }),
        (slopes, level) => {
          const { slopes: found } = fitted(pointsOf(slopes, { level }), slopes.length);
          found.forEach((k, i) => expect(k).toBeCloseTo(slopes[i] ?? NaN, 9));
        },
      ),
    );
  });

  test("leaves out a covariate that would make things faster, and fits the other alone", () => {
    const points = pointsOf([0.8, -0.5]);
    const { slopes } = fitted(points, 2);
    expect(slopes[1]).toBe(0);
    expect(slopes[0]).toBe(
      fitted(
        points.map(({ x: [first = 0], y }) => ({ x: [first], y })),
        1,
      ).slopes[0],
    );
    expect(fitted(pointsOf([-1, -1]), 2)).toEqual({ slopes: [0, 0], evidence: 0 });
  });

  test("takes two covariates that always agree for one", () => {
    const points = pointsOf([0.7]).map(({ x: [one = 0], y }) => ({ x: [one, one], y }));
    const { slopes } = fitted(points, 2);
    expect((slopes[0] ?? 0) + (slopes[1] ?? 0)).toBeCloseTo(0.7, 9);
    expect(Math.min(...slopes)).toBe(0);
  });

  test("finds no evidence in noise, in too few points, and where nothing varies", () => {
    expect(fitted(pointsOf([0, 0], { noise: 1 }), 2).evidence).toBeLessThan(4);
    expect(fitted(pointsOf([1, 1], { count: 3 }), 2).evidence).toBe(0);
    expect(fitted(Array(20).fill({ x: [1, 1], y: 2 }) as Point[], 2)).toEqual({ slopes: [0, 0], evidence: 0 });
    expect(fitted(pointsOf([1, 0.5], { noise: 0.1 }), 2).evidence).toBeGreaterThan(20);
  });

  test("of several groups takes out each group's own level", () => {
    const groups = [0, 5, -3].map((level, seed) =>
      centredSquares(pointsOf([0.6, 0.2], { level, seed: seed + 1 }), 2),
    );
    const { slopes } = fitOf(addSquares(groups, 2));
    expect(slopes[0]).toBeCloseTo(0.6, 9);
    expect(slopes[1]).toBeCloseTo(0.2, 9);
  });
});
