/** What a reviewer must know before believing the figures. Worded in `src/report/words/`. */
import * as z from "zod";
import { Condition } from "./condition.ts";
import { CheckFailure, Contradiction, Interval } from "./reason.ts";
import type { From } from "./schema.ts";
import { KnownLoss, NoiseSign } from "./self-checks.ts";
import { Count, MetricId } from "./units.ts";
import { WishedState } from "./wish.ts";

const reasons = z.array(z.string());
const { sign } = NoiseSign.shape;
const incident = { kind: z.literal("incident"), times: Count };
const trials = Condition.pick({ agent: true, scenario: true }).shape;
const ended = { blocks: Count, planned: Count };
const failure = {
  stage: z.string(),
  message: z.string(),
  lastLines: reasons.describe("What it said last, the first time."),
};

const IncidentWarning = z
  .discriminatedUnion("what", [
    z.strictObject({ ...incident, what: z.literal("interrupted"), ...ended }),
    z.strictObject({ ...incident, what: z.literal("time-budget"), ...ended }),
    z
      .strictObject({ ...incident, what: z.literal("starts-left-out"), done: Count, planned: Count })
      .describe("Starts of agents under rising load for which there was no time."),
    z.strictObject({ ...incident, what: z.literal("resumed"), block: Count, rebooted: z.boolean() }),
    z.strictObject({
      ...incident,
      what: z.literal("emulated"),
      evidence: reasons.nullable().describe("Null in records from before it was asked for."),
    }),
    z.strictObject({ ...incident, what: z.literal("emulation-unknown"), evidence: reasons }),
    z.strictObject({ ...incident, what: z.literal("turn-failed"), agent: z.string(), ...failure }),
    z.strictObject({ ...incident, what: z.literal("trial-failed"), ...failure, ...trials }),
    z.strictObject({ ...incident, what: z.literal("left-behind"), agent: z.string(), text: z.string() }),
    z
      .strictObject({ ...incident, what: z.literal("foreign"), text: z.string() })
      .describe("It came to the node during the run, and no agent brought it."),
    z.strictObject({ ...incident, what: z.literal("trial-skipped"), reason: z.string(), ...trials }),
    z.strictObject({ ...incident, what: z.literal("undrained"), ...trials }),
    z.strictObject({ ...incident, what: z.literal("defect"), text: z.string(), ...trials }),
    z
      .strictObject({
        ...incident,
        what: z.literal("void"),
        agent: z.string().describe("As its cluster calls it: `daemonset:NAMESPACE/NAME`."),
        wish: Count,
        state: WishedState.nullable().describe("Null where the record does not tell."),
        why: z.string(),
        trials: Count.describe("Those that are in no figure for it."),
      })
      .describe("An agent was not off or on as it was to be."),
  ])
  .describe(
    "Something that happened in the run; the same thing at the same place is told once, with how often.",
  );

type Untimed<W> = W extends unknown ? Omit<W, "kind" | "times"> : never;

export type Incident = Untimed<From<typeof IncidentWarning>>;

export const Warning = z
  .discriminatedUnion("kind", [
    z
      .strictObject({ kind: z.literal("record-problem"), line: Count, why: z.string() })
      .describe("A line of the record that is damaged or does not fit; `line` from 1."),
    z.strictObject({ kind: z.literal("check-failed"), failure: CheckFailure }),
    IncidentWarning,
    z
      .strictObject({ kind: z.literal("older-method"), method: z.string(), current: z.string() })
      .describe("The record was made by an older method: its figures stand for themselves alone."),
    z
      .strictObject({ kind: z.literal("crashed"), agent: z.string(), turns: Count, ofTurns: Count })
      .describe("An agent whose processes ended by themselves; none of its verdicts can be within."),
    z
      .strictObject({
        kind: z.literal("impossible"),
        ...Condition.shape,
        metric: MetricId,
        difference: Interval,
      })
      .describe("A cost far below nothing: what was compared was not the same."),
    z
      .strictObject({ kind: z.literal("known-loss"), ...KnownLoss.shape })
      .describe("Another loss than the one that the agent was told to make."),
    z
      .strictObject({
        kind: z.literal("sometimes-not-read"),
        agent: z.string(),
        metric: MetricId,
        missing: Count,
        readings: Count,
        reasons,
      })
      .describe("Could be read in some trials only."),
    z.strictObject({ kind: z.literal("noise"), sign, shown: Count, trials: Count }),
    z.strictObject({ kind: z.literal("noise-not-read"), sign, unread: Count, trials: Count, reasons }),
    z.strictObject({ kind: z.literal("contended") }),
    z.strictObject({ kind: z.literal("intervals-disagree"), estimates: Count, of: Count }),
    z.strictObject({ kind: z.literal("backpressure"), ...trials, contradiction: Contradiction }),
  ])
  .meta({ id: "warning" });
export type Warning = From<typeof Warning>;
