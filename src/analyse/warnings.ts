/** What a reviewer must know before believing the figures; the gravest first. */
import { groupsBy } from "./groups.ts";
import type { Failed } from "../domain/failure.ts";
import type { NotMeasurable } from "../domain/reason.ts";
import type { TrialLine, TurnLine } from "../domain/record.ts";
import { type Header, type HostFingerprint, METHOD } from "../domain/run-header.ts";
import type { SelfChecks } from "../domain/self-checks.ts";
import type { LoadLine } from "../domain/under-load.ts";
import { isQuantile, known } from "../domain/units.ts";
import type { Estimate } from "../domain/verdict.ts";
import type { Incident, Warning } from "../domain/warning.ts";
import type { WatchLine } from "../domain/watch.ts";
import type { AllCollected } from "./collect.ts";
import {
  type EffectiveRecord,
  type MeasuredTrial,
  isMeant,
  isMeasured,
  voidTrialsIn,
} from "./effective-record.ts";
import { total } from "./ledger.ts";
import { noiseWarnings } from "./noise.ts";

export const warningsOf = (
  record: EffectiveRecord,
  estimates: readonly Estimate[],
  checks: SelfChecks,
  missing: readonly Warning[],
): readonly Warning[] => {
  const measured = record.trials.filter(isMeasured);
  const trials = [...record.trials, ...record.besides];
  const incidents = [
    ...runIncidents(record),
    ...voids(record),
    ...record.turns.flatMap(failedTurn),
    ...trials.flatMap((trial) => failedTrial(trial, record.turns)),
    ...record.loads.flatMap(failedLoad),
    ...record.watches.flatMap(failedWatch),
    ...[
      ...record.turns,
      ...record.overflows,
      ...record.loads.map(({ turn, ...line }) => ({ ...line, agent: turn.agent })),
      ...record.watches,
    ].flatMap(leftovers),
    ...trials.flatMap(skippedTrial),
    ...measured.flatMap(undrained),
    ...[...trials.filter(isMeasured), ...record.watches].flatMap(defects),
  ];
  return [
    ...checks.failures.map((failure): Warning => ({ kind: "check-failed", failure })),
    ...grouped(incidents),
    ...checks.knownLoss.filter(({ exact }) => !exact).map((one): Warning => ({ kind: "known-loss", ...one })),
    ...missing,
    ...noiseWarnings(measured),
    ...(checks.noise.contended ? [{ kind: "contended" } as const] : []),
    ...disagreement(estimates),
  ];
};

/** Whatever is not of this method is of one that knew less: no record from a newer tare is read. */
export const olderMethod = ({ method }: Header): readonly Warning[] =>
  method === METHOD ? [] : [{ kind: "older-method", method, current: METHOD }];

const grouped = (incidents: readonly Incident[]): readonly Warning[] =>
  groupsBy(incidents, nameOf).map((same): Warning => ({
    kind: "incident",
    ...same[0],
    times: same.length,
  }));

/** Last lines hold times and numbers of processes: they do not make another incident. */
const nameOf = (incident: Incident): string =>
  JSON.stringify({ ...incident, ...("lastLines" in incident ? { lastLines: [] } : {}) });

const runIncidents = ({ header, blocks, loads, end, resumes }: EffectiveRecord): readonly Incident[] => {
  const { plan } = header;
  const done = { blocks: blocks.length, planned: plan.blocks.length };
  const starts = plan.load?.length ?? 0;
  const boot = known(header.host.bootId);
  return [
    ...(end === undefined ? [{ what: "interrupted", ...done } as const] : []),
    ...(end?.reason === "time-budget" && done.blocks < done.planned
      ? [{ what: "time-budget", ...done } as const]
      : []),
    ...(end !== undefined && loads.length < starts
      ? [{ what: "starts-left-out", done: loads.length, planned: starts } as const]
      : []),
    ...resumes.map((resume): Incident => {
      const later = known(resume.host.bootId);
      const rebooted = boot !== undefined && later !== undefined && boot !== later;
      return { what: "resumed", block: resume.block, rebooted };
    }),
    ...emulation(header.host),
  ];
};

const voids = ({ voids: said, voided }: EffectiveRecord): readonly Incident[] =>
  said.map((one): Incident => {
    const { agent, wish, why } = one;
    const lines = [...voided].filter(([, by]) => by === one).map(([line]) => line);
    const held = lines
      .flatMap((line) => ("wishes" in line ? (line.wishes ?? []) : []))
      .find((each) => isMeant(one, each));
    return { what: "void", agent, wish, state: held?.state ?? null, why, trials: voidTrialsIn(lines) };
  });

