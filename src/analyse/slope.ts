/** How fast a series of one window rises: least squares, with an interval that knows that one second resembles the next. */
import { mean } from "simple-statistics";
import type { Interval } from "../domain/verdict.ts";
import { tQuantile } from "./distributions.ts";
import { LEVEL } from "./interval.ts";
import { total } from "./ledger.ts";

const MIN_POINTS = 10;
/** Fewer independent points than these tell no slope. */
const MIN_INDEPENDENT = 6;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * The residuals' correlation from one point to the next, with what a short series hides of it, tells how many points are as good as independent
 * (Bayley and Hammersley 1946). Null where there are too few points at all.
 */
export const slopeOf = (points: readonly Point[]): Interval | null => {
  const count = points.length;
  if (count < MIN_POINTS) return null;
  const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))];
  const spread = total(points, (point) => (point.x - x) ** 2);
  if (spread === 0) return null;
  const slope = total(points, (point) => (point.x - x) * (point.y - y)) / spread;
  const residuals = points.map((point) => point.y - y - slope * (point.x - x));
  const square = total(residuals, (one) => one ** 2);
  // What does not change at all has no slope, and no doubt about it.
  if (square === 0) return { value: slope, low: slope, high: slope };
  const lagged = Math.max(0, laggedOf(residuals) / square);
  const correlation = Math.min(0.999, lagged + (1 + 4 * lagged) / count);
  const independent = (count * (1 - correlation)) / (1 + correlation);
  if (independent < MIN_INDEPENDENT) return { value: slope, low: null, high: null };
  const degrees = independent - 2;
  const reach = tQuantile((1 + LEVEL) / 2, degrees) * Math.sqrt(square / degrees / spread);
  return { value: slope, low: slope - reach, high: slope + reach };
};

const laggedOf = (residuals: readonly number[]): number =>
  total(
    residuals.slice(1).map((one, index) => one * (residuals[index] ?? 0)),
    (product) => product,
  );
