/**
 * The new record against the old one: what changed beyond noise.
 *
 *   1 conditions   records of another measurement are refused, loads of another shape are kept apart
 *   2 obstacles    what keeps figures from being judged: emulation, a failed check of either instrument, an agent that sheds or crashed
 *   3 costs        Welch's interval of the difference of two means over blocks
 *   4 losses       the wider of Newcombe's interval of the difference of two shares and of Welch's over blocks: losses come in bursts
 *   5 verdicts     budget checks that come out otherwise now, and agents with another answer
 *
 * `worse` and `better` are found by looking at many differences for one, so they are said only where Bonferroni's interval for all
 * judged comparisons together lies wholly beyond the tolerance. A change of the node counts as a change: it is named in `varies`.
 */
import type {
  AnswerChange,
  Change,
  LossChange,
  Obstacle,
  OpenReason,
  Outcome,
  RecordDiff,
  VerdictChange,
} from "../../domain/comparison.ts";
import { type TrialCondition, conditionOf, trialConditionOf } from "../../domain/condition.ts";
import { isCalibration } from "../../domain/run-header.ts";
import { METRICS, type MetricId, isCount } from "../../domain/units.ts";
import { type Estimate, type Interval, type LedgerRow, checkName } from "../../domain/verdict.ts";
import { LEVEL } from "../interval.ts";
import { figuresOf, lossesOf } from "./compare.ts";
import {
  type Loaded,
  type Refused,
  apartFrom,
  conflicts,
  labelsOf,
  loadsApart,
  variations,
} from "./conditions.ts";
import { type Mean, newcombe, welch } from "./difference.ts";

/** What a script is told of. Time on the clock belongs to the neighbours as well, percentiles are noisy: they are shown only. */
const JUDGED: readonly MetricId[] = [
  "workload-cpu",
  "system-cpu",
  "agent-cpu",
  "agent-memory",
  "instructions",
  "workload-instructions",
  "agent-instructions",
];

/** What nobody needs to hear of, in percent. Counts are as steady as their error bar says, so that everything beyond it is told. */
const USUAL_TOLERANCE = { time: 1, counts: 0 } as const;
/** A count that could have changed by less than this is the same. */
const SAME_PERCENT = 1;

const isOfCounts = ({ header }: Loaded): boolean => header.counting !== undefined;

export type Diffed = { readonly kind: "diff"; readonly diff: RecordDiff } | Refused;

/** `tolerance`: in percent; undefined: as usual for what was measured. */
export const diffRecords = (before: Loaded, after: Loaded, tolerance?: number): Diffed => {
  const sides = [before, after];
  const tolerancePercent = tolerance ?? USUAL_TOLERANCE[isOfCounts(after) ? "counts" : "time"];
  const labels = labelsOf(sides);
  const conflicting = conflicts(sides);
  if (conflicting.length > 0) return { kind: "refused", conflicts: conflicting, labels };
  const apart = loadsApart(sides);
  const isApart = apartFrom(apart);
  const isLeftOut = (at: TrialCondition): boolean =>
    isCalibration(before.view.agents, at.agent) || isCalibration(after.view.agents, at.agent) || isApart(at);
  const pairs = figuresOf(sides).flatMap(({ figures: [old, now] }) =>
    old == null || now == null || isLeftOut(old) ? [] : [{ old, now }],
  );
  const obstacles = obstaclesOf(before, after);
  const rows = lossesOf(sides).flatMap(({ rows: [old, now] }) =>
    old == null || now == null || isLeftOut(old) ? [] : [{ old, now }],
  );
  const judged = pairs.filter(({ old, now }) => isJudged(old, now)).length + rows.length;
  const family = 1 - (1 - LEVEL) / Math.max(1, judged);
  return {
    kind: "diff",
    diff: {
      schema: 1,
      old: { label: `old: ${labels[0] ?? ""}`, view: before.view },
      new: { label: `new: ${labels[1] ?? ""}`, view: after.view },
      varies: variations(sides),
      keptApart: apart,
      tolerancePercent,
      judged,
      answers: answerChanges(before, after),
      changes: pairs.map(({ old, now }) =>
        changeOf(old, now, tolerancePercent, family, [...obstacles, ...failingsOf(before, after, now.agent)]),
      ),
      losses: rows.map(({ old, now }) => lossChangeOf(old, now, family, lossObstacles(obstacles, old, now))),
      verdicts: verdictChanges(before, after).filter(
        ({ old, new: now }) => !isApart(old ?? now ?? { scenario: "", load: "" }),
      ),
      obstacles,
    },
  };
};

