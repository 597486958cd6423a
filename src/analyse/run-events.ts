/** A record as what happened, in its own order. Also what counts in no figure: it happened all the same, and says so. */
import type { Beside } from "../domain/beside.ts";
import type {
  BackpressureLine,
  CoverageLine,
  RecordLine,
  TechniqueTried,
  TrialLine,
  TurnLine,
} from "../domain/record.ts";
import type { Header } from "../domain/run-header.ts";
import type { LedgerReading } from "../domain/trial-outcome.ts";
import type { EventLedger, Readings, RunEvent } from "../domain/run-event.ts";
import type { ScalePoint } from "../domain/scale.ts";
import { loadName } from "../domain/scenario.ts";
import type { LoadLine, Probe } from "../domain/under-load.ts";
import { known, type Reading } from "../domain/units.ts";
import type { WatchLine } from "../domain/watch.ts";
import { effectiveRecord } from "./effective-record.ts";
import { balanceOf, counterOf } from "./ledger.ts";

const NO_READINGS: Readings = {
  windowNs: null,
  nodeBusyNs: null,
  agentNs: null,
  agentDrainNs: null,
  pssBytes: null,
  bpfMapBytes: null,
  outputBytes: null,
  stealPercent: null,
  readyMs: null,
  stopMs: null,
};

const NOTHING: Omit<RunEvent, "kind" | "key" | "at"> = {
  counts: true,
  outcome: null,
  why: null,
  agent: null,
  baseline: null,
  scenario: null,
  load: null,
  placement: null,
  beside: null,
  scale: null,
  technique: null,
  block: null,
  turn: null,
  trial: null,
  attempt: null,
  ledger: null,
  notCounted: null,
  readings: NO_READINGS,
};

const orNull = (reading: Reading<number>): number | null => known(reading) ?? null;

/**
 * @param lines a record's lines in the order in which they were written, the header among them
 * @throws RangeError when there is no header
 */
export const runEvents = (lines: readonly RecordLine[]): readonly RunEvent[] => {
  const { header, turns, trials, besides, voided } = effectiveRecord(lines);
  const counting = new Set<RecordLine>([...turns, ...trials, ...besides]);
  return lines.flatMap((line) => {
    const events = eventsOf(line, header, counting);
    const by = voided.get(line);
    return by === undefined
      ? events
      : events.map((event) => ({ ...event, counts: false, why: event.why ?? by.why }));
  });
};

const eventsOf = (
  line: RecordLine,
  header: Header,
  counting: ReadonlySet<RecordLine>,
): readonly RunEvent[] => {
  switch (line.type) {
    case "header":
      return [{ ...NOTHING, kind: "run-began", key: ["run-began"], at: line.startedAt }];
    case "turn":
      return [turnEvent(line, counting.has(line))];
    case "trial":
      return [trialEvent(line, header, counting.has(line))];
    case "overflow":
      return [overflowEvent(line, header)];
    case "load":
      return loadEvents(line);
    case "coverage":
      return coverageEvents(line);
    case "watch":
      return [watchEvent(line)];
    case "resume":
      return [
        {
          ...NOTHING,
          kind: "run-resumed",
          key: ["run-resumed", line.resumedAt],
          at: line.resumedAt,
          block: line.block,
        },
      ];
    case "end":
      return [
        {
          ...NOTHING,
          kind: "run-ended",
          key: ["run-ended", line.endedAt],
          at: line.endedAt,
          why: line.reason,
        },
      ];
    // A block is its turns; when one is done says nothing of an agent. What is void says so itself.
    case "block":
    case "void":
      return [];
  }
};

type Outcome =
  | { readonly kind: "measured" | "counted" | "tried" }
  | { readonly kind: "started" }
  | { readonly kind: "skipped"; readonly reason: string }
  | { readonly kind: "failed"; readonly stage: string; readonly message: string };

const outcomeOf = (outcome: Outcome): Pick<RunEvent, "outcome" | "why"> => {
  switch (outcome.kind) {
    case "measured":
    case "counted":
    case "tried":
    case "started":
      return { outcome: outcome.kind, why: null };
    case "skipped":
      return { outcome: "skipped", why: outcome.reason };
    case "failed":
      return { outcome: "failed", why: `${outcome.stage}: ${outcome.message}` };
  }
};

