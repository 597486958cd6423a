/**
 * Series -> estimates with intervals and the bounds that verdicts use.
 *
 *     series -> contrast with both baselines (or the level itself) -> mean, interval -> family-wise bounds over all of a metric
 */
import { mean } from "simple-statistics";
import { METRICS, METRIC_IDS, type MetricId, isWallClock } from "../domain/units.ts";
import type { Condition } from "../domain/condition.ts";
import { BASELINE } from "../domain/plan.ts";
import type { Note } from "../domain/reason.ts";
import { type Roles, isCalibration } from "../domain/record.ts";
import type { Bounds, Estimate, Interval } from "../domain/verdict.ts";
import { type AllCollected, type BlockSeries, type Collected, referencesOf } from "./collect.ts";
import { type Sample, hodgesLehmann, sampleOf } from "./sample.ts";
import { LEVEL, MIN_BLOCKS, type MeanInterval, disagrees, meanInterval } from "./interval.ts";
import { familyLowerBounds } from "./bootstrap.ts";
import { type Contrast, pairBlocks } from "./pair.ts";
import { minimalDetectable } from "./power.ts";
import type { Resampler } from "./resample.ts";

/** An estimate together with what a verdict needs and a reader does not. */
export interface Assessment {
  readonly estimate: Estimate;
  readonly absolute: Sample | null;
  /** Natural logarithms; null under 2 blocks, for a level, and where there is no ratio. */
  readonly logRatio: Sample | null;
  readonly familySize: number;
}

/** Error that a whole family may have in its "over budget". */
export const FAMILY_ALPHA = 0.05;

interface Candidate extends Contrast {
  readonly key: Condition;
  readonly metric: MetricId;
}

interface Scale {
  readonly sample: Sample;
  readonly interval: MeanInterval;
  /** Holds for the whole family. */
  readonly lower: number;
}

/**
 * `blocks`: the complete ones. In the order of `METRICS`; the caller sorts by its own order. Calibration agents are a family of their
 * own: nobody looks among them for one that is over budget, so they must not widen the bounds of the sensors.
 */
export const estimateAll = (
  collected: AllCollected,
  agents: Roles,
  blocks: readonly number[],
  resampler: Resampler,
  metrics: readonly MetricId[] = METRIC_IDS,
): readonly Assessment[] =>
  metrics.flatMap((metric) => {
    const candidates = [...collected.values()]
      .filter((entry) => entry.metric === metric && entry.key.agent !== BASELINE)
      .map((entry) => candidateOf(entry, collected, blocks))
      .filter((candidate) => candidate !== undefined);
    return [false, true].flatMap((calibration) =>
      assessFamily(
        candidates.filter(({ key }) => isCalibration(agents, key.agent) === calibration),
        resampler,
      ),
    );
  });

export const candidateOf = (
  { key, metric, series }: Collected,
  collected: AllCollected,
  blocks: readonly number[],
): Candidate | undefined => {
  const contrast =
    METRICS[metric].kind === "level"
      ? levelOf(series, blocks)
      : pairBlocks(series, referencesOf(collected, key, metric), blocks);
  return contrast.blocks.length === 0 ? undefined : { key, metric, ...contrast };
};

const levelOf = (series: BlockSeries, blocks: readonly number[]): Contrast => {
  const own = blocks.filter((block) => series.has(block));
  const values = own.map((block) => series.get(block)).filter((one) => one !== undefined);
  return { blocks: own, differences: values, logRatios: null, reference: null };
};

const assessFamily = (candidates: readonly Candidate[], resampler: Resampler): readonly Assessment[] => {
  const absolute = scalesOf(candidates, ({ differences }) => differences, resampler);
  const ratio = scalesOf(candidates, ({ logRatios }) => logRatios, resampler);
  return candidates.map((candidate): Assessment => {
    const own = absolute.get(candidate);
    const ownRatio = ratio.get(candidate);
    return {
      estimate: estimateOf(candidate, own, ownRatio),
      absolute: own?.sample ?? sampleIn(candidate.differences),
      logRatio: ownRatio?.sample ?? sampleIn(candidate.logRatios),
      familySize: absolute.size,
    };
  });
};

