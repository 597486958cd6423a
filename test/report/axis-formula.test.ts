import { expect, test } from "vitest";
import { evenTicks, logTicks, tickNumber, tickTime } from "../../src/report/axis-formula.ts";

test.each([
  [0, 30, 6, [0, 5, 10, 15, 20, 25, 30]],
  [-0.4, 1.1, 6, [-0.4, -0.2, 0, 0.2, 0.4, 0.6, 0.8, 1]],
  [0, 1200, 6, [0, 200, 400, 600, 800, 1000, 1200]],
  [0.0001, 0.0009, 4, [0.0002, 0.0004, 0.0006, 0.0008]],
  [3, 3, 6, []],
  [Number.NaN, 3, 6, []],
])("even ticks from %d to %d, about %d", (low, high, count, ticks) => {
  expect(evenTicks(low, high, count)).toEqual(ticks);
});

test.each([
  [900, 60_000, 8, [1000, 2000, 5000, 10_000, 20_000, 50_000]],
  [1e3, 1e8, 8, [1e3, 1e4, 1e5, 1e6, 1e7, 1e8]],
  [0, 10, 8, []],
  [-5, 10, 8, []],
  [1, Infinity, 8, []],
])("logarithmic ticks from %d to %d, about %d", (low, high, count, ticks) => {
  expect(logTicks(low, high, count)).toEqual(ticks);
});

test("the ticks of an axis have the same number of decimals, a real minus and grouped digits", () => {
  expect([-0.5, 0, 1].map((tick) => tickNumber(tick, [-0.5, 0, 1]))).toEqual(["\u22120.5", "0.0", "1.0"]);
  expect(tickNumber(1_200_000, [1_200_000])).toBe("1\u202f200\u202f000");
  expect(tickNumber(2e-7, [2e-7, 4e-7])).toBe("0.0000002");
});

test.each([
  [0.5, "0.5 ns"],
  [500, "500 ns"],
  [20_000, "20 \u00b5s"],
  [5e6, "5 ms"],
  [2e9, "2 s"],
])("%d ns is %s", (ns, text) => {
  expect(tickTime(ns)).toBe(text);
});
