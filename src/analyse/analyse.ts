import type { RecordLine, TrialLine } from "../domain/record.ts";
import type { Header } from "../domain/run-header.ts";
import type { RunFacts, RunView } from "../domain/run-view.ts";
import { agentsIn } from "./agents.ts";
import { backpressureRows, backpressureWarnings } from "./backpressure.ts";
import { varianceComponents } from "./components.ts";
import type { AllCollected } from "./collect.ts";
import { countRows } from "./counts.ts";
import { coverageGaps, techniqueCoverage } from "./coverage.ts";
import { coverageMatrix } from "./coverage-matrix.ts";
import { crashWarnings, crashesIn } from "./crashes.ts";
import { decide } from "./decide.ts";
import { deliveriesOf } from "./deliveries.ts";
import { loneEventsIn } from "./lone-events.ts";
import { neighboursIn } from "./neighbours.ts";
import {
  type EffectiveRecord,
  effectiveRecord,
  countsInstructions,
  isMeasured,
  isObserved,
  voidTrialsIn,
} from "./effective-record.ts";
import { withMarks } from "./estimate.ts";
import { growthRows } from "./growth.ts";
import { infer } from "./infer.ts";
import { kindOf } from "./kind.ts";
import { kernelThreadsOf, latencyDistributions, readingsOf } from "./trial-readings.ts";
import { underLoad } from "./load/rows.ts";
import { missingReadings, olderMethod, warningsOf } from "./warnings.ts";
import { type Compare, compareText } from "./order.ts";
import { agentPairs } from "./pairs.ts";
import { atOnePace } from "./pace.ts";
import { createResampler } from "./resample.ts";
import { selfChecks } from "./self-checks.ts";
import { sinkRows } from "./sinks.ts";
import { sensitivityOf } from "./sensitivity.ts";
import { policyRows } from "./team-policies.ts";
import { watchedIn } from "./watched.ts";
import { impossibleWarnings, withholdVerdicts } from "./withhold.ts";

/**
 * What a record says. Pure: the same lines give the same view, on any machine.
 *
 *     lines
 *       -> 1 record as it counts: repeated blocks superseded, trials that were done again left out, in the order of the plan
 *       -> 2 inference: CPU times at one pace, series by block, estimates with intervals, ledger, budgets against both
 *       -> 3 sensitivity: would the verdicts be the same with the trials that were done again?
 *       -> 4 self-checks: what the instrument made of known answers, and of itself
 *       -> 5 verdicts: those that crashes, shedding or the instrument do not let stand are taken back
 *       -> 6 coverage, warnings, and what could not be read
 *       -> 7 what the trials show beside: distributions, delivery, kernel threads, readings over time
 *       -> 8 an answer an agent
 *       -> view
 *
 * @param lines a record's lines in the order in which they were written, the header among them
 * @throws RangeError when there is no header
 */
