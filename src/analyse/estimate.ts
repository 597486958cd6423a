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
import { type AllCollected, type Collected, referencesOf } from "./collect.ts";
import { type Sample, hodgesLehmann, sampleOf } from "./sample.ts";
import { LEVEL, MIN_BLOCKS, type MeanInterval, disagrees, meanInterval } from "./interval.ts";
import { familyLowerBounds } from "./bootstrap.ts";
import { pairBlocks } from "./pair.ts";
import { minimalDetectable } from "./power.ts";
import type { Resampler } from "./resample.ts";

/** An estimate together with what a verdict needs and a reader does not. */
export interface Assessment {
  readonly estimate: Estimate;
  /** In the metric's unit; null under 2 blocks. */
  readonly absolute: Sample | null;
  /** Natural logarithms; null under 2 blocks, for a level, and where there is no ratio. */
  readonly logRatio: Sample | null;
  /** How many contrasts share the family-wise error. */
  readonly familySize: number;
}

/** Error that a whole family may have in its "over budget". */
export const FAMILY_ALPHA = 0.05;

interface Candidate {
  readonly key: Condition;
  readonly metric: MetricId;
  readonly blocks: readonly number[];
  readonly values: readonly number[];
  readonly logRatios: readonly number[] | null;
  readonly baseline: number | null;
}

/** One scale (absolute, or the logarithm of the ratio) of a candidate with enough blocks. */
interface Scale {
  readonly sample: Sample;
  readonly interval: MeanInterval;
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

/** Undefined where no block holds what is to be compared. */
const candidateOf = (
  entry: Collected,
  collected: AllCollected,
  blocks: readonly number[],
): Candidate | undefined => {
  const { key, metric, series } = entry;
  if (METRICS[metric].kind === "level") {
    const own = blocks.filter((block) => series.has(block));
    const values = own.map((block) => series.get(block)).filter((one) => one !== undefined);
    return own.length === 0
      ? undefined
      : { key, metric, blocks: own, values, logRatios: null, baseline: null };
  }
  const contrast = pairBlocks(series, referencesOf(collected, key, metric), blocks);
  return contrast.blocks.length === 0
    ? undefined
    : {
        key,
        metric,
        blocks: contrast.blocks,
        values: contrast.differences,
        logRatios: contrast.logRatios,
        baseline: contrast.reference,
      };
};

/** All candidates of one metric: every agent, scenario, operation and load. */
const assessFamily = (candidates: readonly Candidate[], resampler: Resampler): readonly Assessment[] => {
  const scaleOf = (values: readonly number[] | null, candidate: Candidate): Scale | null => {
    if (values === null || values.length < MIN_BLOCKS) return null;
    const sample = sampleOf(values);
    return { sample, interval: meanInterval(sample, candidate.blocks, resampler) };
  };
  const absolute = candidates.map((candidate) => scaleOf(candidate.values, candidate));
  const ratio = candidates.map((candidate) => scaleOf(candidate.logRatios, candidate));
  const absoluteLower = lowerBounds(absolute);
  const ratioLower = lowerBounds(ratio);
  return candidates.map((candidate, index): Assessment => {
    const own = absolute[index] ?? null;
    const ownRatio = ratio[index] ?? null;
    const logRatio = candidate.logRatios;
    return {
      estimate: estimateOf(candidate, own, ownRatio, absoluteLower[index], ratioLower[index]),
      absolute: own?.sample ?? (candidate.values.length >= 2 ? sampleOf(candidate.values) : null),
      logRatio: ownRatio?.sample ?? (logRatio !== null && logRatio.length >= 2 ? sampleOf(logRatio) : null),
      familySize: absolute.filter((scale) => scale !== null).length,
    };
  });
};

/** Family-wise lower bounds at the same places; undefined where there is no scale. */
const lowerBounds = (scales: readonly (Scale | null)[]): readonly (number | undefined)[] => {
  const members = scales.filter((scale) => scale !== null);
  const bounds = familyLowerBounds(
    members.map(({ sample, interval }) => ({ sample, t: interval.t })),
    FAMILY_ALPHA,
  );
  const boundOf = new Map(members.map((member, index) => [member, bounds[index]]));
  return scales.map((scale) => (scale === null ? undefined : boundOf.get(scale)));
};

const estimateOf = (
  candidate: Candidate,
  absolute: Scale | null,
  ratio: Scale | null,
  absoluteLower: number | undefined,
  ratioLower: number | undefined,
): Estimate => {
  const { key, metric, blocks, values, logRatios } = candidate;
  return {
    ...key,
    metric,
    unit: METRICS[metric].unit,
    absolute: withInterval(mean([...values]), absolute?.interval, (one) => one),
    ratio: logRatios === null ? null : withInterval(mean([...logRatios]), ratio?.interval, Math.exp),
    hodgesLehmann: hodgesLehmann(values),
    baseline: candidate.baseline,
    level: LEVEL,
    blocks: blocks.length,
    minimalDetectable:
      values.length < 2 ? null : minimalDetectable(sampleOf(values).deviation, values.length),
    bounds:
      absolute === null || absoluteLower === undefined
        ? null
        : boundsOf(absolute.interval, absoluteLower, ratio?.interval, ratioLower),
    tInterval:
      absolute === null ? null : { low: absolute.interval.student[0], high: absolute.interval.student[1] },
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

const boundsOf = (
  absolute: MeanInterval,
  absoluteLower: number,
  ratio: MeanInterval | undefined,
  ratioLower: number | undefined,
): Bounds => ({
  absoluteUpper95: absolute.high90,
  absoluteLowerFamilyWise: absoluteLower,
  ratioUpper95: ratio === undefined ? null : Math.exp(ratio.high90),
  ratioLowerFamilyWise: ratioLower === undefined ? null : Math.exp(ratioLower),
  absolute90: [absolute.low90, absolute.high90],
  ratio90: ratio === undefined ? null : [Math.exp(ratio.low90), Math.exp(ratio.high90)],
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
  if (candidate.logRatios !== null && mean([...candidate.values]) * mean([...candidate.logRatios]) < 0) {
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
