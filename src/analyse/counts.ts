/** Where an event's instructions went, and how much the layout of memory matters: over the boots of an agent, each with another seed. */
import { mean, median } from "simple-statistics";
import { comparableOf, keyOf } from "../domain/condition.ts";
import type { CountRow, Spread } from "../domain/counting.ts";
import { BASELINE } from "../domain/plan.ts";
import { known } from "../domain/units.ts";
import { type AllCollected, referencesOf } from "./collect.ts";
import { conditionOfTrial } from "./cells.ts";
import type { InstructionTrial } from "./effective-record.ts";
import { candidatesOf } from "./estimate.ts";
import { total } from "./ledger.ts";

const spreadOf = (values: readonly number[]): Spread | null =>
  values.length === 0
    ? null
    : { median: median([...values]), low: Math.min(...values), high: Math.max(...values) };

/** Of one boot, by operation. `path`: the caller's system call, with the agent's BPF programs. */
interface Parts {
  readonly path: number;
  /** Without its client. */
  readonly agent: number;
  readonly client: number;
  readonly kernelThreads: number;
}

/** Without an agent its part is 0; a trial whose agent was not read has no figure, and is not among these. */
const partsOf = ({ outcome }: InstructionTrial): Parts => {
  const { operations, workload, agent, agentAfterwards } = outcome;
  const client = (outcome.client?.inWindow ?? 0) + (outcome.client?.afterwards ?? 0);
  const threads = [outcome.kernelThreads, outcome.kernelThreadsAfterwards].flatMap((all) =>
    Object.values(all),
  );
  return {
    path: workload / operations,
    agent: ((known(agent) ?? 0) + (known(agentAfterwards) ?? 0) - client) / operations,
    client: client / operations,
    kernelThreads: total(threads, (spent) => spent) / operations,
  };
};

/** What an agent adds to each part, mean over its boots. */
const addedTo = (
  part: keyof Parts,
  own: readonly InstructionTrial[],
  baselines: readonly InstructionTrial[],
): number =>
  mean(
    own.map((trial) => {
      const others = baselines.filter(({ block }) => block === trial.block);
      return partsOf(trial)[part] - (others.length === 0 ? 0 : mean(others.map((one) => partsOf(one)[part])));
    }),
  );

const ofEach = <T>(own: readonly InstructionTrial[], read: (trial: InstructionTrial) => T | undefined): T[] =>
  own.flatMap((trial) => read(trial) ?? []);

const medianOrNull = (values: readonly number[]): number | null =>
  values.length === 0 ? null : median([...values]);

/** Above the median operation without the agent, of the same boot. */
const phasesOf = (
  own: readonly InstructionTrial[],
  baselines: readonly InstructionTrial[],
): CountRow["phases"] => {
  const added = (phase: "silent" | "unread"): number | null =>
    medianOrNull(
      ofEach(own, ({ block, outcome }) => {
        const reading = outcome.phases?.[phase];
        const told = reading === undefined ? undefined : known(reading);
        const levels = ofEach(
          baselines.filter((one) => one.block === block),
          (one) => known(one.outcome.median),
        );
        return told === undefined || levels.length === 0 ? undefined : told - mean(levels);
      }),
    );
  return { silent: added("silent"), unread: added("unread") };
};

const median50 = (collected: AllCollected, blocks: readonly number[], row: CountRow): Spread | null => {
  const [own] = candidatesOf(collected, "instructions-p50", blocks).filter(
    ({ key }) => keyOf(key) === keyOf(row),
  );
  return own === undefined ? null : spreadOf(own.differences);
};

/** In the order of `collected`. */
export const countRows = (
  trials: readonly InstructionTrial[],
  collected: AllCollected,
  blocks: readonly number[],
): readonly CountRow[] =>
  candidatesOf(collected, "instructions", blocks).flatMap((candidate): readonly CountRow[] => {
    const { key, metric, differences, perEvent } = candidate;
    const counted = new Set(candidate.blocks);
    const at = (agent: string) =>
      trials.filter(
        (trial) =>
          counted.has(trial.block) &&
          trial.outcome.operations > 0 &&
          keyOf({ ...conditionOfTrial(trial), operation: trial.outcome.operation }) ===
            keyOf({ ...comparableOf(key), agent }),
      );
    const [own, baselines] = [at(key.agent), at(BASELINE)];
    const references = referencesOf(collected, key, metric);
    const levels = candidate.blocks.map((block) =>
      mean(references.flatMap((reference) => reference.get(block) ?? [])),
    );
    const added = spreadOf(differences);
    const baseline = spreadOf(levels);
    if (added === null || baseline === null || own.length === 0) return [];
    const path = addedTo("path", own, baselines);
    const agent = addedTo("agent", own, baselines);
    const client = addedTo("client", own, baselines);
    const kernelThreads = addedTo("kernelThreads", own, baselines);
    const programs = medianOrNull(
      ofEach(own, ({ outcome: { phases } }) => (phases === undefined ? undefined : known(phases.programs))),
    );
    // An operation's, as the parts are: those of an event are `perEvent` times as many.
    const whole = mean(differences.map((one) => one / perEvent));
    const switches = ofEach(own, ({ outcome }) => {
      const times = known(outcome.switches);
      return times === undefined ? undefined : times / outcome.operations;
    });
    const row: CountRow = {
      ...key,
      boots: candidate.blocks.length,
      added,
      baseline,
      perEvent,
      parts: {
        path: path - (programs ?? 0),
        programs,
        agent,
        client: own.some(({ outcome }) => outcome.client !== undefined) ? client : null,
        kernelThreads,
        rest: whole - path - agent - client - kernelThreads,
      },
      medianAdded: null,
      phases: phasesOf(own, baselines),
      wakeUps: switches.length === 0 ? null : mean(switches) * perEvent,
    };
    return [{ ...row, medianAdded: median50(collected, blocks, row) }];
  });
