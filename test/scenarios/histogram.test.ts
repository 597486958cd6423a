import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { array, assert, double, nat, property, sample } from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { highestEquivalent, histogramOf } from "../../scenarios/driver/node-service/histogram.ts";
import type { Histogram } from "../../src/domain/driver.ts";
import { countOf, quantileOf, ROOT, temporaryDirectory } from "./driver.ts";

const HUNDRED_SECONDS = 100e9;
const directory = temporaryDirectory();
const program = join(directory.path, "histogram-check");

beforeAll(() => {
  const sources = ["test/scenarios/histogram-check.c", "scenarios/driver/histogram.c"];
  execFileSync("cc", [
    "-std=gnu11",
    "-D_GNU_SOURCE",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-o",
    program,
    ...sources.map((source) => join(ROOT, source)),
  ]);
});
afterAll(() => directory.dispose());

const inC = (samples: readonly (readonly number[])[]): readonly Histogram[] =>
  execFileSync(program, {
    input: samples.map((latencies) => `${latencies.join(" ")}\n`).join(""),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  })
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Histogram);

/** Latencies of every magnitude from 1 ns to 100 s. */
const latency = double({ min: 0, max: Math.log(HUNDRED_SECONDS), noNaN: true }).map((log) =>
  Math.max(1, Math.floor(Math.exp(log))),
);
const latencies = array(latency, { minLength: 1, maxLength: 500 });
const samples = sample(latencies, { numRuns: 200, seed: 7 });

const exactQuantile = (values: readonly number[], quantile: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(quantile * sorted.length)) - 1] ?? Number.NaN;
};

describe("the C histogram", () => {
  test("gives every quantile within 0.1 % of the exact one, and never below it", () => {
    for (const [index, histogram] of inC(samples).entries()) {
      for (const quantile of [0, 0.25, 0.5, 0.9, 0.99, 1]) {
        const exact = exactQuantile(samples[index] ?? [], quantile);
        const error = quantileOf(histogram, quantile) / exact - 1;
        expect(error).toBeGreaterThanOrEqual(0);
        expect(error).toBeLessThanOrEqual(0.001);
      }
    }
  });

  test("counts every latency and keeps the exact extremes", () => {
    for (const [index, histogram] of inC(samples).entries()) {
      const values = samples[index] ?? [];
      expect(countOf(histogram)).toBe(values.length);
      expect([histogram.minNs, histogram.maxNs]).toEqual([Math.min(...values), Math.max(...values)]);
    }
  });

  test("keeps its precision at every power of two and its neighbours", () => {
    const edges = Array.from({ length: 37 }, (_, bit) => [2 ** bit - 1, 2 ** bit, 2 ** bit + 1]).flat();
    const positive = edges.filter((value) => value > 0);
    for (const [index, histogram] of inC(positive.map((value) => [value])).entries()) {
      const exact = positive[index] ?? Number.NaN;
      const [bucket] = histogram.buckets[0] ?? [Number.NaN];
      expect(bucket).toBeGreaterThanOrEqual(exact);
      expect(bucket / exact - 1).toBeLessThanOrEqual(0.001);
    }
  });

  test("takes a latency of 0 and one that no clock will reach", () => {
    const [histogram] = inC([[0, 2 ** 60]]);
    expect(histogram?.buckets.map(([, count]) => count)).toEqual([1, 1]);
  });
});

describe("the TypeScript histogram", () => {
  test("is the same as the C one", () => {
    const fromC = inC(samples);
    expect(samples.map((values) => histogramOf(Float64Array.from(values)))).toEqual(fromC);
  });

  test("puts a value and its bucket's highest value into the same bucket", () => {
    assert(
      property(nat({ max: Number.MAX_SAFE_INTEGER }), (ns) => {
        const highest = highestEquivalent(ns);
        expect(highest).toBeGreaterThanOrEqual(ns);
        expect(highestEquivalent(highest)).toBe(highest);
      }),
    );
  });
});