const scaleOf = (scale: ScalePoint | undefined): string | null =>
  scale === undefined ? null : `${scale.axis}=${scale.at}`;

const besideOf = (beside: Beside | undefined): string | null => {
  if (beside === undefined) return null;
  return `${beside.setting}, ${beside.storm === undefined ? "alone" : `storm of ${beside.storm.scenario}`}`;
};

const turnEvent = (line: TurnLine, counts: boolean): RunEvent => {
  const { block, turn, agent, outcome, endedAt } = line;
  const readings =
    outcome.kind === "started"
      ? { ...NO_READINGS, readyMs: outcome.readyMs, stopMs: outcome.stopMs }
      : NO_READINGS;
  return {
    ...NOTHING,
    ...outcomeOf(outcome),
    kind: "turn",
    // A block that was done again has the same numbers at another time.
    key: ["turn", block, turn, endedAt],
    at: endedAt,
    counts,
    agent,
    block,
    turn,
    scale: scaleOf(line.scale),
    readings,
  };
};

const trialEvent = (line: TrialLine, header: Header, counts: boolean): RunEvent => {
  const { outcome } = line;
  const told = outcomeOf(outcome);
  return {
    ...NOTHING,
    ...told,
    kind: "trial",
    key: ["trial", line.id, line.attempt, line.startedAt],
    at: line.startedAt,
    counts,
    why: told.why ?? line.rejected,
    agent: line.agent,
    baseline: line.baseline,
    scenario: line.scenario,
    load: loadName(line.load),
    placement: line.placement,
    beside: besideOf(line.beside),
    scale: scaleOf(line.scale),
    block: line.block,
    turn: line.turn,
    trial: line.id,
    attempt: line.attempt,
    ...(outcome.kind === "measured" || outcome.kind === "counted"
      ? ledgerOf(outcome.ledger, line, header)
      : {}),
    readings: readingsOf(outcome),
  };
};

const ledgerOf = (
  ledger: LedgerReading,
  { agent, scenario, load }: TrialLine,
  { agents }: Header,
): Pick<RunEvent, "ledger" | "notCounted"> => {
  if (ledger.kind === "not-observed") return { ledger: null, notCounted: ledger.cause };
  const { missing, declared, silent } = balanceOf(
    { ...ledger, scenario, warmup: load.warmupOperations },
    counterOf(agents, agent),
  );
  return {
    ledger: {
      operations: ledger.operations,
      delivered: ledger.delivered,
      duplicates: ledger.duplicates,
      missing,
      declaredLost: declared,
      silentLost: silent,
      drained: ledger.drained,
      drainMs: ledger.drainMs,
    },
    notCounted: null,
  };
};

const readingsOf = (outcome: TrialLine["outcome"]): Readings => {
  switch (outcome.kind) {
    case "measured": {
      const { cpu, memory, noise, outputBytes } = outcome;
      return {
        ...NO_READINGS,
        windowNs: cpu.windowNs,
        nodeBusyNs: orNull(cpu.systemBusyNs),
        agentNs: orNull(cpu.agentNs),
        agentDrainNs: orNull(cpu.agentDrainNs),
        pssBytes: orNull(memory.pssBytes),
        bpfMapBytes: orNull(memory.bpfMapBytes),
        outputBytes: orNull(outputBytes),
        stealPercent: orNull(noise.stealPercent),
      };
    }
    // Instructions are no time: what they come to is in the estimates.
    case "counted":
      return { ...NO_READINGS, outputBytes: orNull(outcome.outputBytes) };
    case "skipped":
    case "failed":
      return NO_READINGS;
  }
};

