/**
 * Known costs: agents that burn a dose of CPU time on the workload's path and count what they really burned. What the run
 * recovers must be what was injected.
 *
 *     for each block: least squares of recovered on injected over the doses -> slope and intercept
 *     over blocks:    their means with 90 % intervals, the block being the replicate
 */
import { mean } from "simple-statistics";
import { type Comparable, comparableOf, keyOf } from "../domain/condition.ts";
import { CALIBRATION_PASSES } from "../domain/limits.ts";
import type { CheckFailure } from "../domain/reason.ts";
import { type Roles, injectedBy } from "../domain/run-header.ts";
import type { Calibration, CalibrationPoint } from "../domain/self-checks.ts";
import type { Interval } from "../domain/verdict.ts";
import { cellName } from "./cells.ts";
import { type AllCollected, type BlockSeries, baselineOf, referencesOf } from "./collect.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { injectedSeries, perOperation } from "./known-answers.ts";
import { EQUIVALENCE_LEVEL, summarise } from "./interval.ts";
import { plainMean } from "./mean.ts";
import { type Contrast, pairBlocks } from "./pair.ts";
import { minimalDetectable } from "./power.ts";
import { sampleOf } from "./sample.ts";

const METRIC = "workload-cpu";
interface Dose {
  readonly agent: string;
  /** What was really burned, which may be more than was asked for. */
  readonly injected: BlockSeries;
  readonly recovered: Contrast;
}

/** In the order of `collected`. An operation needs two doses that share a block. */
export const calibrations = (
  trials: readonly MeasuredTrial[],
  collected: AllCollected,
  agents: Roles,
  blocks: readonly number[],
): readonly Calibration[] => {
  // A trial of several operations does not tell which of them the burned time belongs to.
  const single = trials.filter(({ outcome }) => outcome.driver.operations.length === 1);
  const injected = injectedSeries(
    single,
    perOperation((one) => one.workloadNs),
  );
  const operations = [...collected.values()].filter(
    (entry) => entry.metric === METRIC && entry.baseline === 1,
  );
  return operations.flatMap(({ key }) => {
    const doses = dosesOf(key, collected, agents, injected, blocks);
    return doses.length < 2 ? [] : calibrationOf(key, doses);
  });
};

const dosesOf = (
  at: Comparable,
  collected: AllCollected,
  agents: Roles,
  injected: ReadonlyMap<string, BlockSeries>,
  blocks: readonly number[],
): readonly Dose[] => {
  if (baselineOf(collected, at, METRIC, 2) === undefined) return [];
  const references = referencesOf(collected, at, METRIC);
  const name = keyOf(comparableOf(at));
  return [...collected.values()]
    .filter(({ key, metric }) => metric === METRIC && keyOf(comparableOf(key)) === name)
    .flatMap(({ key, series }): readonly Dose[] => {
      const injects = injectedBy(agents, key.agent);
      const burned = injected.get(cellName(key));
      if (injects?.kind !== "cost" || burned === undefined) return [];
      const told = blocks.filter((block) => burned.has(block));
      const recovered = pairBlocks(series, references, told);
      return recovered.blocks.length === 0 ? [] : [{ agent: key.agent, injected: burned, recovered }];
    })
    .sort((a, b) => mean([...a.injected.values()]) - mean([...b.injected.values()]));
};

const calibrationOf = (at: Comparable, doses: readonly Dose[]): readonly Calibration[] => {
  const [smallest] = doses;
  const fits = fitsOf(doses);
  if (smallest === undefined || fits.length === 0) return [];
  const over = (pick: (fit: Line) => number) => summarise(fits.map(pick)).interval90;
  const slope = over((fit) => fit.slope);
  const freedom = fits.length * (doses.length - 2);
  const squares = fits.reduce((sum, fit) => sum + fit.squares, 0);
  return [
    {
      ...comparableOf(at),
      metric: METRIC,
      slope: { ...slope, level: EQUIVALENCE_LEVEL },
      intercept: over((fit) => fit.intercept),
      points: doses.map(pointOf),
      residual: freedom === 0 ? null : Math.sqrt(squares / freedom),
      minimalDetectable: detectableOf(smallest.recovered),
      passed: passedOf(slope),
    },
  ];
};

/** Only blocks with all doses: a line through fewer would compare doses of different minutes. */
const fitsOf = (doses: readonly Dose[]): readonly Line[] => {
  const recoveredOf = doses.map(
    ({ recovered }) => new Map(recovered.blocks.map((block, index) => [block, recovered.differences[index]])),
  );
  return (doses[0]?.recovered.blocks ?? []).flatMap((block): Line[] => {
    const points = doses.flatMap(({ injected }, index) => {
      const x = injected.get(block);
      const y = recoveredOf[index]?.get(block);
      return x === undefined || y === undefined ? [] : [{ x, y }];
    });
    const line = points.length < doses.length ? undefined : leastSquares(points);
    return line === undefined ? [] : [line];
  });
};

const pointOf = ({ agent, injected, recovered }: Dose): CalibrationPoint => ({
  agent,
  injected: mean(recovered.blocks.map((block) => injected.get(block)).filter((one) => one !== undefined)),
  recovered: summarise(recovered.differences).interval,
  blocks: recovered.blocks.length,
});

/** From the spread under the smallest dose, which is the spread of a cheap agent. */
const detectableOf = ({ differences, reference }: Contrast): Calibration["minimalDetectable"] => {
  if (differences.length < 2) return null;
  const ns = minimalDetectable(plainMean(sampleOf(differences)));
  return { ns, percent: reference === null || reference <= 0 ? null : (100 * ns) / reference };
};

const passedOf = ({ low, high }: Interval): boolean | null => {
  if (low === null || high === null) return null;
  if (low >= CALIBRATION_PASSES.low && high <= CALIBRATION_PASSES.high) return true;
  return high < CALIBRATION_PASSES.low || low > CALIBRATION_PASSES.high ? false : null;
};

export const calibrationFailures = (all: readonly Calibration[]): readonly CheckFailure[] =>
  all.flatMap(({ passed, slope: { value, low, high }, ...at }): readonly CheckFailure[] =>
    passed === false ? [{ kind: "known-cost", at: comparableOf(at), slope: { value, low, high } }] : [],
  );

interface Line {
  readonly slope: number;
  readonly intercept: number;
  /** Sum of the squared residuals. */
  readonly squares: number;
}

/** Undefined where all x are equal: no line can be told from another. */
export const leastSquares = (
  points: readonly { readonly x: number; readonly y: number }[],
): Line | undefined => {
  const n = points.length;
  const xMean = points.reduce((sum, { x }) => sum + x, 0) / n;
  const yMean = points.reduce((sum, { y }) => sum + y, 0) / n;
  const xSquares = points.reduce((sum, { x }) => sum + (x - xMean) ** 2, 0);
  if (!(xSquares > 0)) return undefined;
  const slope = points.reduce((sum, { x, y }) => sum + (x - xMean) * (y - yMean), 0) / xSquares;
  const intercept = yMean - slope * xMean;
  const squares = points.reduce((sum, { x, y }) => sum + (y - intercept - slope * x) ** 2, 0);
  return { slope, intercept, squares };
};
