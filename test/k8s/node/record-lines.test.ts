/** In which pieces a record leaves a pod. */
import { describe, expect, test } from "vitest";
import type { RecordLine } from "../../../src/domain/record.ts";
import type { Header } from "../../../src/domain/run-header.ts";
import { readNodeLine } from "../../../src/k8s/node/lines.ts";
import { createRecordLines, forecastBytes } from "../../../src/k8s/node/record-lines.ts";
import { readRecord } from "../../../src/record/reader.ts";

const EXAMPLE = new URL("../../../results/examples/record.jsonl", import.meta.url).pathname;
const record = await readRecord(EXAMPLE);

const withBlocks = (header: Header, times: number): Header => ({
  ...header,
  plan: { ...header.plan, blocks: Array.from({ length: times }, () => header.plan.blocks).flat() },
});

/** What is printed of these lines, each a text of its own. */
const printed = (
  lines: readonly RecordLine[],
): { readonly printed: readonly string[]; readonly blocks: number } => {
  const out: string[] = [];
  const sink = createRecordLines((text) => {
    out.push(text);
  });
  for (const line of lines) sink.add(line, JSON.stringify(line));
  sink.flush();
  return { printed: out, blocks: sink.blocks() };
};

const textsIn = (out: readonly string[]): readonly string[] =>
  out.flatMap((text) => {
    const read = readNodeLine(text);
    if (read.kind !== "lines") throw new Error(`no lines of a record: ${text.slice(0, 80)}`);
    return read.lines;
  });

const indexesIn = (out: readonly string[]): readonly number[] =>
  out.flatMap((text) => {
    const read = readNodeLine(text);
    return read.kind === "lines" ? [read.index] : [];
  });

describe("a record on its way out of a pod", () => {
  test("goes line by line, each at once", () => {
    const { printed: out, blocks } = printed(record.lines);
    expect(out.length).toBe(record.lines.length);
    expect(textsIn(out)).toEqual(record.lines.map((line) => JSON.stringify(line)));
    expect(indexesIn(out)).toEqual(record.lines.map((_, index) => index));
    expect(blocks).toBe(record.lines.filter(({ type }) => type === "block").length);
  });

  test("goes out packed, a turn at a time, where a log would not keep it", () => {
    const lines = record.lines.map((line) => (line.type === "header" ? withBlocks(line, 20) : line));
    const { printed: out } = printed(lines);
    expect(textsIn(out)).toEqual(lines.map((line) => JSON.stringify(line)));
    expect(out.length).toBe(lines.filter(({ type }) => type !== "trial").length);
    expect(indexesIn(out).slice(0, 2)).toEqual([0, 1]);
  });

  test("keeps no line of a turn that was interrupted to itself", () => {
    const [header, ...rest] = record.lines;
    if (header?.type !== "header") throw new Error("no header");
    const trial = rest.find(({ type }) => type === "trial");
    if (trial === undefined) throw new Error("no trial");
    const lines = [withBlocks(header, 20), trial];
    expect(textsIn(printed(lines).printed)).toEqual(lines.map((line) => JSON.stringify(line)));
  });

  test("is forecast from its plan as it then was, within a half", () => {
    const bytes = record.lines.reduce((sum, line) => sum + JSON.stringify(line).length, 0);
    expect(forecastBytes(record.header.plan) / bytes).toBeGreaterThan(0.5);
    expect(forecastBytes(record.header.plan) / bytes).toBeLessThan(1.5);
  });
});
