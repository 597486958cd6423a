/** What `summary.json` holds. Each text stands beside the facts that it words, so that no program has to read a sentence. */
import * as z from "zod";
import { AgentPair } from "../domain/agent-pair.ts";
import { BackpressureRow } from "../domain/backpressure.ts";
import { VarianceComponents } from "../domain/components.ts";
import { CoverageMatrix } from "../domain/coverage-matrix.ts";
import { Counts } from "../domain/counting.ts";
import { Neighbour } from "../domain/neighbour.ts";
import { Pace } from "../domain/pace.ts";
import { Decisions } from "../domain/decision.ts";
import { CheckFailure, Contradiction, NotMeasurable } from "../domain/reason.ts";
import { AgentStatus, HostFingerprint } from "../domain/run-header.ts";
import { LoneEvent, RunFacts } from "../domain/run-view.ts";
import type { From } from "../domain/schema.ts";
import { GrowthRow } from "../domain/growth.ts";
import { SinkRow } from "../domain/sink.ts";
import { PolicyRow } from "../domain/team-policy.ts";
import { NoiseCheck, SelfChecks } from "../domain/self-checks.ts";
import { KnobFinding, UnderLoad } from "../domain/under-load.ts";
import { METRICS, METRIC_IDS } from "../domain/units.ts";
import { CoverageGap, Estimate, LedgerRow, TechniqueCoverage, Verdict } from "../domain/verdict.ts";
import { Warning } from "../domain/warning.ts";
import { Watched } from "../domain/watched.ts";

const sentence = z.string().min(1);
const notes = z.array(sentence);

const PAIRED = METRIC_IDS.filter((metric) => METRICS[metric].kind === "paired");

export const EstimateJson = Estimate.extend({ notes, noteFacts: Estimate.shape.notes }).meta({
  id: "estimate",
  anyOf: [
    { properties: { metric: { enum: PAIRED } } },
    { properties: { ratio: { type: "null" }, baseline: { type: "null" } } },
  ],
});
export type EstimateJson = From<typeof EstimateJson>;

export const LedgerRowJson = LedgerRow.extend({ notes, noteFacts: LedgerRow.shape.notes }).meta({
  id: "ledgerRow",
});
export type LedgerRowJson = From<typeof LedgerRowJson>;

const CoverageGapJson = CoverageGap.extend({ why: sentence }).meta({
  id: "coverageGap",
  description:
    "An agent that does not see a scenario's events, or not every one of them. Coverage, not loss.",
});

export const VerdictJson = Verdict.extend({
  why: sentence.describe("One sentence with figure, interval and n."),
}).meta({ id: "verdict" });
export type VerdictJson = From<typeof VerdictJson>;

export const BackpressureRowJson = BackpressureRow.omit({ notes: true }).extend({
  contradiction: sentence.nullable(),
  contradictionFacts: Contradiction.nullable(),
  words: sentence.describe("The row in a sentence."),
  noteFacts: BackpressureRow.shape.notes,
});
export type BackpressureRowJson = From<typeof BackpressureRowJson>;

const NeighbourJson = Neighbour.extend({ words: sentence.describe("Who suffers, in a sentence.") });

export const SelfChecksJson = SelfChecks.extend({
  noise: NoiseCheck.extend({ sensitive: z.array(sentence), sensitiveFacts: NoiseCheck.shape.sensitive }),
  failures: z
    .array(sentence)
    .describe("Reasons why no verdict on cost is given; empty is what it should be."),
  failureFacts: z.array(CheckFailure),
}).meta({ description: "How far the instrument can be trusted in this run." });
export type SelfChecksJson = From<typeof SelfChecksJson>;

export const SummaryJson = z.strictObject({
  schema: z.literal(1),
  run: RunFacts.omit({ lines: true, rejectedAttempts: true }),
  host: HostFingerprint,
  agents: z.array(AgentStatus),
  counts: Counts.exactOptional().describe("Instructions, not time; absent where time was measured."),
  estimates: z.array(EstimateJson),
  pairs: z.array(AgentPair),
  components: z.array(VarianceComponents),
  pace: z.array(Pace),
  ledger: z.array(LedgerRowJson),
  kinds: z
    .array(TechniqueCoverage)
    .exactOptional()
    .describe("By technique; absent where no scenario does several in turn."),
  overflow: z
    .array(BackpressureRowJson)
    .exactOptional()
    .describe("Forced overflows; absent where none was tried."),
  underLoad: UnderLoad.extend({
    knobs: z.array(KnobFinding.extend({ words: sentence.describe("What the setting does, in a sentence.") })),
  })
    .exactOptional()
    .describe("Agents under rising load; absent where none was."),
  watched: Watched.exactOptional().describe(
    "Second by second: at rest, and while processes and files came and went; absent where nothing was watched.",
  ),
  neighbours: z
    .array(NeighbourJson)
    .exactOptional()
    .describe("Services alone and beside a storm; absent where none was looked at."),
  loneEvents: z.array(LoneEvent).exactOptional().describe("Absent where none was tried."),
  coverage: z.array(CoverageGapJson),
  matrix: CoverageMatrix.exactOptional().describe("What each agent sees, tried; absent where nothing was."),
  policies: z
    .array(PolicyRow)
    .exactOptional()
    .describe(
      "Teams' own policies: by operation, all rules together, each alone, the dearest first, and none of them; absent where no policy was measured.",
    ),
  sinks: z
    .array(SinkRow)
    .exactOptional()
    .describe(
      "What exports cost: by agent and operation, each rung of its ladder above the one that it stands on; absent where no variant that hands out nothing was measured beside another.",
    ),
  growth: z
    .array(GrowthRow)
    .exactOptional()
    .describe("How each agent's costs grow with the node; absent where it was measured at one size."),
  decisions: Decisions,
  verdicts: z.array(VerdictJson),
  trust: SelfChecksJson,
  warnings: z.array(sentence).describe("What a reviewer must know before believing the figures."),
  warningFacts: z.array(Warning),
  notMeasurable: z.array(sentence),
  notMeasurableFacts: z.array(NotMeasurable),
});
export type SummaryJson = From<typeof SummaryJson>;
