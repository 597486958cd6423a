/**
 * What an agent leaves in the node: a baseline that came straight after it against the other baseline of the same block.
 *
 * The order of turns is random, so which of the two baselines follows an agent is too, and a drift inside the block does not favour a sign.
 * Every agent is followed by a baseline in few blocks only, so this finds what is gross (a residue of audit) and no more.
 */
import { mean } from "simple-statistics";
import { comparableOf } from "../domain/condition.ts";
import { BASELINE } from "../domain/plan.ts";
import { METRICS } from "../domain/units.ts";
import type { CarryOver } from "../domain/self-checks.ts";
import type { Interval } from "../domain/verdict.ts";
import { type AllCollected, baselineOf } from "./collect.ts";
import type { EffectiveRecord } from "./effective-record.ts";
import { type Sample, sampleOf, tInterval } from "./sample.ts";

const METRIC = "workload-cpu";
/** Error of all comparisons together: a warning on every tenth quiet run would teach people not to read it. */
const ALPHA = 0.05;

/** `difference` is the joint interval over all agents and operations (Bonferroni, t), so that `suspicious` can be seen from it. */
export const carryOvers = (record: EffectiveRecord, collected: AllCollected): readonly CarryOver[] => {
  const followers = followersIn(record);
  const agents = [...new Set(followers.map(({ after }) => after))].sort();
  const comparisons = [...collected.values()]
    .filter((entry) => entry.metric === METRIC && entry.baseline === 1)
    .flatMap((first) => {
      const second = baselineOf(collected, first.key, METRIC, 2);
      if (second === undefined) return [];
      return agents.flatMap((after) => {
        const differences = followers
          .filter((follower) => follower.after === after)
          .flatMap(({ block, baseline }) => {
            const one = (baseline === 1 ? first : second).series.get(block);
            const other = (baseline === 1 ? second : first).series.get(block);
            return one === undefined || other === undefined ? [] : [one - other];
          });
        return differences.length === 0 ? [] : [{ after, key: first.key, differences }];
      });
    });
  const judged = comparisons.filter(({ differences }) => differences.length >= 2).length;
  return comparisons.map(({ after, key, differences }): CarryOver => {
    const difference = intervalOf(differences, judged);
    return {
      ...comparableOf(key),
      after,
      metric: METRIC,
      unit: METRICS[METRIC].unit,
      difference,
      trials: differences.length,
      suspicious:
        difference.low !== null && difference.high !== null && (difference.low > 0 || difference.high < 0),
    };
  });
};

const intervalOf = (differences: readonly number[], judged: number): Interval => {
  if (differences.length < 2) return { value: mean([...differences]), low: null, high: null };
  const sample: Sample = sampleOf(differences);
  const [low, high] = tInterval(sample, 1 - ALPHA / judged);
  return { value: sample.mean, low, high };
};

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
