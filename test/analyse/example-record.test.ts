/** A real record, made on a shared two-CPU virtual machine, and what the analysis must make of its noise. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import { collect } from "../../src/analyse/collect.ts";
import type { BlockSeries } from "../../src/analyse/collect.ts";
import { effectiveRecord, isMeasured } from "../../src/analyse/effective-record.ts";
import { binomialQuantile } from "../../src/analyse/distributions.ts";
import { pairBlocks } from "../../src/analyse/pair.ts";
import { createRng, toUnit } from "../../src/domain/random.ts";
import { sampleOf } from "../../src/analyse/sample.ts";
import { summarise } from "../../src/analyse/interval.ts";
import { readRecord } from "../../src/record/reader.ts";
import { renderSummaryJson } from "../../src/report/json.ts";

const FOLDER = resolve(import.meta.dirname, "../../results/examples");
const RECORD = join(FOLDER, "record.jsonl");

describe("the example record", () => {
  test("is whole, and gives the committed summary byte for byte", async () => {
    const record = await readRecord(RECORD);
    expect(record.problems).toEqual([]);
    expect(renderSummaryJson(analyse(record.lines))).toBe(readFileSync(join(FOLDER, "summary.json"), "utf8"));
  });

  test("balances: every open and exec of it was delivered or declared lost by the sensor", async () => {
    const { ledger } = analyse((await readRecord(RECORD)).lines);
    const sensor = ledger.filter(({ agent }) => agent === "sensor");
    expect(sensor.map(({ scenario }) => scenario).sort()).toEqual(["file-open", "process-exec"]);
    for (const row of sensor)
      expect(row).toMatchObject({ balanced: true, silentLost: { low: 0, high: 0 }, duplicates: 0 });
  });

  test("finds differences between identical things about as often as it promises, on recorded noise", async () => {
    const record = effectiveRecord((await readRecord(RECORD)).lines);
    const identical = new Map<string, BlockSeries[]>();
    for (const { key, baseline, metric, series } of collect(record.trials.filter(isMeasured)).values()) {
      const isNothing = baseline !== null || key.agent === "calibration-nothing";
      if (!isNothing || !["workload-cpu", "system-cpu", "wall"].includes(metric)) continue;
      const name = `${key.scenario} ${metric}`;
      identical.set(name, [...(identical.get(name) ?? []), series]);
    }
    const cells = [...identical.values()].filter((series) => series.length === 3);
    expect(cells).toHaveLength(6);

    const next = createRng(1);
    const draw = (bound: number): number => Math.floor(toUnit(next()) * bound);
    const contrasts = 400;
    let rejections = 0;
    for (let contrast = 0; contrast < contrasts; contrast++) {
      const series = cells[draw(cells.length)] ?? [];
      const roles = [
        new Map<number, number>(),
        new Map<number, number>(),
        new Map<number, number>(),
      ] as const;
      for (const block of record.blocks) {
        const first = draw(3);
        for (const [index, role] of roles.entries()) {
          const one = series[(first + index) % 3]?.get(block);
          if (one !== undefined) role.set(block, one);
        }
      }
      const pairs = pairBlocks(roles[0], [roles[1], roles[2]], record.blocks);
      const { interval } = summarise(pairs.differences);
      if ((interval.low ?? 0) > 0 || (interval.high ?? 0) < 0) rejections++;
    }
    // Contrasts of one record hang together, so the band is the wide one that A/A itself is judged by.
    expect(rejections).toBeGreaterThanOrEqual(binomialQuantile(0.0005, contrasts, 0.05));
    expect(rejections).toBeLessThanOrEqual(binomialQuantile(0.9995, contrasts, 0.05));
  });

  test("covers the truth as often as it promises when runs are drawn from recorded noise", async () => {
    const record = effectiveRecord((await readRecord(RECORD)).lines);
    const bySlot = new Map<string, Map<string, BlockSeries>>();
    for (const { key, baseline, metric, series } of collect(record.trials.filter(isMeasured)).values()) {
      if (metric !== "workload-cpu" && metric !== "system-cpu") continue;
      const slot = key.agent === "calibration-nothing" ? "nothing" : `baseline ${baseline}`;
      const name = `${key.scenario} ${metric}`;
      bySlot.set(name, (bySlot.get(name) ?? new Map<string, BlockSeries>()).set(slot, series));
    }
    // Differences of identical things, each cell on its own scale and with a true mean of exactly zero.
    const noise = [...bySlot.values()].flatMap((slots) => {
      const seriesOf = (slot: string): BlockSeries => slots.get(slot) ?? new Map<number, number>();
      const references = [seriesOf("baseline 1"), seriesOf("baseline 2")];
      const { differences } = pairBlocks(seriesOf("nothing"), references, record.blocks);
      const { mean, deviation } = sampleOf(differences);
      return differences.map((difference) => (difference - mean) / deviation);
    });
    expect(noise).toHaveLength(4 * record.blocks.length);

    const blocks = [...Array(12).keys()];
    const next = createRng(7);
    const runs = 4000;
    let covered = 0;
    for (let run = 0; run < runs; run++) {
      const values = blocks.map(() => noise[Math.floor(toUnit(next()) * noise.length)] ?? NaN);
      const { low, high } = summarise(values).interval;
      if ((low ?? NaN) <= 0 && (high ?? NaN) >= 0) covered++;
    }
    expect(covered / runs).toBeGreaterThanOrEqual(0.935);
    expect(covered / runs).toBeLessThanOrEqual(0.965);
  });
});
