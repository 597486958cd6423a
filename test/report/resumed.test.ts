/** A resumed run says the same, in every format, as if the block that was done again had been done once. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { analyse } from "../../src/analyse/analyse.ts";
import type { RecordLine, TrialLine } from "../../src/domain/record.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import { value } from "../../src/domain/units.ts";
import { readRecord } from "../../src/record/reader.ts";
import { EXPORT_FORMATS } from "../../src/report/export.ts";
import { renderHtml } from "../../src/report/html.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { CLOSED, OPEN, buildRecord, histogramOf, seededNoise } from "../analyse/support/record-builder.ts";

const EXAMPLE = join(import.meta.dirname, "../../results/examples/record.jsonl");

type Render = (view: RunView) => string | Promise<string>;

const OUTPUTS: readonly (readonly [name: string, render: Render])[] = [
  ["page", (view) => renderHtml(view)],
  ["terminal", (view) => renderTerminal(view, { columns: 100, colour: false })],
  ...Object.entries(EXPORT_FORMATS).map(([name, { render }]): [string, Render] => [name, render]),
];

interface Resumed {
  /** As a resumed run leaves it: what was left of the block, and then the block again. */
  readonly whole: readonly RecordLine[];
  /** Without the lines that are superseded. */
  readonly once: readonly RecordLine[];
}

/** The run is interrupted after the last trial of `block`, before the block's own line, and resumed from that block's start. */
const resumedAt = (
  lines: readonly RecordLine[],
  block: number,
  spoil: (trial: TrialLine) => TrialLine,
): Resumed => {
  const [header] = lines;
  if (header?.type !== "header") throw new Error("a record begins with its header");
  const begin = lines.findIndex((line) => line.type === "trial" && line.block === block);
  const end = lines.findIndex((line) => line.type === "block" && line.block === block);
  const left = lines.slice(begin, end).map((line) => (line.type === "trial" ? spoil(line) : line));
  const resume: RecordLine = {
    type: "resume",
    resumedAt: "2026-01-02T00:00:00.000Z",
    block,
    host: header.host,
  };
  const [before, after] = [lines.slice(0, begin), lines.slice(begin)];
  return { whole: [...before, ...left, resume, ...after], once: [...before, resume, ...after] };
};

/** Another value of everything that any output shows of a trial. */
const spoilt = (trial: TrialLine): TrialLine => {
  const { outcome } = trial;
  if (outcome.kind !== "measured") return trial;
  const { driver, cpu, memory, noise, ledger } = outcome;
  return {
    ...trial,
    startedAt: "2025-12-31T00:00:00.000Z",
    outcome: {
      ...outcome,
      driver: {
        ...driver,
        endNs: driver.endNs * 7,
        operations: driver.operations.map((operation) => ({
          ...operation,
          batches: operation.batches.map((batch) => ({ ...batch, cpuNs: batch.cpuNs * 7 })),
          service: histogramOf([123_456_789, operation.count]),
          response: operation.response && histogramOf([987_654_321, operation.count]),
        })),
      },
      cpu: {
        ...cpu,
        systemBusyNs: value(cpu.windowNs * 2),
        agentNs: value(cpu.windowNs * 3),
        helpersNs: { kauditd: cpu.windowNs, "only-before": cpu.windowNs },
      },
      memory: { ...memory, pssBytes: value(7e9) },
      noise: { ...noise, stealPercent: value(77), cpuPressurePercent: value(77), wallOverCpu: 77 },
      ledger:
        ledger.kind === "counted"
          ? { ...ledger, delivered: 1, duplicates: 9, drainMs: 77_777, drained: false }
          : ledger,
      defects: ["a defect of the block that was done again"],
    },
  };
};

const noise = seededNoise(3);
const built = buildRecord({
  blocks: 12,
  agents: ["falco", "calibration-nothing"],
  scenarios: ["process-exec", "file-open"],
  loads: [CLOSED, OPEN],
  budgets: [
    { scenario: "*", metric: "workload-cpu", limit: { kind: "percent", percent: 5 } },
    { scenario: "*", metric: "loss", limit: { kind: "percent", percent: 1 } },
  ],
  cpuNs: ({ agent }) => 1000 + 5 * noise() + (agent === "falco" ? 40 : 0),
  outcome: (_, usual) => ({ ...usual, cpu: { ...usual.cpu, helpersNs: { kauditd: 30_000 } } }),
});

describe.each([
  ["a built record", () => Promise.resolve(built)],
  ["the example record", async () => (await readRecord(EXAMPLE)).lines],
])("%s", (_, read) => {
  let views: { readonly whole: RunView; readonly once: RunView };

  beforeAll(async () => {
    const { whole, once } = resumedAt(await read(), 5, spoilt);
    views = { whole: analyse(whole), once: analyse(once) };
  });

  test.each(OUTPUTS)("%s", async (_name, render) => {
    const [whole, once] = [await render(views.whole), await render(views.once)];
    expect(once).not.toBe("");
    // A page is too long to be shown where it differs.
    expect(firstDifference(whole, once)).toBeUndefined();
    expect(whole === once).toBe(true);
  });
});

const firstDifference = (one: string, other: string): string | undefined => {
  const others = other.split("\n");
  return one.split("\n").find((line, index) => line !== others[index]);
};

test.each(OUTPUTS)("%s would show what is superseded if it counted", async (_, render) => {
  const counted = built.map((line) => (line.type === "trial" && line.block === 5 ? spoilt(line) : line));
  expect((await render(analyse(counted))) === (await render(analyse(built)))).toBe(false);
});
