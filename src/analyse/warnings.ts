/** What a reviewer must know before believing the figures, worded for people; the gravest first. */
import { EMULATED } from "../domain/emulation.ts";
import type { HostFingerprint, TrialLine, TurnLine } from "../domain/record.ts";
import { known } from "../domain/units.ts";
import type { Estimate, Trust } from "../domain/verdict.ts";
import { CONTENDED } from "./contention.ts";
import type { CurrentRecord, MeasuredTrial } from "./current.ts";
import { isMeasured } from "./current.ts";
import { knownLossWarnings } from "./known-loss.ts";
import { noiseWarnings } from "./noise.ts";
import { counted } from "./say.ts";
import { carryOverWarnings } from "./trust.ts";

export const warningsOf = (
  record: CurrentRecord,
  estimates: readonly Estimate[],
  trust: Trust,
  missing: readonly string[],
): readonly string[] => {
  const measured = record.trials.filter(isMeasured);
  const incidents = [
    ...runWarnings(record),
    ...record.turns.flatMap(failedTurn),
    ...record.trials.flatMap(failedTrial),
    ...record.turns.flatMap(leftovers),
    ...record.turns.flatMap(residue),
    ...record.trials.flatMap(skippedTrial),
    ...measured.flatMap(undrained),
    ...measured.flatMap(defects),
  ];
  return [
    ...trust.failures,
    ...grouped(incidents),
    ...carryOverWarnings(trust),
    ...knownLossWarnings(trust.knownLoss),
    ...missing,
    ...noiseWarnings(measured),
    ...(trust.noise.contended ? [`wall-clock time, latency and response time are ${CONTENDED}`] : []),
    ...disagreement(estimates),
  ];
};

/** Something that was seen, and where. */
interface Incident {
  readonly at: string;
  readonly what: string;
}

/** The same thing at the same place is told once, with how often. */
const grouped = (incidents: readonly Incident[]): readonly string[] => {
  const times = new Map<string, number>();
  for (const { at, what } of incidents) {
    const sentence = `${at}: ${what}`;
    times.set(sentence, (times.get(sentence) ?? 0) + 1);
  }
  return [...times].map(([sentence, count]) => (count === 1 ? sentence : `${sentence} (${count} times)`));
};

const runWarnings = ({ header, blocks, end, resumes }: CurrentRecord): readonly Incident[] => {
  const done = `${blocks.length} of ${counted(header.plan.blocks.length, "planned block")}`;
  const at = "run";
  const incidents: Incident[] = [];
  if (end === undefined) incidents.push({ at, what: `interrupted: ${done} are complete` });
  else if (end.reason === "time-budget") {
    incidents.push({ at, what: `the time budget was used up: ${done} are complete` });
  }
  const boot = known(header.host.bootId);
  for (const resume of resumes) {
    const later = known(resume.host.bootId);
    const rebooted =
      boot !== undefined && later !== undefined && boot !== later ? ", on another boot of the machine" : "";
    incidents.push({ at, what: `resumed at block ${resume.block}${rebooted}` });
  }
  incidents.push(...emulationIncident(header.host));
  return incidents;
};

const emulationIncident = ({ emulated, emulation }: HostFingerprint): readonly Incident[] => {
  const evidence = emulation === undefined ? "" : ` (${emulation.evidence.join("; ")})`;
  if (emulated) return [{ at: "run", what: `${EMULATED}${evidence}` }];
  return emulation?.kind === "unknown"
    ? [{ at: "run", what: `it could not be told whether the CPU is emulated${evidence}` }]
    : [];
};

const failedTurn = ({ agent, outcome }: TurnLine): readonly Incident[] =>
  outcome.kind === "failed" ? [{ at: agent, what: `failed at ${outcome.stage}: ${outcome.message}` }] : [];

const failedTrial = ({ agent, scenario, outcome }: TrialLine): readonly Incident[] =>
  outcome.kind === "failed"
    ? [{ at: `${agent}, ${scenario}`, what: `trial failed at ${outcome.stage}: ${outcome.message}` }]
    : [];

const skippedTrial = ({ agent, scenario, outcome }: TrialLine): readonly Incident[] =>
  outcome.kind === "skipped"
    ? [{ at: `${agent}, ${scenario}`, what: `trial skipped: ${outcome.reason}` }]
    : [];

const leftovers = ({ agent, leftovers: found }: TurnLine): readonly Incident[] =>
  found.map((leftover) => ({ at: agent, what: `left behind on the node: ${leftover}` }));

/** An agent's settings say when it ran on a node that an audit agent before it had left slower. */
const residue = ({ agent, outcome }: TurnLine): readonly Incident[] => {
  if (outcome.kind !== "started") return [];
  return Object.entries(outcome.settings)
    .filter(([name]) => /residue/i.test(name))
    .map(([name, setting]) => ({ at: agent, what: `${name}: ${setting}` }));
};

const defects = ({ agent, scenario, outcome }: MeasuredTrial): readonly Incident[] =>
  outcome.defects.map((what) => ({ at: `${agent}, ${scenario}`, what }));

const undrained = ({ agent, scenario, outcome }: MeasuredTrial): readonly Incident[] =>
  outcome.ledger.kind === "counted" && !outcome.ledger.drained
    ? [
        {
          at: `${agent}, ${scenario}`,
          what: "its output still grew when the harness stopped waiting: late events count as lost",
        },
      ]
    : [];

const disagreement = (estimates: readonly Estimate[]): readonly string[] => {
  const doubtful = estimates.filter((estimate) => estimate.notes.some((note) => note.includes("differ by")));
  return doubtful.length === 0
    ? []
    : [
        `the bootstrap and the t interval differ by more than 15 % for ${doubtful.length} of ${counted(estimates.length, "estimate")}: their blocks are skewed or few`,
      ];
};
