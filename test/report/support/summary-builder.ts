/**
 * Realistic data for the report's tests: five agents over seven operations, made by a seeded generator, so that every figure of a
 * rendering can be traced to a figure of the summary. Nothing here was measured. The parts are in `built/`.
 */
import type { Summary } from "../../../src/domain/verdict.ts";
import { estimatesOf } from "./built/estimates.ts";
import { ledgerOf } from "./built/ledger.ts";
import { AGENTS, OPERATIONS } from "./built/models.ts";
import { host, statuses } from "./built/node.ts";
import { generator } from "./built/random.ts";
import { trustOf } from "./built/trust.ts";
import { verdictsOf } from "./built/verdicts.ts";

export { buildLines } from "./built/lines.ts";
export { host } from "./built/node.ts";

export interface Choices {
  readonly blocks?: number;
  readonly emulated?: boolean;
  readonly seed?: number;
}

/** A whole summary. The same choices give the same summary. */
export const buildSummary = (choices: Choices = {}): Summary => {
  const blocks = choices.blocks ?? 12;
  const emulated = choices.emulated ?? false;
  const random = generator(choices.seed ?? 7);
  const estimates = OPERATIONS.flatMap((at) =>
    AGENTS.flatMap((agent) => estimatesOf(at, agent, blocks, random)),
  );
  const ledger = OPERATIONS.flatMap((at) => AGENTS.flatMap((agent) => ledgerOf(at, agent)));
  return {
    schema: 1,
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
      command: ["tare", "run", "--profile", "standard", "--seed", "20261122"],
      budgetSource: "tare's default",
    },
    host: host(emulated),
    agents: statuses(),
    estimates,
    ledger,
    coverage: AGENTS.flatMap((agent) =>
      OPERATIONS.filter(
        (at) => at.family !== undefined && at.load.kind === "closed" && !agent.observes.includes(at.family),
      ).map((at) => ({
        agent: agent.id,
        scenario: at.scenario,
        why: `${agent.id} observes ${agent.observes.join(", ")} only`,
      })),
    ),
    verdicts: verdictsOf(estimates, ledger, emulated),
    trust: trustOf(blocks),
    warnings: ["trial 0a3f of auditd in block 7 failed at drain: its output was still growing after 10 s"],
    notMeasurable: ["hardware counters: not measurable here (no PMU in this guest)"],
  };
};

/** The same run with calibration agents among the measured ones, as the analysis lists them. */
export const withCalibration = (summary: Summary): Summary => {
  const rename = <T extends { readonly agent: string }>(items: readonly T[]): readonly T[] => [
    ...items
      .filter(({ agent }) => agent === "sensor")
      .map((item) => ({ ...item, agent: "calibration-cost@0" })),
    ...items,
  ];
  return {
    ...summary,
    agents: summary.agents.flatMap((agent) =>
      agent.id === "sensor" ? [{ ...agent, id: "calibration-cost@0" }, agent] : [agent],
    ),
    estimates: rename(summary.estimates),
    ledger: rename(summary.ledger),
    coverage: rename(summary.coverage),
  };
};
