/** A record of a real node, edited line by line and sealed anew: what the analysis makes of it, and how a run that ends so exits. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { analyse } from "../../../src/analyse/analyse.ts";
import { exitCodeOfRun } from "../../../src/cli/exit-code.ts";
import type { Budget } from "../../../src/domain/plan.ts";
import type { RecordLine, TrialLine } from "../../../src/domain/record.ts";
import type { Header } from "../../../src/domain/run-header.ts";
import type { TrialOutcome } from "../../../src/domain/trial-outcome.ts";
import { METHOD, RECORD_SCHEMA } from "../../../src/domain/run-header.ts";
import type { RunView } from "../../../src/domain/run-view.ts";
import type { Verdict } from "../../../src/domain/verdict.ts";
import { CHAIN_START, seal } from "../../../src/record/chain.ts";
import { readRecord } from "../../../src/record/reader.ts";

/** Made by tare-2026.1 on a shared machine: 12 blocks of the sensor and of an agent that starts nothing, by opens and execs. */
const RECORD = join(import.meta.dirname, "older-record.jsonl.gz");

export type Measured = Extract<TrialOutcome, { readonly kind: "measured" }>;
export type MeasuredTrial = TrialLine & { readonly outcome: Measured };

export const lines = async (): Promise<readonly RecordLine[]> => {
  const text = gunzipSync(await readFile(RECORD)).toString();
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const { digest: _digest, ...rest } = JSON.parse(line) as RecordLine & { readonly digest: string };
      return rest;
    });
};

export interface Seen {
  readonly view: RunView;
  /** With a declared budget, and without one. */
  readonly exit: number;
  readonly exitUndeclared: number;
}

export const analysed = async (edited: readonly RecordLine[]): Promise<Seen> => {
  const folder = await mkdtemp(join(tmpdir(), "tare-findings-"));
  try {
    let digest = CHAIN_START;
    const texts = edited.map((line) => {
      const sealed = seal(digest, line);
      digest = sealed.digest;
      return sealed.text;
    });
    const path = join(folder, "record.jsonl");
    await writeFile(path, `${texts.join("\n")}\n`);
    const record = await readRecord(path);
    expect(record.problems).toEqual([]);
    const view = analyse(record.lines);
    return { view, exit: exitCodeOfRun(view, true), exitUndeclared: exitCodeOfRun(view, false) };
  } finally {
    await rm(folder, { recursive: true });
  }
};

export const onHeader =
  (change: (header: Header) => Header) =>
  (line: RecordLine): RecordLine =>
    line.type === "header" ? change(line) : line;

export const onTrials =
  (change: (trial: MeasuredTrial) => TrialLine) =>
  (line: RecordLine): RecordLine =>
    line.type === "trial" && line.outcome.kind === "measured"
      ? change({ ...line, outcome: line.outcome })
      : line;

/** As this version would have written the header: the counters were read around the window alone. */
export const ofToday = onHeader((header) => ({ ...header, schema: RECORD_SCHEMA, method: METHOD }));

export const budgeted = (...budgets: readonly Budget[]): ((line: RecordLine) => RecordLine) =>
  onHeader((header) => ({
    ...header,
    plan: { ...header.plan, budgets, budgetSource: "budget.yaml", budgetDeclared: true },
  }));

export const opens = (limit: number, metric: Budget["metric"] = "workload-cpu"): Budget => ({
  scenario: "file-open",
  metric,
  limit: { kind: "absolute", value: limit },
});

/** Adds to the CPU time of every batch that is chosen, ns for each operation. */
export const dearer = (
  trial: MeasuredTrial,
  ns: (batch: number, cpuNsPerOperation: number) => number,
): MeasuredTrial => {
  const operations = trial.outcome.driver.operations.map((operation) => ({
    ...operation,
    batches: operation.batches.map((batch, index) => {
      const more = batch.operations * ns(index, batch.cpuNs / batch.operations);
      return { ...batch, cpuNs: batch.cpuNs + more, wallNs: batch.wallNs + more };
    }),
  }));
  return {
    ...trial,
    outcome: { ...trial.outcome, driver: { ...trial.outcome.driver, operations } },
  };
};

export const counted = (
  trial: MeasuredTrial,
  { lost, declared = 0 }: { readonly lost: number; readonly declared?: number },
): MeasuredTrial => {
  const { ledger } = trial.outcome;
  if (ledger.kind !== "counted") return trial;
  return {
    ...trial,
    outcome: {
      ...trial.outcome,
      ledger: {
        ...ledger,
        delivered: ledger.operations - lost,
        declaredLost: { kind: "value", value: declared },
      },
    },
  };
};

export const isOf = (trial: TrialLine, agent: string, scenario: string): boolean =>
  trial.agent === agent && trial.scenario === scenario;

export const verdictOn = ({ view }: Seen, metric: Verdict["metric"], agent = "sensor"): Verdict => {
  const found = view.verdicts.filter((one) => one.metric === metric && one.agent === agent);
  expect(found).toHaveLength(1);
  const [verdict] = found;
  if (verdict === undefined) throw new Error(`no verdict on ${metric} of ${agent}`);
  return verdict;
};
