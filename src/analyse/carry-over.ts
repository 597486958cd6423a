/**
 * What an agent leaves in the node: a baseline that came straight after it against the other baseline of the same block.
 *
 * The order of turns is random, so which of the two baselines follows an agent is too, and a drift inside the block does not favour a sign.
 * Every agent is followed by a baseline in few blocks only: too few to tell their own spread, so that it is shrunk towards that of all agents'.
 */
import { mean } from "simple-statistics";
import { comparableOf } from "../domain/condition.ts";
import { BASELINE } from "../domain/plan.ts";
import type { CheckFailure, Interval } from "../domain/reason.ts";
import type { CarryOver } from "../domain/self-checks.ts";
import { METRICS } from "../domain/units.ts";
import { tQuantile } from "./distributions.ts";
import { type AllCollected, type Collected, baselineOf } from "./collect.ts";
import type { EffectiveRecord } from "./effective-record.ts";
import { type MarginOf, equivalenceOf } from "./equivalence.ts";
import { EQUIVALENCE_LEVEL, LEVEL, MIN_BLOCKS } from "./interval.ts";
import { PRIOR_DEGREES } from "./mean.ts";

const METRIC = "workload-cpu";

interface Group {
  readonly after: string;
  readonly key: Collected["key"];
  readonly differences: readonly number[];
}

export const carryOvers = (
  record: EffectiveRecord,
  collected: AllCollected,
  marginOf: MarginOf,
): readonly CarryOver[] => {
  const followers = followersIn(record);
  const agents = [...new Set(followers.map(({ after }) => after))].sort();
  const operations = [...collected.values()].flatMap((first) => {
    const second = baselineOf(collected, first.key, METRIC, 2);
    if (first.metric !== METRIC || first.baseline !== 1 || second === undefined) return [];
    const groups = agents.flatMap((after): readonly Group[] => {
      const differences = followers
        .filter((follower) => follower.after === after)
        .flatMap(({ block, baseline }) => {
          const one = (baseline === 1 ? first : second).series.get(block);
          const other = (baseline === 1 ? second : first).series.get(block);
          return one === undefined || other === undefined ? [] : [one - other];
        });
      return differences.length === 0 ? [] : [{ after, key: first.key, differences }];
    });
    const between = record.blocks.flatMap((block) => {
      const [one, other] = [first.series.get(block), second.series.get(block)];
      return one === undefined || other === undefined ? [] : [one - other];
    });
    return [{ groups, prior: priorOf(groups, between) }];
  });
  const judged = operations.flatMap(({ groups, prior }) => (prior === undefined ? [] : groups)).length;
  const joint = 1 - (1 - LEVEL) / Math.max(1, judged);
  const found = operations.flatMap(({ groups, prior }) =>
    groups.map(({ after, key, differences }): CarryOver => {
      const difference = intervalOf(differences, prior, joint);
      const within = intervalOf(differences, prior, EQUIVALENCE_LEVEL);
      const margin = marginOf(key, METRIC);
      return {
        ...comparableOf(key),
        after,
        metric: METRIC,
        unit: METRICS[METRIC].unit,
        difference,
        within,
        margin,
        trials: differences.length,
        state: equivalenceOf(difference, within, margin),
      };
    }),
  );
  return found.map((one) => (one.state === "failed" && isLone(one, found) ? { ...one, state: "open" } : one));
};

/** What an agent leaves lasts, and what disturbs a node from outside hits one trial: of that the spread of the others knows nothing. */
const isLone = (one: CarryOver, all: readonly CarryOver[]): boolean =>
  one.trials === 1 &&
  !all.some(
    (other) =>
      other.after === one.after &&
      other.state === "failed" &&
      Math.sign(other.difference.value) === Math.sign(one.difference.value) &&
      !isOfSameTrial(other, one),
  );

const isOfSameTrial = (one: CarryOver, other: CarryOver): boolean =>
  one.scenario === other.scenario && one.load === other.load && one.placement === other.placement;

/** Variance of one difference, of whichever agent; undefined where the blocks are too few to tell it. */
const priorOf = (groups: readonly Group[], between: readonly number[]): number | undefined => {
  const residuals = groups.flatMap(({ differences }) => squaresOf(differences));
  const degrees = residuals.length - groups.length;
  if (degrees >= PRIOR_DEGREES) return sum(residuals) / degrees;
  return between.length < MIN_BLOCKS ? undefined : sum(between.map((one) => one ** 2)) / between.length;
};

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

const squaresOf = (values: readonly number[]): readonly number[] => {
  const middle = mean([...values]);
  return values.map((one) => (one - middle) ** 2);
};

/** The agent's own variance shrunk towards that of all. */
const intervalOf = (differences: readonly number[], prior: number | undefined, level: number): Interval => {
  const value = mean([...differences]);
  if (prior === undefined) return { value, low: null, high: null };
  const degrees = differences.length - 1 + PRIOR_DEGREES;
  const variance = (PRIOR_DEGREES * prior + sum(squaresOf(differences))) / degrees;
  const half = tQuantile((1 + level) / 2, degrees) * Math.sqrt(variance / differences.length);
  return { value, low: value - half, high: value + half };
};

export const carryOverFailures = (all: readonly CarryOver[]): readonly CheckFailure[] =>
  all.flatMap(({ state, after, metric, difference, margin, ...at }): readonly CheckFailure[] =>
    state === "failed" && margin !== null
      ? [{ kind: "carry-over", after, at: comparableOf(at), metric, difference, margin }]
      : [],
  );

/** A block whose two baselines both follow the agent is left out: nothing in it is free of the agent. */
const followersIn = ({ turns, trials, blocks, resumes }: EffectiveRecord) => {
  const complete = new Set(blocks);
  const restarted = new Set(resumes.map(({ block }) => block));
  const baselineAt = new Map(trials.map((trial) => [placeOf(trial), trial.baseline]));
  const followers = turns.flatMap((turn, index) => {
    const before = turns[index - 1];
    const baseline = baselineAt.get(placeOf(turn)) ?? null;
    if (baseline === null || before === undefined || before.agent === BASELINE || !complete.has(turn.block))
      return [];
    // A resumed run starts anew: what ran before its first turn is not known to the record.
    return before.block !== turn.block && restarted.has(turn.block)
      ? []
      : [{ block: turn.block, baseline, after: before.agent }];
  });
  return followers.filter(
    (one) =>
      !followers.some(
        (other) => other.block === one.block && other.baseline !== one.baseline && other.after === one.after,
      ),
  );
};

const placeOf = (at: { readonly block: number; readonly turn: number }): string => `${at.block}/${at.turn}`;
