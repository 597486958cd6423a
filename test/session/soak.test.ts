/** Whether a long run is told to have grown, by samples as the soak takes them. */
import { describe, expect, test } from "vitest";
import { growthOf, type Sample } from "../../scripts/soak/sample.ts";
import { pictureOf } from "../../scripts/soak/picture.ts";

const MIB = 2 ** 20;

const samples = (change: (index: number) => Partial<Sample> = () => ({}), count = 80): readonly Sample[] =>
  Array.from({ length: count }, (_, index) => ({
    seconds: 10 * index,
    rss: 140 * MIB,
    heap: 30 * MIB,
    external: 11 * MIB,
    descriptors: 24,
    resources: 2,
    ...change(index),
  }));

const grown = (all: readonly Sample[]): readonly string[] =>
  (growthOf(all) ?? []).flatMap(({ title, grew }) => (grew ? [title] : []));

describe("a run that is watched", () => {
  test("is flat where nothing changes, and says so of every quantity", () => {
    expect(growthOf(samples())?.map(({ title }) => title)).toEqual([
      "heap",
      "memory (RSS)",
      "buffers",
      "open descriptors",
      "handles",
    ]);
    expect(grown(samples())).toEqual([]);
  });

  test("may fill its heap until it is collected, and hold more while it works", () => {
    const sawtooth = samples((index) => ({
      heap: (30 + 8 * (index % 5)) * MIB,
      descriptors: 24 + 8 * (index % 3),
      resources: 1 + (index % 3),
    }));
    expect(grown(sawtooth)).toEqual([]);
  });

  test("may take what it needs once in its first quarter", () => {
    expect(grown(samples((index) => (index < 20 ? { heap: 9 * MIB, descriptors: 21 } : {})))).toEqual([]);
  });

  test.each<[string, (index: number) => Partial<Sample>]>([
    ["heap", (index) => ({ heap: (30 + index * 0.1) * MIB })],
    ["memory (RSS)", (index) => ({ rss: (140 + index) * MIB })],
    ["buffers", (index) => ({ external: (11 + index * 0.1) * MIB })],
    ["open descriptors", (index) => ({ descriptors: 24 + Math.floor(index / 30) })],
    ["handles", (index) => ({ resources: 2 + Math.floor(index / 30) })],
  ])("has grown where its %s rises from sample to sample", (title, change) => {
    expect(grown(samples(change))).toEqual([title]);
  });

  test("cannot be told of by a handful of samples", () => {
    expect(growthOf(samples(() => ({}), 15))).toBeUndefined();
  });
});

test("the picture carries its own colours, and its words for those who do not see it", async () => {
  const svg = await pictureOf(samples(), "What the harness holds over a run");
  expect(svg).toMatch(
    /^<svg xmlns="[^"]+" class="chart" role="img" aria-label="What the harness holds over a run"/,
  );
  for (const name of [...svg.matchAll(/var\((--[a-z-]+)\)/g)].map(([, variable]) => variable))
    expect(svg).toContain(`${name}: #`);
  expect(svg).toContain("open descriptors");
});
