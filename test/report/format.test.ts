import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatBytes,
  formatConfidence,
  formatCost,
  formatCount,
  formatDuration,
  formatLevel,
  formatLoss,
  formatNs,
  formatNumberOf,
  formatTime,
  formatValue,
  percentOf,
  ratioOf,
  scaleOf,
} from "../../src/report/format.ts";

const interval = (value: number, low: number | null = null, high: number | null = null) => ({
  value,
  low,
  high,
});

describe("time", () => {
  test.each([
    [0, "0 ns"],
    [3.14159, "3.14 ns"],
    [380, "380 ns"],
    [999.4, "999 ns"],
    [999.9, "1.00 us"],
    [1_524, "1.52 us"],
    [61_200, "61.2 us"],
    [2_910_000, "2.91 ms"],
    [7_200_000_000, "7.20 s"],
    [-1_524, "-1.52 us"],
  ])("%d ns is %s", (ns, text) => expect(formatNs(ns)).toBe(text));

  test.each([
    [12, "12 ms"],
    [999.6, "1 s"],
    [43_000, "43 s"],
    [59_600, "1 min"],
    [725_000, "12 min 5 s"],
    [5_604_000, "1 h 33 min"],
    [7_200_000, "2 h"],
  ])("%d ms is a duration of %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

  test("a time is told in UTC, to the minute, and what is no time stays as it is", () => {
    expect(formatTime("2026-11-22T23:28:46.500+02:00")).toBe("2026-11-22 21:28 UTC");
    expect(formatTime("soon")).toBe("soon");
  });
});

describe("a figure has the digits that its interval can carry", () => {
  test.each([
    [interval(4_123, 3_581, 4_702), "+4.1 us/op [3.6, 4.7]"],
    [interval(4_123.4, 4_120.1, 4_126.8), "+4.1234 us/op [4.1201, 4.1268]"],
    [interval(4_123, -9_000, 17_000), "+4 us/op [-9, 17]"],
    [interval(-31.2, -60.4, -2.1), "-31 ns/op [-60, -2]"],
    [interval(0.01, -4, 4), "0.0 ns/op [-4.0, 4.0]"],
    [interval(-0.01, -4, 4), "0.0 ns/op [-4.0, 4.0]"],
    [interval(1_524), "+1.52 us/op"],
  ])("%o is %s", (figure, text) => expect(formatCost(figure, "ns/op")).toBe(text));

  test("a level has no sign", () => {
    expect(formatLevel(interval(12.34, 12.1, 12.6), "MiB")).toBe("12.34 MiB [12.10, 12.60]");
    expect(formatValue(0.0523, "cores")).toBe("0.0523 cores");
    expect(formatValue(131, "bytes/op")).toBe("131 B/op");
    expect(formatValue(2048, "bytes/op")).toBe("2.00 KiB/op");
  });

  test("the printed value lies in the printed interval whenever the value lies in the interval", () => {
    const number = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    const parse = (text: string): number => Number(text.replaceAll("\u202f", ""));
    fc.assert(
      fc.property(number, number, number, (first, second, third) => {
        const [low = 0, value = 0, high = 0] = [first, second, third].sort((left, right) => left - right);
        const text = formatCost(interval(value, low, high), "ns");
        const found = /^([^ ]+) \w+ \[([^,]+), ([^\]]+)\]$/.exec(text);
        expect(found).not.toBeNull();
        const [, printed = "", from = "", to = ""] = found ?? [];
        expect(parse(from)).toBeLessThanOrEqual(parse(printed));
        expect(parse(printed)).toBeLessThanOrEqual(parse(to));
      }),
    );
  });
});

describe("ratios", () => {
  test.each([
    [interval(1.1234, 1.08, 1.16), "x1.123", "+12.3", "[8.0, 16.0]"],
    [interval(0.98, 0.97, 0.99), "x0.980", "-2.0", "[-3.0, -1.0]"],
    [interval(1.4), "x1.40", "+40.0", null],
  ])("%o is %s or %s %%", (ratio, factor, percent, range) => {
    expect(ratioOf(ratio).value).toBe(factor);
    expect(percentOf(ratio)).toEqual({ value: percent, range, unit: "%" });
  });
});

describe("loss", () => {
  test("no loss is told with what it may still be, rounded up", () => {
    expect(formatLoss({ value: 0, low: 0, high: 0.0000499 })).toBe("0 % (at most 0.0050 %)");
    expect(formatLoss({ value: 0, low: 0, high: 0.000151 })).toBe("0 % (at most 0.016 %)");
    expect(formatLoss({ value: 0, low: 0, high: 1 })).toBe("0 % (at most 100 %)");
  });

  test("a loss is told with its interval", () => {
    expect(formatLoss({ value: 0.174, low: 0.1725, high: 0.1755 })).toBe("17.40 % [17.25, 17.55]");
  });
});

describe("counts and bytes", () => {
  test("thousands are set apart by a narrow space", () => {
    expect(formatCount(999)).toBe("999");
    expect(formatCount(1_234_567)).toBe("1\u202f234\u202f567");
    expect(formatCount(-4_000)).toBe("-4\u202f000");
  });

  test("one block, two blocks, no blocks", () => {
    expect([1, 2, 0].map((count) => formatNumberOf(count, "block"))).toEqual([
      "1 block",
      "2 blocks",
      "0 blocks",
    ]);
  });

  test("bytes are binary", () => {
    expect([512, 1024, 8_232_660_992].map(formatBytes)).toEqual(["512 B", "1.00 KiB", "7.67 GiB"]);
  });

  test("a confidence is a percentage", () => {
    expect([0.95, 0.9, 0.995].map(formatConfidence)).toEqual(["95 %", "90 %", "99.5 %"]);
  });
});

test("a column has one unit, that of its largest figure", () => {
  expect(scaleOf("ns/op", [380, -1_524])).toEqual({ name: "us/op", size: 1e3 });
  expect(scaleOf("ns", [])).toEqual({ name: "ns", size: 1 });
});

test.each([Number.NaN, Infinity, -Infinity])("%d is refused rather than printed", (value) => {
  expect(() => formatNs(value)).toThrow(/a missing figure must be null/);
});
