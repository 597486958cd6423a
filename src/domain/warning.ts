/** What a reviewer must know before believing the figures. Worded in `src/report/words/`. */
import type { Condition } from "./condition.ts";
import type { CarryOver, KnownLoss, NoiseSign } from "./self-checks.ts";
import type { CheckFailure, Contradiction } from "./reason.ts";
import type { MetricId } from "./units.ts";

export type Warning =
  /** A line of the record that is damaged or does not fit; `line` from 1. */
  | { readonly kind: "record-problem"; readonly line: number; readonly why: string }
  | { readonly kind: "check-failed"; readonly failure: CheckFailure }
  | ({ readonly kind: "incident"; readonly times: number } & Incident)
  | ({ readonly kind: "carry-over" } & Omit<CarryOver, "suspicious">)
  /** Another loss than the one that the agent was told to make. */
  | ({ readonly kind: "known-loss" } & KnownLoss)
  /** Could be read in some trials only. */
  | {
      readonly kind: "sometimes-not-read";
      readonly agent: string;
      readonly metric: MetricId;
      readonly missing: number;
      readonly readings: number;
      readonly reasons: readonly string[];
    }
  | {
      readonly kind: "noise";
      readonly sign: NoiseSign["sign"];
      readonly shown: number;
      readonly trials: number;
    }
  | {
      readonly kind: "noise-not-read";
      readonly sign: NoiseSign["sign"];
      readonly unread: number;
      readonly trials: number;
      readonly reasons: readonly string[];
    }
  | { readonly kind: "contended" }
  | { readonly kind: "intervals-disagree"; readonly estimates: number; readonly of: number }
  | {
      readonly kind: "backpressure";
      readonly agent: string;
      readonly scenario: string;
      readonly contradiction: Contradiction;
    };

/** Something that happened in the run; the same thing at the same place is told once, with how often. */
export type Incident =
  | { readonly what: "interrupted"; readonly blocks: number; readonly planned: number }
  | { readonly what: "time-budget"; readonly blocks: number; readonly planned: number }
  | { readonly what: "resumed"; readonly block: number; readonly rebooted: boolean }
  /** `evidence`: null in records from before it was asked for. */
  | { readonly what: "emulated"; readonly evidence: readonly string[] | null }
  | { readonly what: "emulation-unknown"; readonly evidence: readonly string[] }
  | {
      readonly what: "turn-failed";
      readonly agent: string;
      readonly stage: string;
      readonly message: string;
    }
  | ({ readonly what: "trial-failed"; readonly stage: string; readonly message: string } & Trials)
  | { readonly what: "left-behind"; readonly agent: string; readonly text: string }
  | ({ readonly what: "trial-skipped"; readonly reason: string } & Trials)
  | ({ readonly what: "undrained" } & Trials)
  | ({ readonly what: "defect"; readonly text: string } & Trials);

type Trials = Pick<Condition, "agent" | "scenario">;