const sampleIn = (values: readonly number[] | null): Sample | null =>
  values !== null && values.length >= 2 ? sampleOf(values) : null;

const scalesOf = (
  candidates: readonly Candidate[],
  valuesOf: (candidate: Candidate) => readonly number[] | null,
  resampler: Resampler,
): ReadonlyMap<Candidate, Scale> => {
  const members = candidates.flatMap((candidate) => {
    const values = valuesOf(candidate);
    if (values === null || values.length < MIN_BLOCKS) return [];
    const sample = sampleOf(values);
    const interval = meanInterval(sample, candidate.blocks, resampler);
    return [{ candidate, sample, interval, t: interval.t }];
  });
  const bounds = familyLowerBounds(members, FAMILY_ALPHA);
  return new Map(
    members.map(({ candidate, ...scale }, index) => [
      candidate,
      { ...scale, lower: bounds[index] ?? -Infinity },
    ]),
  );
};

const estimateOf = (
  candidate: Candidate,
  absolute: Scale | undefined,
  ratio: Scale | undefined,
): Estimate => {
  const { key, metric, blocks, differences: values, logRatios } = candidate;
  return {
    ...key,
    metric,
    unit: METRICS[metric].unit,
    absolute: withInterval(mean([...values]), absolute?.interval, (one) => one),
    ratio: logRatios === null ? null : withInterval(mean([...logRatios]), ratio?.interval, Math.exp),
    hodgesLehmann: hodgesLehmann(values),
    baseline: candidate.reference,
    level: LEVEL,
    blocks: blocks.length,
    minimalDetectable:
      values.length < 2 ? null : minimalDetectable(sampleOf(values).deviation, values.length),
    bounds: absolute === undefined ? null : boundsOf(absolute, ratio),
    tInterval:
      absolute === undefined
        ? null
        : { low: absolute.interval.student[0], high: absolute.interval.student[1] },
    notes: notesOf(candidate, absolute?.interval),
  };
};

const withInterval = (
  point: number,
  interval: MeanInterval | undefined,
  scale: (one: number) => number,
): Interval =>
  interval === undefined
    ? { value: scale(point), low: null, high: null }
    : { value: scale(point), low: scale(interval.low), high: scale(interval.high) };

const boundsOf = ({ interval, lower }: Scale, ratio: Scale | undefined): Bounds => ({
  absoluteUpper95: interval.high90,
  absoluteLowerFamilyWise: lower,
  ratioUpper95: ratio === undefined ? null : Math.exp(ratio.interval.high90),
  ratioLowerFamilyWise: ratio === undefined ? null : Math.exp(ratio.lower),
  absolute90: [interval.low90, interval.high90],
  ratio90: ratio === undefined ? null : [Math.exp(ratio.interval.low90), Math.exp(ratio.interval.high90)],
});

const notesOf = (candidate: Candidate, interval: MeanInterval | undefined): readonly Note[] => {
  const notes: Note[] = [];
  if (interval === undefined) {
    notes.push({ kind: "exploratory", blocks: candidate.blocks.length, needed: MIN_BLOCKS });
  } else {
    if (interval.method === "constant") notes.push({ kind: "constant" });
    if (interval.method === "t") notes.push({ kind: "t-interval" });
    if (disagrees(interval)) notes.push({ kind: "intervals-disagree" });
  }
  if (METRICS[candidate.metric].kind === "paired" && candidate.logRatios === null) {
    notes.push({ kind: "no-ratio" });
  }
  if (candidate.logRatios !== null && mean([...candidate.differences]) * mean([...candidate.logRatios]) < 0) {
    notes.push({ kind: "opposite-signs" });
  }
  return notes;
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
