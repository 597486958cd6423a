/** What the marks of the run over time say, in a small record and in a large one. */
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { TrialLine } from "../../src/domain/record.ts";
import { value } from "../../src/domain/units.ts";
import { renderHtml } from "./support/render.ts";
import { downsample } from "../../src/report/charts/downsample.ts";
import { buildLines, buildView, withTrials } from "./support/view-builder.ts";

/** So many trials that each block of the builder's comes again and again. */
const manyTrials = (count: number): readonly TrialLine[] => {
  const few = buildLines({ operations: 200 });
  return Array.from({ length: count }, (_, index) => {
    const line = few[index % few.length] ?? few[0];
    if (line === undefined) throw new Error("no line was built");
    const block = line.block + 2 * Math.floor(index / few.length);
    return { ...line, block, startedAt: new Date(Date.parse(line.startedAt) + index * 1000).toISOString() };
  });
};

const textsOf = async (lines: readonly TrialLine[]) => {
  // As large as the data of such a run that a page may carry along.
  const content = randomBytes(1_450_000);
  const page = await renderHtml(withTrials(buildView(), lines), {
    downloads: [{ name: "record.jsonl", what: "trials", content, compressed: true, elsewhere: "" }],
  });
  const section = page.slice(page.indexOf('<section id="timeline"'), page.indexOf('<section id="fleet"'));
  return {
    section,
    bytes: Buffer.byteLength(page),
    texts: [...section.matchAll(/<title>([^<]*)<\/title>/g)].map(([, text]) => text ?? ""),
  };
};

test("a mark of a small record says agent, scenario, block and reading", async () => {
  const { texts } = await textsOf(buildLines());
  expect(texts.length).toBeGreaterThan(200);
  expect(texts).toContain("auditd, file-open, block 2: 0.950 cores");
});

test("a mark among those of a thousand trials still says which block and how much", async () => {
  const { texts, bytes } = await textsOf(manyTrials(1_000));
  expect(texts.length).toBeGreaterThanOrEqual(4_000);
  expect(texts).toContain("auditd, block 20, 0.950 cores");
  expect(texts.filter((text) => !/, block \d+, /.test(text))).toEqual([]);
  expect(bytes).toBeLessThan(3_000_000);
});

test("a record of six thousand trials is thinned, says so, and keeps the trial that stands out", async () => {
  const lines = manyTrials(6_000).map((line, index): TrialLine =>
    index === 2_500 && line.outcome.kind === "measured"
      ? { ...line, outcome: { ...line.outcome, noise: { ...line.outcome.noise, stealPercent: value(77) } } }
      : line,
  );
  const { texts, bytes, section } = await textsOf(lines);
  expect(texts.filter((text) => /\b77 %$/.test(text))).toHaveLength(1);
  expect(section).toContain("only the lowest and the highest are drawn");
  expect(section).toContain("one of 6\u202f000 trials");
  expect(texts.length).toBeLessThanOrEqual(4_000);
  expect(bytes).toBeLessThan(3_000_000);
});

test("thinning keeps the ends of each stretch in their order, and leaves a short series alone", () => {
  const series = [5, 1, 9, 4, 4, 4, 0, 2, 3];
  const same = (one: number): number => one;
  expect(downsample(series, 9, same)).toEqual(series);
  expect(downsample(series, 6, same)).toEqual([1, 9, 4, 0, 3]);
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.integer({ min: 2, max: 20 }), (all, most) => {
      const kept = downsample(all, most, same);
      expect(kept.length).toBeLessThanOrEqual(Math.max(most, 2));
      expect(kept).toContain(Math.max(...all));
      expect(kept).toContain(Math.min(...all));
    }),
  );
});
