import { expect, test } from "vitest";
import { slopeOf } from "../../src/analyse/slope.ts";
import { seededNoise } from "./support/record-builder.ts";

/** `resembles`: how much each second keeps of the one before. */
const series = (slope: number, count: number, resembles: number, noise: () => number) => {
  let rest = noise();
  return Array.from({ length: count }, (_, x) => {
    rest = resembles * rest + Math.sqrt(1 - resembles ** 2) * noise();
    return { x, y: 20 + slope * x + rest };
  });
};

test.each([
  [0, 0.95],
  [0.5, 0.93],
  [0.8, 0.85],
])(
  "an interval of 60 seconds that resemble each other by %d holds the truth as often as it says",
  (resembles, least) => {
    const noise = seededNoise(7);
    const intervals = Array.from({ length: 1000 }, () => slopeOf(series(0.1, 60, resembles, noise)));
    const told = intervals.filter((one) => one !== null && one.low !== null && one.high !== null);
    const holding = told.filter((one) => (one?.low ?? 1) <= 0.1 && 0.1 <= (one?.high ?? 0));
    expect(told.length).toBeGreaterThan(500);
    expect(holding.length / told.length).toBeGreaterThan(least - 0.03);
  },
);

test("what does not move has no slope and no doubt", () => {
  const flat = Array.from({ length: 30 }, (_, x) => ({ x, y: 8 }));
  expect(slopeOf(flat)).toEqual({ value: 0, low: 0, high: 0 });
});

test("a series that only wanders has a slope without an interval", () => {
  const walk = Array.from({ length: 30 }, (_, x) => ({ x, y: Math.sin(x / 10) * 10 }));
  expect(slopeOf(walk)).toMatchObject({ low: null, high: null });
});

test("too few seconds have none", () => {
  expect(slopeOf(Array.from({ length: 9 }, (_, x) => ({ x, y: x })))).toBeNull();
  expect(slopeOf(Array.from({ length: 20 }, (_, y) => ({ x: 1, y })))).toBeNull();
});
