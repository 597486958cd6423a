import type { Header, RecordLine, TrialLine } from "../domain/record.ts";
import type { Summary } from "../domain/verdict.ts";
import { withContention } from "./contention.ts";
import { coverageGaps } from "./coverage.ts";
import { techniqueCoverage } from "./technique-coverage.ts";
import type { CurrentRecord } from "./current.ts";
import { currentRecord, isMeasured } from "./current.ts";
import { withEmulation } from "./emulation.ts";
import { infer } from "./infer.ts";
import { missingReadings } from "./missing.ts";
import { backpressureRows, backpressureWarnings } from "./backpressure.ts";
import type { Compare } from "./order.ts";
import { compareText } from "./order.ts";
import { overrule } from "./overrule.ts";
import { createResampler } from "./resample.ts";
import { sensitivityOf } from "./sensitivity.ts";
import { trustOf } from "./trust.ts";
import { warningsOf } from "./warnings.ts";

/**
 * What a record says. Pure: the same lines give the same summary, on any machine.
 *
 *     lines
 *       -> 1 record as it counts: repeated blocks superseded, trials that were done again left out, in the order of the plan
 *       -> 2 inference: series by block, estimates with intervals, ledger, budgets against both
 *       -> 3 sensitivity: would the verdicts be the same with the trials that were done again?
 *       -> 4 trust: what the instrument made of known answers, and of itself
 *       -> 5 verdicts: those that the instrument cannot be trusted with are taken back
 *       -> 6 coverage, warnings, and what could not be read
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

  // 2 inference
  const resampler = createResampler(plan.seed, blocks);
  const inference = infer(record, trials, resampler);
  const { collected, ledger } = inference;

  // 3 sensitivity
  const sensitivity = sensitivityOf(record, inference, resampler);

  // 4 trust
  const trust = trustOf(record, [...collected.values()], resampler, sensitivity);

  // 5 verdicts
  const verdicts = overrule(inference.verdicts, trust, sensitivity);
  const estimates = withEmulation(
    withContention(
      inference.assessments.map(({ estimate }) => estimate),
      trust.noise.contended,
    ),
    header.host.emulated,
  );

  // 6 coverage and warnings
  const coverage = coverageGaps(plan, header.agents, trials.filter(isMeasured));
  const kinds = techniqueCoverage(trials.filter(isMeasured));
  const missing = missingReadings(collected);
  const overflow = backpressureRows(record, trust.noise.contended);
  const warnings = [
    ...warningsOf(record, estimates, trust, missing.sometimes),
    ...backpressureWarnings(overflow),
  ];

  return {
    schema: 1,
    run: runOf(record),
    host: header.host,
    agents: header.agents,
    estimates,
    ledger,
    ...(kinds.length === 0 ? {} : { kinds }),
    ...(overflow.length === 0 ? {} : { overflow }),
    coverage,
    verdicts,
    trust,
    warnings,
    notMeasurable: [...header.notMeasurable, ...missing.never],
  };
};

const inRunOrder: Compare<TrialLine> = (a, b) =>
  a.block - b.block || a.turn - b.turn || compareText(a.id, b.id);

/** Trials stand in the record as they were shuffled; nothing after this depends on that. */
const inPlanOrder = (record: CurrentRecord): CurrentRecord => ({
  ...record,
  turns: record.turns.toSorted((a, b) => a.block - b.block || a.turn - b.turn),
  trials: record.trials.toSorted(inRunOrder),
  firstAttempts: record.firstAttempts.toSorted(inRunOrder),
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
    ...(plan.isolation === undefined ? {} : { isolation: plan.isolation }),
  };
};

/** "tare 0.1.0 (1a2b3c4)". */
const toolOf = ({ name, version, commit }: Header["tool"]): string =>
  commit.kind === "value" ? `${name} ${version} (${commit.value})` : `${name} ${version}`;
