import type { Header, RecordLine } from "../domain/record.ts";
import type { Summary } from "../domain/verdict.ts";
import { cellsOf } from "./cells.ts";
import { collect } from "./collect.ts";
import { coverageGaps } from "./coverage.ts";
import type { CurrentRecord } from "./current.ts";
import { currentRecord, isMeasured } from "./current.ts";
import { estimateAll } from "./estimate.ts";
import { judge } from "./judge.ts";
import { ledgerRows } from "./ledger.ts";
import { missingReadings } from "./missing.ts";
import { byPlan } from "./order.ts";
import { createResampler } from "./resample.ts";
import { trustOf } from "./trust.ts";
import { warningsOf } from "./warnings.ts";

/**
 * What a record says. Pure: the same lines give the same summary, on any machine.
 *
 *     lines
 *       -> 1 record as it counts: repeated blocks superseded, in the order of the plan
 *       -> 2 series: each trial one number a metric, by block
 *       -> 3 estimates: contrasts inside blocks, intervals, family-wise bounds
 *       -> 4 ledger and coverage: what became of the events
 *       -> 5 verdicts: budgets against estimates and ledger
 *       -> 6 warnings, and what could not be read
 *       -> summary
 *
 * @param lines a record's lines in the order in which they were written, the header among them
 * @throws RangeError when there is no header
 */
export const analyse = (lines: readonly RecordLine[]): Summary => {
  // 1 record as it counts
  const record = inPlanOrder(currentRecord(lines));
  const { header, trials, blocks } = record;
  const { plan } = header;
  const measured = trials.filter(isMeasured);

  // 2 series
  const collected = collect(measured);

  // 3 estimates
  const assessments = estimateAll(collected, blocks, createResampler(plan.seed, blocks)).toSorted((a, b) =>
    byPlan(plan)(a.estimate, b.estimate),
  );
  const estimates = assessments.map(({ estimate }) => estimate);

  // 4 ledger and coverage
  const ledger = ledgerRows(measured).toSorted(byPlan(plan));
  const coverage = coverageGaps(plan, measured);

  // 5 verdicts
  const cells = new Map([...cellsOf(plan, trials)].sort(([, a], [, b]) => byPlan(plan)(a, b)));
  const verdicts = judge({
    emulated: header.host.emulated,
    budgets: plan.budgets,
    cells,
    collected,
    assessments,
    ledger,
  });

  // 6 warnings
  const missing = missingReadings(collected);
  const warnings = warningsOf(record, estimates, missing.sometimes);

  return {
    schema: 1,
    run: runOf(record),
    host: header.host,
    agents: header.agents,
    estimates,
    ledger,
    coverage,
    verdicts,
    trust: trustOf(trials),
    warnings,
    notMeasurable: [...header.notMeasurable, ...missing.never],
  };
};

/** Trials stand in the record as they were shuffled; nothing after this depends on that. */
const inPlanOrder = (record: CurrentRecord): CurrentRecord => ({
  ...record,
  turns: record.turns.toSorted((a, b) => a.block - b.block || a.turn - b.turn),
  trials: record.trials.toSorted(
    (a, b) => a.block - b.block || a.turn - b.turn || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  ),
});

const runOf = ({ header, trials, blocks, end }: CurrentRecord): Summary["run"] => {
  const count = (kind: (typeof trials)[number]["outcome"]["kind"]): number =>
    trials.filter((trial) => trial.outcome.kind === kind).length;
  const { plan } = header;
  return {
    id: header.run,
    method: header.method,
    tool: toolOf(header.tool),
    startedAt: header.startedAt,
    endedAt: end?.endedAt ?? null,
    complete: end !== undefined,
    seed: plan.seed,
    profile: plan.profile,
    blocks: blocks.length,
    trials: { measured: count("measured"), skipped: count("skipped"), failed: count("failed") },
    command: header.command,
    budgetSource: plan.budgetSource,
  };
};

/** "tare 0.1.0 (1a2b3c4)". */
const toolOf = ({ name, version, commit }: Header["tool"]): string =>
  commit.kind === "value" ? `${name} ${version} (${commit.value})` : `${name} ${version}`;
