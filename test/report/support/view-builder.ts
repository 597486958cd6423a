/**
 * Realistic data for the report's tests: five agents over seven operations, made by a seeded generator, so that every figure of a
 * rendering can be traced to a figure of the view. Nothing here was measured. The parts are in `built/`.
 */
import { isMeasured } from "../../../src/analyse/effective-record.ts";
import { kernelThreadsOf, latencyDistributions, readingsOf } from "../../../src/analyse/trial-readings.ts";
import { decide } from "../../../src/analyse/decide.ts";
import { lossShares } from "../../../src/analyse/deliveries.ts";
import type { TrialLine } from "../../../src/domain/record.ts";
import type { RunView } from "../../../src/domain/run-view.ts";
import { buildLines } from "./built/lines.ts";
import { estimatesOf } from "./built/estimates.ts";
import { ledgerOf } from "./built/ledger.ts";
import { AGENTS, OPERATIONS } from "./built/models.ts";
import { host, statuses } from "./built/node.ts";
import { generator } from "./built/random.ts";
import { selfChecksOf } from "./built/self-checks.ts";
import { verdictsOf } from "./built/verdicts.ts";

export { buildLines } from "./built/lines.ts";
export { host } from "./built/node.ts";

export interface Choices {
  readonly blocks?: number;
  readonly emulated?: boolean;
  readonly seed?: number;
}

/** A whole view, without what its trials tell. The same choices give the same view. */
export const buildView = (choices: Choices = {}): RunView => {
  const blocks = choices.blocks ?? 12;
  const emulated = choices.emulated ?? false;
  const random = generator(choices.seed ?? 7);
  const estimates = OPERATIONS.flatMap((at) =>
    AGENTS.flatMap((agent) => estimatesOf(at, agent, blocks, random)),
  );
  const ledger = OPERATIONS.flatMap((at) => AGENTS.flatMap((agent) => ledgerOf(at, agent)));
  const view = {
    kind: "timed",
    run: {
      id: "2026-11-22T21-28-46Z-bench-01",
      method: "tare-2026.1",
      tool: "tare 0.1.0 (8368513)",
      startedAt: "2026-11-22T21:28:46.000Z",
      endedAt: "2026-11-22T23:02:10.000Z",
      complete: true,
      seed: 20261122,
      profile: "standard",
      blocks,
      trials: { measured: 504, skipped: 0, failed: 1 },
      rejectedAttempts: 3,
      lines: 623,
      command: ["tare", "run", "--profile", "standard", "--seed", "20261122"],
      budgetSource: "tare's default",
    },
    host: host(emulated),
    agents: statuses(),
    estimates,
    pairs: [],
    components: [],
    pace: [],
    ledger,
    policies: [],
    sinks: [],
    coverage: AGENTS.flatMap((agent) =>
      OPERATIONS.filter(
        (at) => at.family !== undefined && at.load.kind === "closed" && !agent.observes.includes(at.family),
      ).map((at) => ({
        agent: agent.id,
        scenario: at.scenario,
        reason: {
          kind: "by-design" as const,
          text: `${agent.id} observes ${agent.observes.join(", ")} only`,
        },
      })),
    ),
    verdicts: verdictsOf(estimates, ledger, emulated),
    selfChecks: selfChecksOf(blocks),
    warnings: [
      {
        kind: "incident",
        times: 1,
        what: "trial-failed",
        agent: "auditd",
        scenario: "process-exec",
        stage: "drain",
        message: "its output was still growing after 10 s",
        lastLines: [],
      },
    ],
    notMeasurable: [
      { kind: "recorded", text: "hardware counters: not measurable here (no PMU in this guest)" },
    ],
    kinds: [],
    overflow: [],
    watched: { atRest: [], churn: [] },
    neighbours: [],
    loneEvents: [],
    deliveries: ledger.map((row) => ({
      agent: row.agent,
      scenario: row.scenario,
      load: row.load,
      placement: row.placement,
      offeredPerSecond: row.load === "closed" ? null : 500,
      raisedPerSecond: null,
      lagMs: { median: 20, longest: 40 },
      shares: lossShares(row),
    })),
    distributions: [],
    kernelThreads: [],
    trials: [],
  } satisfies Omit<RunView, "decisions">;
  return { ...view, decisions: decide(view) };
};

/** With what the trials tell: latency curves, kernel threads, readings over time. */
export const withTrials = (view: RunView, lines: readonly TrialLine[] = buildLines()): RunView => {
  const trials = lines.filter(isMeasured);
  return {
    ...view,
    distributions: latencyDistributions(trials),
    kernelThreads: kernelThreadsOf(trials),
    trials: trials.map(readingsOf),
  };
};

/** The same run with calibration agents among the measured ones, as the analysis lists them. */
export const withCalibration = (view: RunView): RunView => {
  const rename = <T extends { readonly agent: string }>(items: readonly T[]): readonly T[] => [
    ...items
      .filter(({ agent }) => agent === "sensor")
      .map((item) => ({ ...item, agent: "calibration-cost@0" })),
    ...items,
  ];
  return {
    ...view,
    agents: view.agents.flatMap((agent) =>
      agent.id === "sensor" ? [{ ...agent, id: "calibration-cost@0", role: "calibration" }, agent] : [agent],
    ),
    estimates: rename(view.estimates),
    ledger: rename(view.ledger),
    coverage: rename(view.coverage),
  };
};
