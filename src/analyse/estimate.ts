/**
 * Series -> estimates with intervals and the bounds that verdicts use.
 *
 *     series -> contrast with both baselines (or the level itself) -> mean with its moderated spread -> intervals
 */
import { mean } from "simple-statistics";
import { type Condition, comparableOf, keyOf } from "../domain/condition.ts";
import { BASELINE } from "../domain/plan.ts";
import type { Note } from "../domain/reason.ts";
import { type Roles, isCalibration } from "../domain/run-header.ts";
import { DECIDING_METRIC, METRICS, METRIC_IDS, type MetricId, isWallClock } from "../domain/units.ts";
import type { Bounds, Estimate, Interval } from "../domain/verdict.ts";
import { type AllCollected, type BlockSeries, type Collected, referencesOf } from "./collect.ts";
import { EQUIVALENCE_LEVEL, LEVEL, MIN_BLOCKS, bootstrapInterval, disagree, intervalOf } from "./interval.ts";
import { type Mean, bound, ends, moderatedMeans, plainMean } from "./mean.ts";
import { type Contrast, pairBlocks } from "./pair.ts";
import { minimalDetectable } from "./power.ts";
import type { Resampler } from "./resample.ts";
import { type Sample, hodgesLehmann, sampleOf } from "./sample.ts";

/** An estimate together with what a verdict needs and a reader does not. */
export interface Assessment {
  readonly estimate: Estimate;
  /** Null under 4 blocks. */
  readonly absolute: Mean | null;
  /** Natural logarithms; null under 4 blocks, for a level, and where there is no ratio. */
  readonly logRatio: Mean | null;
}

export interface Candidate extends Contrast {
  readonly key: Condition;
  readonly metric: MetricId;
  readonly notes: readonly Note[];
}

/**
 * `blocks`: the complete ones. In the order of `METRICS`; the caller sorts by its own order. What is known of the sensors' spread says nothing of
 * the calibration agents' and the other way round: these burn time on purpose.
 */
export const estimateAll = (
  collected: AllCollected,
  agents: Roles,
  blocks: readonly number[],
  resampler: Resampler,
  metrics: readonly MetricId[] = METRIC_IDS,
): readonly Assessment[] =>
  metrics.flatMap((metric) => assess(candidatesOf(collected, metric, blocks), agents, resampler));

/** In the order of `collected`. */
export const candidatesOf = (
  collected: AllCollected,
  metric: MetricId,
  blocks: readonly number[],
): readonly Candidate[] =>
  [...collected.values()]
    .filter((entry) => entry.metric === metric && entry.key.agent !== BASELINE)
    .flatMap((entry) => candidateOf(entry, collected, blocks) ?? []);

const candidateOf = (
  entry: Collected,
  collected: AllCollected,
  blocks: readonly number[],
): Candidate | undefined => {
  const { key, metric, series, perEvent } = entry;
  const contrast =
    METRICS[metric].kind === "level"
      ? levelsOf(series, blocks)
      : pairBlocks(series, referencesOf(collected, key, metric), blocks, perEvent);
  if (contrast.blocks.length === 0) return undefined;
  const isPerOperation = metric === DECIDING_METRIC && contrast.blocks.some((block) => !perEvent.has(block));
  const notes: readonly Note[] = [
    ...(isPerOperation ? [{ kind: "per-operation" } as const] : []),
    ...(entry.isLowerBound ? [{ kind: "lower-bound" } as const] : []),
  ];
  return { key, metric, notes, ...contrast };
};

const levelsOf = (series: BlockSeries, blocks: readonly number[]): Contrast => {
  const own = blocks.filter((block) => series.has(block));
  const values = own.map((block) => series.get(block)).filter((one) => one !== undefined);
  return { blocks: own, differences: values, logRatios: null, reference: null, perEvent: 1 };
};

/** Both by candidate; none for one of too few blocks. */
export interface Means {
  readonly absolute: ReadonlyMap<Candidate, Mean>;
  readonly logRatio: ReadonlyMap<Candidate, Mean>;
}

/** The spread of each is moderated by those of the same role in the same condition. */
export const meansOf = (candidates: readonly Candidate[], agents: Roles): Means => {
  const groups = [
    ...Map.groupBy(
      candidates,
      ({ key }) => `${isCalibration(agents, key.agent)} ${keyOf(comparableOf(key))}`,
    ),
  ].map(([, group]) => group);
  const over = (
    valuesOf: (candidate: Candidate) => readonly number[] | null,
    scaleOf: (candidate: Candidate) => number,
  ): ReadonlyMap<Candidate, Mean> =>
    new Map(
      groups.flatMap((group) => {
        const members = group.flatMap((candidate) => {
          const values = valuesOf(candidate);
          return values === null || values.length < MIN_BLOCKS
            ? []
            : [{ candidate, sample: sampleOf(values), scale: scaleOf(candidate) }];
        });
        const means = moderatedMeans(members);
        return members.flatMap(({ candidate }, index): [Candidate, Mean][] => {
          const own = means[index];
          return own === undefined ? [] : [[candidate, own]];
        });
      }),
    );
  return {
    absolute: over(({ differences }) => differences, scaleOf),
    logRatio: over(({ logRatios }) => logRatios, logScaleOf),
  };
};