export const analyse = (lines: readonly RecordLine[]): RunView => {
  // 1 record as it counts
  const record = inPlanOrder(effectiveRecord(lines));
  const { header, trials, blocks } = record;
  const { plan, host } = header;
  const measured = trials.filter(isMeasured);
  const observed = trials.filter(isObserved);
  const complete = new Set(blocks);

  // 2 one pace, inference
  const { record: steady, pace } = atOnePace(record);
  const resampler = createResampler(plan.seed, blocks);
  const inference = infer(steady, steady.trials, resampler);
  const { collected, ledger } = inference;

  // 3 sensitivity
  const sensitivity = sensitivityOf(steady, inference, resampler);

  // 4 self-checks
  const checks = selfChecks(steady, collected, sensitivity);
  const { contended } = checks.noise;

  // 5 verdicts
  const crashes = crashesIn(record);
  const verdicts = withholdVerdicts(inference.verdicts, {
    checks,
    sensitivity,
    crashes,
    ledger,
    budgets: plan.budgets,
    estimates: inference.assessments.map(({ estimate }) => estimate),
    blocks: blocks.length,
  });
  const estimates = withMarks(
    inference.assessments.map(({ estimate }) => estimate),
    { contended, emulated: host.emulated },
  );

  // 6 coverage and warnings
  const missing = missingReadings(collected);
  const overflow = backpressureRows(record, contended);
  const warnings = [
    ...olderMethod(header),
    ...crashWarnings(crashes),
    ...impossibleWarnings(verdicts),
    ...warningsOf(record, estimates, checks, missing.sometimes),
    ...backpressureWarnings(overflow),
  ];

  const pairs = agentPairs(collected, header.agents, blocks);

  const view = {
    kind: kindOf(record),
    run: runOf(record),
    host,
    agents: agentsIn(record),
    estimates,
    pairs,
    components: varianceComponents(steady),
    pace,
    ledger,
    kinds: techniqueCoverage(observed),
    overflow,
    watched: watchedIn(record),
    neighbours: neighboursIn(record),
    growth: growthRows(record),
    coverage: coverageGaps(plan, header.agents, observed),
    ...matrixOf(record),
    policies: policyRows(
      header.agents,
      estimates,
      measured.filter(({ block }) => complete.has(block)),
    ),
    sinks: sinkRows(header.agents, { pairs, estimates, ledger, collected, blocks }, observed),
    verdicts,
    selfChecks: checks,
    warnings,
    notMeasurable: [
      ...header.notMeasurable.map((text) => ({ kind: "recorded", text }) as const),
      ...missing.never,
    ],
    ...countsOf(record, collected),
    ...underLoadOf(record),
    // 7 what the trials show beside
    deliveries: deliveriesOf(ledger, measured),
    loneEvents: loneEventsIn(record),
    distributions: latencyDistributions(measured),
    kernelThreads: kernelThreadsOf(measured.filter(({ block }) => complete.has(block))),
    trials: measured.map(readingsOf),
  };
  // 8 an answer an agent
  return { ...view, decisions: decide(view) };
};

const matrixOf = ({ header, coverages }: EffectiveRecord): Pick<RunView, "matrix"> => {
  const matrix = coverageMatrix(coverages, header.plan.coverage?.untried);
  return matrix === undefined ? {} : { matrix };
};

const countsOf = (
  { header: { counting }, trials, blocks }: EffectiveRecord,
  collected: AllCollected,
): Pick<RunView, "counts"> =>
  counting === undefined
    ? {}
    : { counts: { counting, rows: countRows(trials.filter(countsInstructions), collected, blocks) } };

const underLoadOf = (record: EffectiveRecord): Pick<RunView, "underLoad"> => {
  const found = underLoad(record);
  return found === undefined ? {} : { underLoad: found };
};

const inRunOrder: Compare<TrialLine> = (a, b) =>
  a.block - b.block || a.turn - b.turn || compareText(a.id, b.id);

/** Trials stand in the record as they were shuffled; nothing after this depends on that. */
const inPlanOrder = (record: EffectiveRecord): EffectiveRecord => ({
  ...record,
  turns: record.turns.toSorted((a, b) => a.block - b.block || a.turn - b.turn),
  trials: record.trials.toSorted(inRunOrder),
  firstAttempts: record.firstAttempts.toSorted(inRunOrder),
  besides: record.besides.toSorted(inRunOrder),
});

const runOf = ({
  header,
  trials,
  loads,
  watches,
  rejected,
  besides,
  blocks,
  voided,
  end,
  lines,
}: EffectiveRecord): RunFacts => {
  // A start under rising load, and a window that was watched, are trials like any other.
  const outcomes = [...trials, ...besides, ...loads, ...watches].map(({ outcome }) => outcome.kind);
  const count = (kind: (typeof outcomes)[number]): number => outcomes.filter((one) => one === kind).length;
  const { plan } = header;
  const voidTrials = voidTrialsIn([...voided.keys()]);
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
    trials: {
      measured: count("measured") + count("counted"),
      skipped: count("skipped"),
      failed: count("failed"),
    },
    ...(voidTrials === 0 ? {} : { voidTrials }),
    rejectedAttempts: rejected.length,
    lines,
    command: header.command,
    budgetSource: plan.budgetSource,
    ...(plan.commands === undefined ? {} : { commands: plan.commands }),
    ...(plan.isolation === undefined ? {} : { isolation: plan.isolation }),
  };
};

/** "tare 0.1.0 (1a2b3c4)". */
const toolOf = ({ name, version, commit }: Header["tool"]): string =>
  commit.kind === "value" ? `${name} ${version} (${commit.value})` : `${name} ${version}`;
