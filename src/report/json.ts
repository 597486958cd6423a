/** The view of a run, a comparison or a diff as JSON: the same facts, and the words for them beside. */
import type { BackpressureRow } from "../domain/backpressure.ts";
import type { Comparison, KeptApart, RecordDiff, Side, VerdictChange } from "../domain/comparison.ts";
import type { AgentStatus } from "../domain/run-header.ts";
import type { AgentView, RunView } from "../domain/run-view.ts";
import type { SelfChecks } from "../domain/self-checks.ts";
import type { Estimate, LedgerRow, Verdict } from "../domain/verdict.ts";
import type { ComparisonJson, DiffJson, FleetJson, KeptApartJson, SideJson } from "./comparison-json.ts";
import type {
  BackpressureRowJson,
  EstimateJson,
  LedgerRowJson,
  SelfChecksJson,
  SummaryJson,
  VerdictJson,
} from "./summary-json.ts";
import { fleetCosts } from "./view/fleet-cost.ts";
import { backpressureText, contradictionText } from "./words/backpressure.ts";
import { apartText, obstacleText, openText } from "./words/comparison.ts";
import { fleetWhyText, nodeAsideText } from "./words/fleet.ts";
import { gapText } from "./words/coverage.ts";
import { notMeasurableText } from "./words/not-measurable.ts";
import { suffersSentence } from "./words/neighbour.ts";
import { ledgerNoteText, noteText } from "./words/notes.ts";
import { reasonText } from "./words/reasons.ts";
import { checkFailureText, sensitiveText } from "./words/self-checks.ts";
import { knobText } from "./words/under-load.ts";
import { warningText } from "./words/warnings.ts";

export const summaryJson = (view: RunView): SummaryJson => {
  const { lines: _lines, rejectedAttempts: _rejected, ...run } = view.run;
  return {
    schema: 1,
    run,
    host: view.host,
    agents: view.agents.map(agentJson),
    ...(view.counts === undefined ? {} : { counts: view.counts }),
    estimates: view.estimates.map(estimateJson),
    pairs: view.pairs,
    components: view.components,
    pace: view.pace,
    ledger: view.ledger.map(ledgerRowJson),
    ...(view.kinds.length === 0 ? {} : { kinds: view.kinds }),
    ...(view.overflow.length === 0 ? {} : { overflow: view.overflow.map(backpressureJson) }),
    ...(view.underLoad === undefined
      ? {}
      : {
          underLoad: {
            ...view.underLoad,
            knobs: view.underLoad.knobs.map((finding) => ({ ...finding, words: knobText(finding) })),
          },
        }),
    ...(view.watched.atRest.length + view.watched.churn.length === 0 ? {} : { watched: view.watched }),
    ...(view.neighbours.length === 0
      ? {}
      : { neighbours: view.neighbours.map((one) => ({ ...one, words: suffersSentence(one) })) }),
    ...(view.loneEvents.length === 0 ? {} : { loneEvents: view.loneEvents }),
    coverage: view.coverage.map((gap) => ({ ...gap, why: gapText(gap.reason) })),
    ...(view.matrix === undefined ? {} : { matrix: view.matrix }),
    ...(view.policies.length === 0 ? {} : { policies: view.policies }),
    ...(view.sinks.length === 0 ? {} : { sinks: view.sinks }),
    ...(view.growth.length === 0 ? {} : { growth: view.growth }),
    decisions: view.decisions,
    verdicts: view.verdicts.map(verdictJson),
    trust: selfChecksJson(view.selfChecks),
    warnings: view.warnings.map(warningText),
    warningFacts: view.warnings,
    notMeasurable: view.notMeasurable.map(notMeasurableText),
    notMeasurableFacts: view.notMeasurable,
  };
};

const agentJson = ({ settings: _s, measuredTrials: _m, unmeasured: _u, ...status }: AgentView): AgentStatus =>
  status;

const estimateJson = ({ notes, ...estimate }: Estimate): EstimateJson => ({
  ...estimate,
  notes: notes.map(noteText),
  noteFacts: notes,
});

const ledgerRowJson = ({ notes, ...row }: LedgerRow): LedgerRowJson => ({
  ...row,
  notes: notes.map(ledgerNoteText),
  noteFacts: notes,
});

