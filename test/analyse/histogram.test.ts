import { expect, test } from "vitest";
import { histogramQuantile } from "../../src/analyse/histogram.ts";
import { missing, value } from "../../src/domain/units.ts";
import { histogramOf } from "./support/record-builder.ts";

test("a quantile is the smallest latency that the share does not exceed", () => {
  const histogram = histogramOf([100, 500], [200, 400], [900, 100]);
  expect(histogramQuantile(histogram, 0.5)).toEqual(value(100));
  expect(histogramQuantile(histogram, 0.9)).toEqual(value(200));
});

test.each([
  [0.5, 200],
  [0.9, 1_000],
  [0.99, 10_000],
  [0.999, 100_000],
])("the %d quantile needs %d operations", (quantile, operations) => {
  expect(histogramQuantile(histogramOf([7, operations]), quantile)).toEqual(value(7));
  expect(histogramQuantile(histogramOf([7, operations - 1]), quantile)).toEqual(
    missing(
      `the ${100 * quantile} % quantile needs ${operations} operations in a trial; this one had ${operations - 1}`,
    ),
  );
});