/**
 * Noise is in proportion to what is measured, so that of a difference is in proportion to both of its sides. A level has no baseline to be
 * relative to, and is left as it is.
 */
const scaleOf = (candidate: Candidate): number =>
  candidate.reference === null
    ? 0
    : Math.hypot(levelOf(candidate), (candidate.reference * candidate.perEvent) / Math.SQRT2);

/** What an event takes under the agent, its cost and what the operation takes without one. */
export const levelOf = ({ differences, reference, perEvent }: Candidate): number =>
  (reference ?? 0) * perEvent + mean([...differences]);

/** How much of an agent's relative noise reaches the logarithm of a ratio 1 + e * (r - 1): all of it where every event was delivered. */
const logScaleOf = ({ logRatios, perEvent }: Candidate): number => {
  const told = Math.exp(mean([...(logRatios ?? [])]));
  return (perEvent * (1 + (told - 1) / perEvent)) / told;
};

const assess = (
  candidates: readonly Candidate[],
  agents: Roles,
  resampler: Resampler,
): readonly Assessment[] => {
  const { absolute, logRatio } = meansOf(candidates, agents);
  return candidates.map((candidate): Assessment => {
    const own = absolute.get(candidate) ?? null;
    const ownRatio = logRatio.get(candidate) ?? null;
    return {
      estimate: estimateOf(candidate, own, ownRatio, resampler),
      absolute: own,
      logRatio: ownRatio,
    };
  });
};

const estimateOf = (
  candidate: Candidate,
  absolute: Mean | null,
  logRatio: Mean | null,
  resampler: Resampler,
): Estimate => {
  const { key, metric, blocks, differences: values, logRatios } = candidate;
  const sample = values.length < 2 ? null : sampleOf(values);
  const spread = absolute ?? (sample === null ? null : plainMean(sample));
  const bootstrap = sample === null ? null : bootstrapInterval(sample, blocks, resampler);
  return {
    ...key,
    metric,
    unit: METRICS[metric].unit,
    absolute: absolute === null ? bare(mean([...values])) : intervalOf(absolute, LEVEL),
    ratio: logRatios === null ? null : ratioOf(logRatios, logRatio),
    hodgesLehmann: hodgesLehmann(values),
    baseline: candidate.reference,
    level: LEVEL,
    blocks: blocks.length,
    minimalDetectable: spread === null ? null : minimalDetectable(spread),
    bounds: absolute === null ? null : boundsOf(absolute, logRatio),
    standardError: absolute?.standardError ?? null,
    degrees: absolute?.degrees ?? null,
    bootstrap,
    notes: [...candidate.notes, ...notesOf(candidate, sample, bootstrap)],
  };
};

const bare = (value: number): Interval => ({ value, low: null, high: null });

const ratioOf = (logRatios: readonly number[], logRatio: Mean | null): Interval => {
  if (logRatio === null) return bare(Math.exp(mean([...logRatios])));
  const [low, high] = ends(logRatio, LEVEL);
  return { value: Math.exp(logRatio.value), low: Math.exp(low), high: Math.exp(high) };
};

const UPPER = (1 + EQUIVALENCE_LEVEL) / 2;

const boundsOf = (absolute: Mean, logRatio: Mean | null): Bounds => ({
  absoluteUpper95: bound(absolute, UPPER),
  absolute90: [...ends(absolute, EQUIVALENCE_LEVEL)],
  ratioUpper95: logRatio === null ? null : Math.exp(bound(logRatio, UPPER)),
  ratio90:
    logRatio === null ? null : [Math.exp(bound(logRatio, 1 - UPPER)), Math.exp(bound(logRatio, UPPER))],
});

const notesOf = (
  candidate: Candidate,
  sample: Sample | null,
  bootstrap: Estimate["bootstrap"],
): readonly Note[] => {
  const notes: Note[] = [];
  if (sample === null || sample.n < MIN_BLOCKS) {
    notes.push({ kind: "exploratory", blocks: candidate.blocks.length, needed: MIN_BLOCKS });
  } else {
    if (sample.deviation === 0) notes.push({ kind: "constant" });
    // With Student's of this sample's own spread: what they tell of is its shape.
    if (bootstrap !== null && disagree(endsOf(sample), bootstrap)) notes.push({ kind: "intervals-disagree" });
  }
  if (METRICS[candidate.metric].kind === "paired" && candidate.logRatios === null) {
    notes.push({ kind: "no-ratio" });
  }
  if (candidate.logRatios !== null && mean([...candidate.differences]) * mean([...candidate.logRatios]) < 0) {
    notes.push({ kind: "opposite-signs" });
  }
  return notes;
};

const endsOf = (sample: Sample) => {
  const [low, high] = ends(plainMean(sample), LEVEL);
  return { low, high };
};

/** Where a figure of a contended or emulated node is copied out of its table, it keeps the mark. */
export const withMarks = (
  estimates: readonly Estimate[],
  { contended, emulated }: { readonly contended: boolean; readonly emulated: boolean },
): readonly Estimate[] =>
  estimates.map((estimate) => ({
    ...estimate,
    notes: [
      ...(emulated ? [{ kind: "emulated" } as const] : []),
      ...estimate.notes,
      ...(contended && isWallClock(estimate.metric) ? [{ kind: "contended" } as const] : []),
    ],
  }));
