/** Least squares of a response on one or two covariates, none of which can lower it. */
import { mean } from "simple-statistics";

export interface Point {
  readonly x: readonly number[];
  readonly y: number;
}

/** Sums of squares and products about the groups' own means; those of several groups add up. */
export interface Squares {
  readonly n: number;
  readonly groups: number;
  readonly xx: readonly (readonly number[])[];
  readonly xy: readonly number[];
  readonly yy: number;
}

export interface Fit {
  /** One a covariate, none below 0. */
  readonly slopes: readonly number[];
  /** Standard errors that it is away from no effect at all; 0 where that cannot be told. The square root of F, which for one covariate is t. */
  readonly evidence: number;
}

export const centredSquares = (points: readonly Point[], covariates: number): Squares => {
  const at = [...Array(covariates).keys()];
  const means = at.map((i) => mean(points.map(({ x }) => x[i] ?? 0)));
  const meanY = mean(points.map(({ y }) => y));
  const centred = points.map(({ x, y }) => ({
    x: at.map((i) => (x[i] ?? 0) - (means[i] ?? 0)),
    y: y - meanY,
  }));
  const sum = (of: (point: Point) => number): number => centred.reduce((all, point) => all + of(point), 0);
  return {
    n: points.length,
    groups: 1,
    xx: at.map((i) => at.map((j) => sum(({ x }) => (x[i] ?? 0) * (x[j] ?? 0)))),
    xy: at.map((i) => sum(({ x, y }) => (x[i] ?? 0) * y)),
    yy: sum(({ y }) => y ** 2),
  };
};

export const addSquares = (all: readonly Squares[], covariates: number): Squares => {
  const at = [...Array(covariates).keys()];
  const sum = (of: (one: Squares) => number): number => all.reduce((whole, one) => whole + of(one), 0);
  return {
    n: sum(({ n }) => n),
    groups: sum(({ groups }) => groups),
    xx: at.map((i) => at.map((j) => sum(({ xx }) => xx[i]?.[j] ?? 0))),
    xy: at.map((i) => sum(({ xy }) => xy[i] ?? 0)),
    yy: sum(({ yy }) => yy),
  };
};

/** Of the fits in which every covariate that is used slows, the one that explains most. */
export const fitOf = (squares: Squares): Fit => {
  const { n, groups, xx, xy, yy } = squares;
  const fits = subsetsOf(xy.length).flatMap((used) => {
    const slopes = solved(
      used.map((i) => used.map((j) => xx[i]?.[j] ?? 0)),
      used.map((i) => xy[i] ?? 0),
    );
    if (slopes === undefined || slopes.some((k) => k <= 0)) return [];
    const explained = slopes.reduce((sum, k, index) => sum + k * (xy[used[index] ?? 0] ?? 0), 0);
    return [{ used, slopes, explained }];
  });
  const best = fits.toSorted((a, b) => b.explained - a.explained)[0];
  const none = { slopes: xy.map(() => 0), evidence: 0 };
  if (best === undefined) return none;
  const { used, explained } = best;
  const degrees = n - groups - used.length;
  if (degrees < 1) return none;
  const residual = Math.max(0, yy - explained) / degrees;
  return {
    slopes: xy.map((_, i) => best.slopes[used.indexOf(i)] ?? 0),
    evidence: residual === 0 ? Infinity : Math.sqrt(explained / used.length / residual),
  };
};

/** Of one or two covariates: each, and both. */
const subsetsOf = (covariates: number): readonly (readonly number[])[] =>
  covariates === 1 ? [[0]] : [[0], [1], [0, 1]];

/** How much of a covariate's square has to be its own: two loops that always agree tell one thing. */
const MIN_OWN_SHARE = 1e-9;

/** Undefined where a covariate does not vary, or two vary as one. */
const solved = (
  [first, second]: readonly (readonly number[])[],
  [p = 0, q = 0]: readonly number[],
): readonly number[] | undefined => {
  const [a = 0, b = 0] = first ?? [];
  if (second === undefined) return a === 0 ? undefined : [p / a];
  const [, d = 0] = second;
  const determinant = a * d - b * b;
  if (determinant <= MIN_OWN_SHARE * a * d) return undefined;
  return [(d * p - b * q) / determinant, (a * q - b * p) / determinant];
};
