/** Every two sensors of a condition against each other, in the blocks that hold both: which costs less, and is that known? */
import { mean } from "simple-statistics";
import type { AgentPair } from "../domain/agent-pair.ts";
import { comparableOf, keyOf } from "../domain/condition.ts";
import { type Roles, isCalibration } from "../domain/run-header.ts";
import { DECIDING_METRIC, METRICS } from "../domain/units.ts";
import type { AllCollected } from "./collect.ts";
import { type Candidate, candidatesOf, levelOf } from "./estimate.ts";
import { holm } from "./holm.ts";
import { LEVEL, MIN_BLOCKS, intervalOf } from "./interval.ts";
import { type Mean, moderatedMeans, pAbove } from "./mean.ts";
import { sampleOf } from "./sample.ts";

interface Two {
  readonly cheaper: Candidate;
  readonly dearer: Candidate;
  readonly differences: readonly number[];
}

/** In the order of `collected`, closed loads first. */
export const agentPairs = (
  collected: AllCollected,
  agents: Roles,
  blocks: readonly number[],
): readonly AgentPair[] => {
  const sensors = candidatesOf(collected, DECIDING_METRIC, blocks).filter(
    ({ key }) => !isCalibration(agents, key.agent),
  );
  const conditions = [...Map.groupBy(sensors, ({ key }) => keyOf(comparableOf(key))).values()];
  return conditions
    .toSorted((a, b) => Number(isOpen(a)) - Number(isOpen(b)))
    .flatMap((group) => pairsOf(group));
};

const isOpen = ([first]: readonly Candidate[]): boolean => first?.key.load !== "closed";

const pairsOf = (group: readonly Candidate[]): readonly AgentPair[] => {
  const all = group.flatMap((one, index) => group.slice(index + 1).flatMap((other) => twoOf(one, other)));
  const told = all.filter(({ differences }) => differences.length >= MIN_BLOCKS);
  const means = moderatedMeans(
    told.map(({ cheaper, dearer, differences }) => ({
      sample: sampleOf(differences),
      scale: Math.hypot(levelOf(cheaper), levelOf(dearer)),
    })),
  );
  // Which of two is the cheaper was seen in the same data, so either might have been called so: both tails count.
  const decisions = holm(means.map((one) => Math.min(1, 2 * pAbove(one, 0))));
  const meanOf = new Map(told.map((two, index): [Two, Mean | undefined] => [two, means[index]]));
  const decided = new Map(told.map((two, index) => [two, decisions[index]?.rejected ?? null]));
  return all.map((two): AgentPair => {
    const { cheaper, dearer, differences } = two;
    const own = meanOf.get(two);
    return {
      ...comparableOf(cheaper.key),
      metric: DECIDING_METRIC,
      unit: METRICS[DECIDING_METRIC].unit,
      cheaper: cheaper.key.agent,
      dearer: dearer.key.agent,
      difference:
        own === undefined ? { value: mean([...differences]), low: null, high: null } : intervalOf(own, LEVEL),
      blocks: differences.length,
      known: decided.get(two) ?? null,
      comparisons: told.length,
    };
  });
};

/** The dearer one second; none where no block holds both. */
const twoOf = (one: Candidate, other: Candidate): readonly Two[] => {
  const own = new Map(one.blocks.map((block, index) => [block, one.differences[index]]));
  const differences = other.blocks.flatMap((block, index) => {
    const [a, b] = [own.get(block), other.differences[index]];
    return a === undefined || b === undefined ? [] : [b - a];
  });
  if (differences.length === 0) return [];
  return mean(differences) >= 0
    ? [{ cheaper: one, dearer: other, differences }]
    : [{ cheaper: other, dearer: one, differences: differences.map((difference) => -difference) }];
};
