/**
 * `summary.json`: what a record says, unrounded. Each text stands beside the facts that it words, so that no program has to read a sentence.
 * Its schema is `summary.schema.json` beside this file.
 */
import type { BackpressureNote, BackpressureRow } from "../domain/backpressure.ts";
import type {
  Change,
  ComparedFigure,
  ComparedLoss,
  Comparison,
  Difference,
  KeptApart,
  LossChange,
  RecordDiff,
  Side,
  VerdictChange,
} from "../domain/comparison.ts";
import type { CheckFailure, Contradiction, Gap, LedgerNote, NotMeasurable, Note } from "../domain/reason.ts";
import type { AgentStatus, HostFingerprint } from "../domain/record.ts";
import type { AgentView, RunFacts, RunView } from "../domain/run-view.ts";
import type { NoiseCheck, SelfChecks, SensitiveVerdict } from "../domain/self-checks.ts";
import type { CoverageGap, Estimate, LedgerRow, TechniqueCoverage, Verdict } from "../domain/verdict.ts";
import type { Warning } from "../domain/warning.ts";
import { backpressureText, contradictionText } from "./words/backpressure.ts";
import { apartText, obstacleText, openText } from "./words/comparison.ts";
import { gapText } from "./words/coverage.ts";
import { notMeasurableText } from "./words/not-measurable.ts";
import { ledgerNoteText, noteText } from "./words/notes.ts";
import { reasonText } from "./words/reasons.ts";
import { checkFailureText, sensitiveText } from "./words/self-checks.ts";
import { warningText } from "./words/warnings.ts";

export interface SummaryJson {
  readonly schema: 1;
  readonly run: Omit<RunFacts, "lines" | "rejectedAttempts">;
  readonly host: HostFingerprint;
  readonly agents: readonly AgentStatus[];
  readonly estimates: readonly EstimateJson[];
  readonly ledger: readonly LedgerRowJson[];
  /** By technique; absent where no scenario does several in turn. */
  readonly kinds?: readonly TechniqueCoverage[];
  /** Forced overflows; absent where none was tried. */
  readonly overflow?: readonly BackpressureRowJson[];
  readonly coverage: readonly CoverageGapJson[];
  readonly verdicts: readonly VerdictJson[];
  readonly trust: SelfChecksJson;
  readonly warnings: readonly string[];
  readonly warningFacts: readonly Warning[];
  readonly notMeasurable: readonly string[];
  readonly notMeasurableFacts: readonly NotMeasurable[];
}

export interface EstimateJson extends Omit<Estimate, "notes"> {
  readonly notes: readonly string[];
  readonly noteFacts: readonly Note[];
}

export interface LedgerRowJson extends Omit<LedgerRow, "notes"> {
  readonly notes: readonly string[];
  readonly noteFacts: readonly LedgerNote[];
}

export interface CoverageGapJson extends CoverageGap {
  readonly why: string;
  readonly reason: Gap;
}

export interface VerdictJson extends Verdict {
  /** One sentence with figure, interval and n. */
  readonly why: string;
}

export interface BackpressureRowJson extends Omit<BackpressureRow, "contradiction" | "notes"> {
  readonly contradiction: string | null;
  readonly contradictionFacts: Contradiction | null;
  /** The row in a sentence. */
  readonly words: string;
  readonly noteFacts: readonly BackpressureNote[];
}

export interface SelfChecksJson extends Omit<SelfChecks, "noise" | "failures"> {
  readonly noise: Omit<NoiseCheck, "sensitive"> & {
    readonly sensitive: readonly string[];
    readonly sensitiveFacts: readonly SensitiveVerdict[];
  };
  readonly failures: readonly string[];
  readonly failureFacts: readonly CheckFailure[];
}

export const summaryJson = (view: RunView): SummaryJson => {
  const { lines: _lines, rejectedAttempts: _rejected, ...run } = view.run;
  return {
    schema: 1,
    run,
    host: view.host,
    agents: view.agents.map(agentJson),
    estimates: view.estimates.map(estimateJson),
    ledger: view.ledger.map(ledgerRowJson),
    ...(view.kinds.length === 0 ? {} : { kinds: view.kinds }),
    ...(view.overflow.length === 0 ? {} : { overflow: view.overflow.map(backpressureJson) }),
    coverage: view.coverage.map((gap) => ({ ...gap, why: gapText(gap.reason) })),
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

export interface SideJson {
  readonly label: string;
  readonly summary: SummaryJson;
}

export interface KeptApartJson extends Difference {
  readonly what: string;
  readonly whatFacts: KeptApart["what"];
}

export interface ComparisonJson extends Omit<Comparison, "sides" | "keptApart" | "figures" | "losses"> {
  readonly sides: readonly SideJson[];
  readonly keptApart: readonly KeptApartJson[];
  readonly figures: readonly (Omit<ComparedFigure, "figures"> & {
    readonly figures: readonly (EstimateJson | null)[];
  })[];
  readonly losses: readonly (Omit<ComparedLoss, "rows"> & {
    readonly rows: readonly (LedgerRowJson | null)[];
  })[];
}

export interface DiffJson extends Omit<
  RecordDiff,
  "old" | "new" | "keptApart" | "changes" | "losses" | "verdicts" | "obstacles"
> {
  readonly old: SideJson;
  readonly new: SideJson;
  readonly keptApart: readonly KeptApartJson[];
  readonly changes: readonly (Omit<Change, "old" | "new"> & {
    readonly old: EstimateJson;
    readonly new: EstimateJson;
    readonly why: string | null;
  })[];
  readonly losses: readonly (Omit<LossChange, "old" | "new"> & {
    readonly old: LedgerRowJson;
    readonly new: LedgerRowJson;
  })[];
  readonly verdicts: readonly { readonly old: VerdictJson | null; readonly new: VerdictJson | null }[];
  readonly obstacles: readonly string[];
  readonly obstacleFacts: RecordDiff["obstacles"];
}

const sideJson = ({ label, view }: Side): SideJson => ({ label, summary: summaryJson(view) });

const apartJson = ({ what, ...rest }: KeptApart): KeptApartJson => ({
  ...rest,
  what: apartText(what),
  whatFacts: what,
});

const orNull = <T, U>(item: T | null, change: (item: T) => U): U | null =>
  item === null ? null : change(item);

export const comparisonJson = (comparison: Comparison): ComparisonJson => ({
  ...comparison,
  sides: comparison.sides.map(sideJson),
  keptApart: comparison.keptApart.map(apartJson),
  figures: comparison.figures.map((one) => ({
    ...one,
    figures: one.figures.map((estimate) => orNull(estimate, estimateJson)),
  })),
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
