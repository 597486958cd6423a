/**
 * What happened in a run, one fact each, as its record holds it. What an agent delivered is told by trial: each event carried a token, was
 * counted, and is kept nowhere.
 */
import type { EventRange } from "./agent.ts";
import type { CpuPlacement } from "./plan.ts";

export const RUN_EVENT_KINDS = [
  "run-began",
  "turn",
  "trial",
  "overflow",
  "load",
  "probe",
  "watch",
  "coverage",
  "technique",
  "run-resumed",
  "run-ended",
] as const;
export type RunEventKind = (typeof RUN_EVENT_KINDS)[number];

export const EVENT_OUTCOMES = ["started", "measured", "counted", "tried", "skipped", "failed"] as const;
export type EventOutcome = (typeof EVENT_OUTCOMES)[number];

/** A null is what does not belong to such an event, or could not be read. */
export interface RunEvent {
  readonly kind: RunEventKind;
  /** Names it within its run, however often the record is read. */
  readonly key: readonly (string | number)[];
  readonly at: string;
  /** False: a resumed run did it again, or it was given up because of noise. */
  readonly counts: boolean;
  readonly outcome: EventOutcome | null;
  /** Why it was skipped, failed or given up, or why the run ended: words of the record. */
  readonly why: string | null;
  readonly agent: string | null;
  readonly baseline: 1 | 2 | null;
  readonly scenario: string | null;
  readonly load: string | null;
  readonly placement: CpuPlacement | null;
  readonly beside: string | null;
  readonly scale: string | null;
  readonly technique: string | null;
  readonly block: number | null;
  readonly turn: number | null;
  readonly trial: string | null;
  readonly attempt: number | null;
  readonly ledger: EventLedger | null;
  /** Why events were not counted, where somebody could have. */
  readonly notCounted: string | null;
  readonly readings: Readings;
}

/** Operations of the workload, and what the agent told of them. */
export interface EventLedger {
  readonly operations: number;
  readonly delivered: number;
  readonly duplicates: number | null;
  readonly missing: number;
  readonly declaredLost: EventRange | null;
  readonly silentLost: EventRange | null;
  readonly drained: boolean | null;
  readonly drainMs: number | null;
}

export interface Readings {
  readonly windowNs: number | null;
  readonly nodeBusyNs: number | null;
  readonly agentNs: number | null;
  readonly agentDrainNs: number | null;
  readonly pssBytes: number | null;
  readonly bpfMapBytes: number | null;
  readonly outputBytes: number | null;
  readonly stealPercent: number | null;
  readonly readyMs: number | null;
  readonly stopMs: number | null;
}