const verdictJson = (verdict: Verdict): VerdictJson => ({ ...verdict, why: reasonText(verdict) });

const backpressureJson = (row: BackpressureRow): BackpressureRowJson => {
  const { contradiction, notes, ...rest } = row;
  return {
    ...rest,
    contradiction: contradiction === null ? null : contradictionText(contradiction),
    contradictionFacts: contradiction,
    words: backpressureText(row),
    noteFacts: notes,
  };
};

const selfChecksJson = ({ noise, failures, ...checks }: SelfChecks): SelfChecksJson => ({
  ...checks,
  noise: { ...noise, sensitive: noise.sensitive.map(sensitiveText), sensitiveFacts: noise.sensitive },
  failures: failures.map(checkFailureText),
  failureFacts: failures,
});

const sideJson = ({ label, view }: Side): SideJson => ({ label, summary: summaryJson(view) });

const apartJson = ({ what, ...rest }: KeptApart): KeptApartJson => ({
  ...rest,
  what: apartText(what),
  whatFacts: what,
});

const orNull = <T, U>(item: T | null, change: (item: T) => U): U | null =>
  item === null ? null : change(item);

const fleetJson = ({ fleet, sides }: Comparison): FleetJson => ({
  ...fleet,
  nodes: fleet.nodes.map((node) => ({ ...node, why: orNull(node.aside, nodeAsideText) })),
  answers: fleet.answers.map((answer) => ({
    ...answer,
    words: answer.why.map((why) => fleetWhyText(fleet, why)),
  })),
  ...fleetCosts(fleet, sides),
});

export const comparisonJson = (comparison: Comparison): ComparisonJson => ({
  ...comparison,
  sides: comparison.sides.map(sideJson),
  keptApart: comparison.keptApart.map(apartJson),
  figures: comparison.figures.map((one) => ({
    ...one,
    figures: one.figures.map((estimate) => orNull(estimate, estimateJson)),
  })),
  fleet: fleetJson(comparison),
  losses: comparison.losses.map((one) => ({
    ...one,
    rows: one.rows.map((row) => orNull(row, ledgerRowJson)),
  })),
});

const verdictChangeJson = ({ old, new: now }: VerdictChange): DiffJson["verdicts"][number] => ({
  old: orNull(old, verdictJson),
  new: orNull(now, verdictJson),
});

export const diffJson = (diff: RecordDiff): DiffJson => ({
  ...diff,
  old: sideJson(diff.old),
  new: sideJson(diff.new),
  keptApart: diff.keptApart.map(apartJson),
  changes: diff.changes.map((change) => ({
    ...change,
    old: estimateJson(change.old),
    new: estimateJson(change.new),
    why: orNull(change.reason, openText),
  })),
  losses: diff.losses.map((loss) => ({
    ...loss,
    old: ledgerRowJson(loss.old),
    new: ledgerRowJson(loss.new),
    why: orNull(loss.reason, openText),
  })),
  verdicts: diff.verdicts.map(verdictChangeJson),
  obstacles: diff.obstacles.map(obstacleText),
  obstacleFacts: diff.obstacles,
});

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const ordered = (path: string, value: unknown): unknown => {
  if (typeof value === "number" && !Number.isFinite(value)) {
    // JSON would turn it into null, which means "too few blocks" here.
    throw new RangeError(`${path} is ${value}: a missing figure must be null`);
  }
  if (Array.isArray(value)) return value.map((item, index) => ordered(`${path}[${index}]`, item));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
      .map(([key, item]) => [key, ordered(`${path}.${key}`, item)]),
  );
};

/**
 * Keys are sorted at every level, so that two summaries can be compared line by line.
 *
 * @throws RangeError naming the field that holds NaN or an infinity
 */
export const renderSummaryJson = (view: RunView): string => renderJson("summary", summaryJson(view));

export const renderComparisonJson = (comparison: Comparison): string =>
  renderJson("comparison", comparisonJson(comparison));

export const renderDiffJson = (diff: RecordDiff): string => renderJson("diff", diffJson(diff));

/** Anything else of ours, in the same way; `name` stands in the error. */
export const renderJson = (name: string, content: unknown): string =>
  `${JSON.stringify(ordered(name, content), null, 2)}\n`;