const emulation = ({ emulated, emulation: read }: HostFingerprint): readonly Incident[] => {
  if (emulated) return [{ what: "emulated", evidence: read?.evidence ?? null }];
  return read?.kind === "unknown" ? [{ what: "emulation-unknown", evidence: read.evidence }] : [];
};

const failureOf = ({ stage, message, lastLines }: Failed) => ({ stage, message, lastLines: [...lastLines] });

const failedTurn = ({ agent, outcome }: TurnLine): readonly Incident[] =>
  outcome.kind === "failed" ? [{ what: "turn-failed", agent, ...failureOf(outcome) }] : [];

const failedLoad = ({ turn: { agent, scenario }, outcome }: LoadLine): readonly Incident[] =>
  outcome.kind === "failed" ? [{ what: "trial-failed", agent, scenario, ...failureOf(outcome) }] : [];

/** What its turn failed with is said with the turn. */
const failedTrial = (
  { agent, scenario, outcome }: TrialLine,
  turns: readonly TurnLine[],
): readonly Incident[] => {
  if (outcome.kind !== "failed") return [];
  const failure = failureOf(outcome);
  const isTurns = turns.some(
    (turn) =>
      turn.agent === agent && turn.outcome.kind === "failed" && turn.outcome.message === outcome.message,
  );
  return [{ what: "trial-failed", agent, scenario, ...failure, ...(isTurns ? { lastLines: [] } : {}) }];
};

const skippedTrial = ({ agent, scenario, outcome }: TrialLine): readonly Incident[] =>
  outcome.kind === "skipped" ? [{ what: "trial-skipped", agent, scenario, reason: outcome.reason }] : [];

const leftovers = ({
  agent,
  leftovers: found,
  foreign = [],
}: Pick<TurnLine, "agent" | "leftovers" | "foreign">): readonly Incident[] => [
  ...found.map((text): Incident => ({ what: "left-behind", agent, text })),
  ...foreign.map((text): Incident => ({ what: "foreign", text })),
];

const failedWatch = ({ agent, scenario, outcome }: WatchLine): readonly Incident[] => {
  switch (outcome.kind) {
    case "measured":
      return [];
    case "skipped":
      return [{ what: "trial-skipped", agent, scenario, reason: outcome.reason }];
    case "failed":
      return [{ what: "trial-failed", agent, scenario, ...failureOf(outcome) }];
  }
};

const defects = ({ agent, scenario, outcome }: MeasuredTrial | WatchLine): readonly Incident[] =>
  outcome.kind === "measured"
    ? outcome.defects.map((text) => ({ what: "defect", agent, scenario, text }))
    : [];

const undrained = ({ agent, scenario, outcome }: MeasuredTrial): readonly Incident[] =>
  outcome.ledger.kind === "counted" && !outcome.ledger.drained
    ? [{ what: "undrained", agent, scenario }]
    : [];

const disagreement = (estimates: readonly Estimate[]): readonly Warning[] => {
  const doubtful = estimates.filter(({ notes }) => notes.some(({ kind }) => kind === "intervals-disagree"));
  return doubtful.length === 0
    ? []
    : [{ kind: "intervals-disagree", estimates: doubtful.length, of: estimates.length }];
};

/** A quantile that a trial is too short for is neither: more operations would give it, and estimates simply leave it out. */
export const missingReadings = (collected: AllCollected) => {
  const tallies = groupsBy(
    [...collected.values()].filter(({ metric }) => !isQuantile(metric)),
    ({ key, metric }) => `${key.agent} ${metric}`,
  ).map((entries) => ({
    agent: entries[0].key.agent,
    metric: entries[0].metric,
    taken: total(entries, ({ series }) => series.size),
    missing: total(entries, (entry) => total([...entry.missing.values()], (trials) => trials)),
    reasons: [...new Set(entries.flatMap((entry) => [...entry.missing.keys()]))].sort(),
  }));
  const absent = tallies.filter(({ missing }) => missing > 0);
  return {
    never: absent
      .filter(({ taken }) => taken === 0)
      .map(({ agent, metric, reasons }): NotMeasurable => ({ kind: "never-read", agent, metric, reasons })),
    sometimes: absent
      .filter(({ taken }) => taken > 0)
      .map(({ agent, metric, taken, missing, reasons }): Warning => ({
        kind: "sometimes-not-read",
        agent,
        metric,
        missing,
        readings: missing + taken,
        reasons,
      })),
  };
};