const obstaclesOf = (before: Loaded, after: Loaded): readonly Obstacle[] => [
  ...methodsApart(before.header.method, after.header.method),
  ...(
    [
      ["old", before],
      ["new", after],
    ] as const
  ).flatMap(([record, { view }]): readonly Obstacle[] => [
    ...(view.host.emulated ? [{ kind: "emulated", record } as const] : []),
    ...view.selfChecks.failures.map((failure) => ({ kind: "instrument-failed", record, failure }) as const),
  ]),
];

const methodsApart = (old: string, now: string): readonly Obstacle[] =>
  old === now ? [] : [{ kind: "methods", old, new: now }];

/** What may not be judged alone is not judged by comparison. */
const failingsOf = (before: Loaded, after: Loaded, agent: string): readonly Obstacle[] =>
  (
    [
      ["old", before],
      ["new", after],
    ] as const
  ).flatMap(([record, { view }]) => {
    const decision = view.decisions.agents.find((one) => one.agent === agent);
    return (decision?.why ?? []).flatMap(({ kind }): readonly Obstacle[] =>
      kind === "sheds" || kind === "crashed" ? [{ kind, record, agent }] : [],
    );
  });

/** How fast events come on an emulated node, and so how many are lost, is not a real one's; what counts as lost is the method's. */
const lossObstacles = (
  obstacles: readonly Obstacle[],
  old: LedgerRow,
  now: LedgerRow,
): readonly Obstacle[] => {
  const { agent } = now;
  return [
    ...obstacles.filter(({ kind }) => kind === "emulated" || kind === "methods"),
    ...(old.balanced ? [] : [{ kind: "unbalanced", record: "old", agent } as const]),
    ...(now.balanced ? [] : [{ kind: "unbalanced", record: "new", agent } as const]),
  ];
};

const answerChanges = (before: Loaded, after: Loaded): readonly AnswerChange[] => {
  const answersIn = ({ view }: Loaded) =>
    new Map(view.decisions.agents.map(({ agent, answer }) => [agent, answer]));
  const [old, now] = [answersIn(before), answersIn(after)];
  return [...new Set([...now.keys(), ...old.keys()])]
    .map((agent): AnswerChange => ({
      agent,
      old: old.get(agent) ?? null,
      new: now.get(agent) ?? null,
    }))
    .filter((change) => change.old !== change.new);
};

const isJudged = (old: Estimate, now: Estimate): boolean =>
  JUDGED.includes(old.metric) && old.standardError !== null && now.standardError !== null;

const changeOf = (
  old: Estimate,
  now: Estimate,
  tolerancePercent: number,
  family: number,
  obstacles: readonly Obstacle[],
): Change => {
  const { metric, unit } = now;
  const key = { ...conditionOf(now), metric, unit, old, new: now };
  const bare = { value: now.absolute.value - old.absolute.value, low: null, high: null };
  const scale = scaleOf(old);
  const judged = JUDGED.includes(metric);
  const [a, b] = [meanIn(old), meanIn(now)];
  if (a === undefined || b === undefined) {
    return {
      ...key,
      difference: bare,
      percent: percentOf(bare, scale),
      outcome: judged ? "open" : null,
      reason: judged ? { kind: "too-few-blocks", old: old.blocks, new: now.blocks } : null,
    };
  }
  const difference = welch(a, b, LEVEL);
  const [obstacle] = obstacles;
  const outcome = judged
    ? judge(
        welch(a, b, family),
        scale,
        tolerancePercent,
        isCount(metric) ? Math.max(SAME_PERCENT, tolerancePercent) : tolerancePercent,
      )
    : null;
  return {
    ...key,
    difference,
    percent: percentOf(difference, scale),
    outcome: outcome !== null && obstacle !== undefined ? "open" : outcome,
    reason: outcome === null ? null : openReason(outcome, obstacle),
  };
};

