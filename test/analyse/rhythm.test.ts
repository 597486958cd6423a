import { describe, expect, test } from "vitest";
import { rhythmOf } from "../../src/analyse/rhythm.ts";
import { seededNoise } from "./support/record-builder.ts";

const strip = (length: number, spikes: readonly number[], height = 0.05): number[] => {
  const noise = seededNoise(3);
  return Array.from({ length }, (_, second) =>
    Math.max(0, 0.001 + 0.0001 * noise() + (spikes.includes(second) ? height : 0)),
  );
};

describe("a rhythm", () => {
  test("is seen where spikes come back, also a second early or late", () => {
    expect(rhythmOf(strip(60, [5, 15, 26, 35, 45, 55]))).toMatchObject({
      everySeconds: 10,
      cores: expect.closeTo(0.051, 3),
    });
  });

  test("counts a spike of two seconds once", () => {
    expect(rhythmOf(strip(60, [4, 5, 24, 25, 44, 45]))).toMatchObject({ everySeconds: 20 });
  });

  test.each([
    ["no spike", []],
    ["two spikes", [10, 40]],
    ["spikes at no interval", [3, 9, 31, 40]],
  ])("is not seen in %s", (_, spikes) => {
    expect(rhythmOf(strip(60, spikes))).toBeNull();
  });

  test("is not seen in what is too small to be read", () => {
    expect(rhythmOf(strip(60, [10, 20, 30, 40, 50], 0.0011))).toBeNull();
  });

  test("is not seen where nothing was read", () => {
    expect(rhythmOf(Array.from({ length: 60 }, () => null))).toBeNull();
    expect(rhythmOf([])).toBeNull();
  });

  test("is not made of an agent that is busy every other second", () => {
    expect(rhythmOf(strip(60, [1, 3, 5, 7, 9, 11, 13, 15]))).toBeNull();
  });
});
