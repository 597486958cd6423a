import { expect, test } from "vitest";
import { betaQuantile, normalQuantile, tQuantile } from "../../src/analyse/distributions.ts";

// scipy 1.17: stats.t.ppf(p, df)
test.each([
  [0.975, 9, 2.262157162798205],
  [0.95, 11, 1.7958848187040433],
  [0.8, 11, 0.8755299780738819],
  [0.975, 59, 2.000995378088267],
])("the %d quantile of t with %d degrees of freedom is %d", (p, degrees, expected) => {
  expect(tQuantile(p, degrees)).toBeCloseTo(expected, 9);
});

// scipy 1.17: stats.norm.ppf(p)
test.each([
  [0.975, 1.959963984540054],
  [0.8, 0.8416212335729143],
])("the %d quantile of the normal distribution is %d", (p, expected) => {
  expect(normalQuantile(p)).toBeCloseTo(expected, 12);
});

// scipy 1.17: stats.beta.ppf(p, a, b)
test.each([
  [0.025, 3, 98, 0.006229971538306395],
  [0.975, 4, 97, 0.08517605297428002],
  [0.95, 1, 60_000, 4.992762480055318e-5],
])("the %d quantile of beta(%d, %d) is %d", (p, a, b, expected) => {
  expect(betaQuantile(p, a, b) / expected).toBeCloseTo(1, 9);
});

test("a quantile that does not exist is an error, not a NaN", () => {
  expect(() => tQuantile(1.5, 9)).toThrow("quantile 1.5 of t with 9 degrees of freedom is not defined");
});