const openReason = (outcome: Outcome, obstacle: Obstacle | undefined): OpenReason | null => {
  if (obstacle !== undefined) return { kind: "obstacle", obstacle };
  return outcome === "open" ? { kind: "undecided" } : null;
};

const meanIn = ({ absolute: { value }, standardError, degrees }: Estimate): Mean | undefined =>
  standardError === null || degrees === null ? undefined : { value, standardError, degrees };

/** What a percentage is of: the operation without an agent, or the old level. Null where that is no positive number. */
const scaleOf = ({ metric, baseline, absolute }: Estimate): number | null => {
  const scale = METRICS[metric].kind === "paired" ? baseline : absolute.value;
  return scale !== null && scale > 0 ? scale : null;
};

const percentOf = ({ value, low, high }: Interval, scale: number | null): Interval | null =>
  scale === null
    ? null
    : {
        value: (100 * value) / scale,
        low: low === null ? null : (100 * low) / scale,
        high: high === null ? null : (100 * high) / scale,
      };

/** Where there is nothing that a percentage could be of, any change counts. */
const judge = (
  { low, high }: Interval,
  scale: number | null,
  tolerancePercent: number,
  samePercent: number,
): Outcome => {
  if (low === null || high === null) return "open";
  const marginOf = (percent: number): number => (scale === null ? 0 : (scale * percent) / 100);
  const margin = marginOf(tolerancePercent);
  if (low > margin) return "worse";
  if (high < -margin) return "better";
  const same = marginOf(samePercent);
  return low >= -same && high <= same ? "same" : "open";
};

const lossChangeOf = (
  old: LedgerRow,
  now: LedgerRow,
  family: number,
  [obstacle]: readonly Obstacle[],
): LossChange => {
  const outcome = obstacle === undefined ? lossOutcome(lossDifference(old, now, family), old, now) : "open";
  return {
    ...trialConditionOf(now),
    old,
    new: now,
    difference: lossDifference(old, now, LEVEL),
    outcome,
    reason: openReason(outcome, obstacle),
  };
};

const lossOutcome = (
  { low, high }: { readonly low: number; readonly high: number },
  old: LedgerRow,
  now: LedgerRow,
): Outcome => {
  if (low > 0) return "worse";
  if (high < 0) return "better";
  return old.operations + now.operations === 0 ? "open" : "same";
};

const lossDifference = (old: LedgerRow, now: LedgerRow, level: number): LossChange["difference"] => {
  const exact = newcombe(shareLost(old), shareLost(now), level);
  const [a, b] = [lossMean(old), lossMean(now)];
  if (a === undefined || b === undefined) return { ...exact, low: -1, high: 1 };
  const { low, high } = welch(a, b, level);
  return {
    value: exact.value,
    low: Math.max(-1, Math.min(exact.low, low ?? -1)),
    high: Math.min(1, Math.max(exact.high, high ?? 1)),
  };
};

/** Undefined under 2 blocks, which tell nothing of how much blocks differ. */
const lossMean = ({ lossRate, lossError, blocks }: LedgerRow): Mean | undefined =>
  lossError === null ? undefined : { value: lossRate.value, standardError: lossError, degrees: blocks - 1 };

const shareLost = ({ operations, delivered }: LedgerRow) => ({
  hits: Math.max(0, operations - delivered),
  of: Math.max(1, operations),
});

/** A check that only one record has is a change too: its agent or its budget came or went. */
const verdictChanges = (before: Loaded, after: Loaded): readonly VerdictChange[] => {
  const old = new Map(before.view.verdicts.map((verdict) => [checkName(verdict), verdict]));
  const now = new Map(after.view.verdicts.map((verdict) => [checkName(verdict), verdict]));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name): readonly VerdictChange[] => {
    const change = { old: old.get(name) ?? null, new: now.get(name) ?? null };
    return change.old?.kind === change.new?.kind ? [] : [change];
  });
};
