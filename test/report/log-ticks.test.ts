import { expect, test } from "vitest";
import { logTicks } from "../../src/report/charts/log-ticks.ts";

test.each([
  [900, 60_000, 8, [1000, 2000, 5000, 10_000, 20_000, 50_000]],
  [1e3, 1e8, 8, [1e3, 1e4, 1e5, 1e6, 1e7, 1e8]],
  [0, 10, 8, []],
  [-5, 10, 8, []],
  [1, Infinity, 8, []],
])("logarithmic ticks from %d to %d, about %d", (low, high, count, ticks) => {
  expect(logTicks(low, high, count)).toEqual(ticks);
});