/** Of a start whose readers were stopped: its losses are asked for, and belong to no budget. */
const overflowEvent = (line: BackpressureLine, { agents }: Header): RunEvent => {
  const { outcome, agent, scenario, load } = line;
  const event: RunEvent = {
    ...NOTHING,
    ...outcomeOf(outcome),
    kind: "overflow",
    key: ["overflow", line.id, line.startedAt],
    at: line.startedAt,
    agent,
    scenario,
    load: loadName(load),
    trial: line.id,
  };
  if (outcome.kind !== "measured") return event;
  const { missing, declared, silent } = balanceOf(
    { ...outcome, scenario, warmup: load.warmupOperations },
    counterOf(agents, agent),
  );
  return {
    ...event,
    ledger: {
      operations: outcome.operations,
      delivered: outcome.delivered,
      duplicates: outcome.duplicates,
      missing,
      declaredLost: declared,
      silentLost: silent,
      drained: outcome.drained,
      drainMs: outcome.drainMs,
    },
    readings: { ...NO_READINGS, windowNs: outcome.windowNs },
  };
};

/** The start, and each of its probes. Its counter was read once, over all of them. */
const loadEvents = ({ turn, startedAt, outcome }: LoadLine): readonly RunEvent[] => {
  const start: RunEvent = {
    ...NOTHING,
    ...outcomeOf(outcome),
    kind: "load",
    key: ["load", turn.id, startedAt],
    at: startedAt,
    agent: turn.agent,
    scenario: turn.scenario,
    trial: turn.id,
  };
  if (outcome.kind !== "measured") return [start];
  return [
    { ...start, readings: { ...NO_READINGS, readyMs: outcome.readyMs } },
    ...outcome.probes.map((probe): RunEvent => ({
      ...start,
      kind: "probe",
      key: ["probe", turn.id, startedAt, probe.id],
      load: loadName(probe.load),
      trial: probe.id,
      ledger: probeLedger(probe),
      readings: { ...NO_READINGS, windowNs: probe.windowNs },
    })),
  ];
};

const probeLedger = ({ operations, delivered, duplicates, drained, restMs }: Probe): EventLedger => ({
  operations,
  delivered,
  duplicates,
  missing: operations - delivered,
  declaredLost: null,
  silentLost: null,
  drained,
  drainMs: restMs,
});

const coverageEvents = ({ id, agent, startedAt, outcome }: CoverageLine): readonly RunEvent[] => {
  const turn: RunEvent = {
    ...NOTHING,
    ...outcomeOf(outcome),
    kind: "coverage",
    key: ["coverage", id, startedAt],
    at: startedAt,
    agent,
    trial: id,
  };
  if (outcome.kind !== "tried") return [turn];
  return [turn, ...outcome.techniques.map((one) => techniqueEvent(turn, one))];
};

/** Told of at all, be it with a wrong process or object: which of the two is in the table of techniques. */
const techniqueEvent = (turn: RunEvent, one: TechniqueTried): RunEvent => ({
  ...turn,
  ...outcomeOf(one),
  kind: "technique",
  key: [...turn.key, one.technique],
  technique: one.technique,
  ledger:
    one.kind === "skipped"
      ? null
      : {
          operations: one.times,
          delivered: one.right + one.otherwise,
          duplicates: null,
          missing: one.times - one.right - one.otherwise,
          declaredLost: null,
          silentLost: null,
          drained: null,
          drainMs: null,
        },
});

const watchEvent = (line: WatchLine): RunEvent => {
  const { outcome } = line;
  return {
    ...NOTHING,
    ...outcomeOf(outcome),
    kind: "watch",
    key: ["watch", line.id, line.startedAt],
    at: line.startedAt,
    agent: line.agent,
    scenario: line.scenario,
    load: line.load === undefined ? null : loadName(line.load),
    block: line.block,
    trial: line.id,
    readings:
      outcome.kind === "measured"
        ? {
            ...NO_READINGS,
            windowNs: outcome.windowNs,
            nodeBusyNs: orNull(outcome.systemBusyNs),
            agentNs: orNull(outcome.agentNs),
            pssBytes: orNull(outcome.pssBytes),
            bpfMapBytes: orNull(outcome.bpfMapBytes),
            outputBytes: orNull(outcome.outputBytes),
          }
        : NO_READINGS,
  };
};
