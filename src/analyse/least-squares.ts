/** A straight line through a block's points, with what it leaves over. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly slope: number;
  readonly intercept: number;
  /** Sum of the squared residuals. */
  readonly squares: number;
}

/** Undefined where all x are equal: no line can be told from another. */
export const leastSquares = (points: readonly Point[]): Line | undefined => {
  const n = points.length;
  const xMean = points.reduce((sum, { x }) => sum + x, 0) / n;
  const yMean = points.reduce((sum, { y }) => sum + y, 0) / n;
  const xSquares = points.reduce((sum, { x }) => sum + (x - xMean) ** 2, 0);
  if (!(xSquares > 0)) return undefined;
  const slope = points.reduce((sum, { x, y }) => sum + (x - xMean) * (y - yMean), 0) / xSquares;
  const intercept = yMean - slope * xMean;
  const squares = points.reduce((sum, { x, y }) => sum + (y - intercept - slope * x) ** 2, 0);
  return { slope, intercept, squares };
};
