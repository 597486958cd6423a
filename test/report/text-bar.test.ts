import { expect, test } from "vitest";
import { textBar } from "../../src/report/view/text-bar.ts";

test.each([
  ["nothing", { value: 0, low: 0, high: 0 }, "······│··"],
  ["less than nothing", { value: -0.2, low: -0.3, high: -0.1 }, "······│··"],
  ["a trace, which is not nothing", { value: 0.01, low: 0.005, high: 0.02 }, "█·····│··"],
  ["an interval", { value: 0.6, low: 0.5, high: 0.7 }, "███▒··│··"],
  ["all but the budget, which is not over it", { value: 0.999, low: 0.998, high: 0.9999 }, "█████·│··"],
  ["an interval on both sides of the budget", { value: 1, low: 0.9, high: 1.1 }, "█████▒│▒·"],
  ["just over it", { value: 1.01, low: 1.005, high: 1.02 }, "██████│█·"],
  ["far over it", { value: 9, low: 8, high: 10 }, "██████│█▶"],
  ["no interval", { value: 0.5, low: null, high: null }, "███···│··"],
])("%s", (_, share, bar) => {
  expect(textBar(share)).toBe(bar);
});
