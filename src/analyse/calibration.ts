/**
 * Known costs: agents that burn a dose of CPU time on the workload's path and count what they really burned. What the run
 * recovers must be what was injected.
 *
 *     for each block: least squares of recovered on injected over the doses -> slope and intercept
 *     over blocks:    their means with 90 % intervals, the block being the replicate
 */
import { mean } from "simple-statistics";
import { BASELINE } from "../domain/plan.ts";
import type { Calibration, CalibrationPoint } from "../domain/verdict.ts";
import { cellName } from "./cells.ts";
import type { BlockSeries, Collected } from "./collect.ts";
import { seriesName } from "./collect.ts";
import type { MeasuredTrial } from "./current.ts";
import { injectedSeries, perOperation } from "./injected.ts";
import { EQUIVALENCE_LEVEL } from "./interval.ts";
import { leastSquares } from "./least-squares.ts";
import type { Contrast } from "./pair.ts";
import { pairBlocks } from "./pair.ts";
import { minimalDetectable } from "./power.ts";
import type { Resampler } from "./resample.ts";
import { sampleOf } from "./sample.ts";
import { operationTitle } from "./say.ts";
import { summarise } from "./summarise.ts";

const METRIC = "workload-cpu";
const DOSE = /^calibration-cost@(\d+)$/;
/** The slope's 90 % interval must lie inside. */
const PASSES = { low: 0.9, high: 1.1 } as const;

interface Dose {
  readonly agent: string;
  /** As asked for, which orders the doses; the injected amount is what was really burned. */
  readonly nominal: number;
  readonly injected: BlockSeries;
  readonly recovered: Contrast;
}

/** In the order of `collected`. An operation needs two doses that share a block. */
export const calibrations = (
  trials: readonly MeasuredTrial[],
  collected: readonly Collected[],
  blocks: readonly number[],
  resampler: Resampler,
): readonly Calibration[] => {
  // A trial of several operations does not tell which of them the burned time belongs to.
  const single = trials.filter(({ outcome }) => outcome.driver.operations.length === 1);
  const injected = injectedSeries(
    single,
    perOperation((one) => one.workloadNs),
  );
  const operations = collected.filter((entry) => entry.metric === METRIC && entry.baseline === 1);
  return operations.flatMap((first) => {
    const doses = dosesOf(first, collected, injected, blocks);
    return doses.length < 2 ? [] : calibrationOf(first, doses, resampler);
  });
};

const dosesOf = (
  first: Collected,
  collected: readonly Collected[],
  injected: ReadonlyMap<string, BlockSeries>,
  blocks: readonly number[],
): readonly Dose[] => {
  const { key } = first;
  const baseline = seriesName(key, METRIC, BASELINE, 2);
  const nameOf = (entry: Collected): string =>
    seriesName(entry.key, entry.metric, entry.key.agent, entry.baseline);
  const second = collected.find((entry) => nameOf(entry) === baseline);
  if (second === undefined) return [];
  return collected
    .flatMap((entry): Dose[] => {
      const { agent } = entry.key;
      const nominal = DOSE.exec(agent)?.[1];
      const burned = injected.get(cellName(entry.key));
      if (
        nominal === undefined ||
        burned === undefined ||
        nameOf(entry) !== seriesName(key, METRIC, agent, null)
      ) {
        return [];
      }
      const told = blocks.filter((block) => burned.has(block));
      const recovered = pairBlocks(entry.series, [first.series, second.series], told);
      return recovered.blocks.length === 0
        ? []
        : [{ agent, nominal: Number(nominal), injected: burned, recovered }];
    })
    .sort((a, b) => a.nominal - b.nominal);
};

const calibrationOf = (
  first: Collected,
  doses: readonly Dose[],
  resampler: Resampler,
): readonly Calibration[] => {
  const [smallest] = doses;
  const fits = fitsOf(doses);
  if (smallest === undefined || fits.length === 0) return [];
  const blocks = fits.map((fit) => fit.block);
  const over = (pick: (fit: Fit) => number) => summarise(fits.map(pick), blocks, resampler).interval90;
  const slope = over((fit) => fit.slope);
  const freedom = fits.length * (doses.length - 2);
  const squares = fits.reduce((sum, fit) => sum + fit.squares, 0);
  const { agent: _baseline, ...place } = first.key;
  return [
    {
      ...place,
      metric: METRIC,
      slope: { ...slope, level: EQUIVALENCE_LEVEL },
      intercept: over((fit) => fit.intercept),
      points: doses.map((dose) => pointOf(dose, resampler)),
      residual: freedom === 0 ? null : Math.sqrt(squares / freedom),
      minimalDetectable: detectableOf(smallest.recovered),
      passed: passedOf(slope),
    },
  ];
};

interface Fit {
  readonly block: number;
  readonly slope: number;
  readonly intercept: number;
  /** Sum of the squared residuals. */
  readonly squares: number;
}

/** Only blocks with all doses: a line through fewer would compare doses of different minutes. */
const fitsOf = (doses: readonly Dose[]): readonly Fit[] => {
  const recoveredOf = doses.map(
    ({ recovered }) => new Map(recovered.blocks.map((block, index) => [block, recovered.differences[index]])),
  );
  return (doses[0]?.recovered.blocks ?? []).flatMap((block): Fit[] => {
    const points = doses.flatMap(({ injected }, index) => {
      const x = injected.get(block);
      const y = recoveredOf[index]?.get(block);
      return x === undefined || y === undefined ? [] : [{ x, y }];
    });
    const line = points.length < doses.length ? undefined : leastSquares(points);
    return line === undefined ? [] : [{ block, ...line }];
  });
};

const pointOf = ({ agent, injected, recovered }: Dose, resampler: Resampler): CalibrationPoint => ({
  agent,
  injected: mean(recovered.blocks.map((block) => injected.get(block)).filter((one) => one !== undefined)),
  recovered: summarise(recovered.differences, recovered.blocks, resampler).interval,
  blocks: recovered.blocks.length,
});

/** From the spread under the smallest dose, which is the spread of a cheap agent. */
const detectableOf = ({ differences, reference }: Contrast): Calibration["minimalDetectable"] => {
  if (differences.length < 2) return null;
  const ns = minimalDetectable(sampleOf(differences).deviation, differences.length);
  return { ns, percent: reference === null || reference <= 0 ? null : (100 * ns) / reference };
};

const passedOf = ({
  low,
  high,
}: {
  readonly low: number | null;
  readonly high: number | null;
}): boolean | null => {
  if (low === null || high === null) return null;
  if (low >= PASSES.low && high <= PASSES.high) return true;
  return high < PASSES.low || low > PASSES.high ? false : null;
};

export const calibrationFailures = (all: readonly Calibration[]): readonly string[] =>
  all.flatMap(({ passed, slope, ...at }) =>
    passed === false
      ? [
          `known costs on ${operationTitle(at)} came back ${slope.value.toFixed(2)}-fold [${slope.low?.toFixed(2) ?? ""}, ${slope.high?.toFixed(2) ?? ""}], which leaves out ${PASSES.low} to ${PASSES.high}`,
        ]
      : [],
  );
