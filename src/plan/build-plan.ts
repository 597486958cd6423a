/**
 * Matrix -> seeded blocks -> turns -> trials.
 *
 * A block holds every agent once and `baseline` twice, one in each half, in shuffled order: the block is what is paired and
 * resampled later, so all that drifts over minutes hits agent and baseline alike.
 */
import { shuffle } from "simple-statistics";
import { type Agent, Namespace } from "../domain/agent.ts";
import {
  type BackpressureTurn,
  BASELINE,
  type Block,
  type CpuPlacement,
  type Plan,
  type Trial,
  type Turn,
  trialsIn,
} from "../domain/plan.ts";
import { createRng, toUnit } from "../domain/random.ts";
import { type Load, type Scenario, viewOf } from "../domain/scenario.ts";
import { PLAIN_FAMILIES, type PlainFamily } from "../domain/units.ts";
import { type LoadTest, loadTurns } from "./load-tests.ts";
import type { Profile } from "./profiles.ts";

/** In [0, 1). */
type Random = () => number;

type Planned = Pick<Agent, "id" | "role" | "observes" | "isolation" | "injects" | "policy" | "knob">;

export interface PlanRequest extends Omit<
  Plan,
  "profile" | "agents" | "scenarios" | "blocks" | "overflow" | "load" | "isolation"
> {
  readonly profile: Profile;
  /** Without `baseline`, which every block has anyway. */
  readonly agents: readonly Planned[];
  readonly scenarios: readonly Scenario[];
  readonly blocks: number;
  /** The CPU is simulated: closed loops get fewer operations, because each takes about ten times as long. */
  readonly emulated?: boolean;
  /** Whether to force overflows, which no profile does by itself: an agent that blocks then holds up the whole node for seconds. */
  readonly overflow?: boolean;
  /** Agents under rising load: these tests, or what is usual; absent: none. */
  readonly underLoad?: readonly LoadTest[] | "usual";
  /** Where they find their workloads; absent: among those of the blocks. */
  readonly workloads?: readonly Scenario[];
}

export const buildPlan = (request: PlanRequest): Plan => {
  // The analysis draws from the seed itself.
  const next = createRng(~request.seed);
  const random = (): number => toUnit(next());
  const ids = trialIds();
  const blocks: Block[] = [];
  for (let index = 0; index < request.blocks; index++) {
    blocks.push({ index, turns: buildTurns(request, random, ids) });
  }
  const isolation = isolationFor(request.agents);
  const { agentFiles = [], attached = [], policies = [] } = request;
  const overflow = request.overflow === true ? backpressureTurns(request, ids) : [];
  const { underLoad, workloads = request.scenarios } = request;
  const load =
    underLoad === undefined
      ? []
      : loadTurns({
          ...(underLoad === "usual" ? {} : { tests: underLoad }),
          agents: request.agents,
          scenarios: workloads,
          seconds: request.timeBudgetSeconds,
          random,
        });
  const named = request.scenarios.map((scenario) => scenario.id);
  return {
    seed: request.seed,
    profile: request.profile.id,
    agents: [BASELINE, ...request.agents.map((agent) => agent.id)],
    scenarios: [...new Set([...named, ...load.map(({ scenario }) => scenario)])],
    blocks,
    ...(agentFiles.length === 0 ? {} : { agentFiles }),
    ...(attached.length === 0 ? {} : { attached }),
    ...(policies.length === 0 ? {} : { policies }),
    ...(request.enforcing === undefined ? {} : { enforcing: request.enforcing }),
    ...(overflow.length === 0 ? {} : { overflow }),
    ...(load.length === 0 ? {} : { load }),
    filesOn: request.filesOn,
    ...(isolation.length === 0 ? {} : { isolation }),
    stop: request.stop,
    timeBudgetSeconds: request.timeBudgetSeconds,
    budgets: request.budgets,
    budgetSource: request.budgetSource,
    ...(request.budgetDeclared === undefined ? {} : { budgetDeclared: request.budgetDeclared }),
  };
};

/** All that any of the agents needs, for every turn: a pair must not differ in where it ran. */
const isolationFor = (agents: readonly Planned[]): readonly Namespace[] =>
  Namespace.options.filter((namespace) => agents.some((agent) => agent.isolation?.includes(namespace)));

const buildTurns = (request: PlanRequest, random: Random, ids: Iterator<string, string>): Turn[] => {
  const order = shuffle([...request.agents], random);
  const half = Math.ceil(order.length / 2);
  const withBaseline = (part: readonly Planned[], number: 1 | 2): Turn[] => {
    const turns: Turn[] = part.map((agent) => ({
      agent: agent.id,
      trials: buildTrials(request, agent, random, ids),
    }));
    const baseline: Turn = {
      agent: BASELINE,
      baseline: number,
      trials: buildTrials(request, undefined, random, ids),
    };
    turns.splice(Math.floor(random() * (turns.length + 1)), 0, baseline);
    return turns;
  };
  return [...withBaseline(order.slice(0, half), 1), ...withBaseline(order.slice(half), 2)];
};

/** The baseline runs everything that any agent runs; an agent runs what it observes and what concerns every process. */
const buildTrials = (
  request: PlanRequest,
  agent: Planned | undefined,
  random: Random,
  ids: Iterator<string, string>,
): Trial[] => {
  const relevant = request.scenarios.filter(
    (scenario) =>
      agent === undefined ||
      request.profile.crossFamilies ||
      scenario.emits === undefined ||
      viewOf(agent, scenario) !== undefined ||
      // An agent that filters events pays for every one that it looks at, so its cost is measured on every workload.
      agent.observes.includes("high-value"),
  );
  const calibrates = agent?.role === "calibration";
  const trials = relevant.flatMap((scenario) =>
    scenario.loads[request.profile.size]
      .filter((load) => !calibrates || isCalibrated(scenario, load))
      .map((load) => ({
        scenario: scenario.id,
        load: request.emulated === true ? shortened(scenario, load) : load,
        placement: placementOf(scenario, load),
      })),
  );
  return shuffle(trials, random).map((trial) => ({ id: ids.next().value, ...trial }));
};

/**
 * What an emulated guest says is what works and what is lost, which takes fewer operations than a cost. With all of them, an agent that
 * falls behind takes minutes to catch up with each trial.
 */
const EMULATED_SHARE = 1 / 10;

/** A round of techniques, and a service's request, cannot be cut into ten. */
const shortened = ({ techniques, driver }: Scenario, load: Load): Load =>
  load.kind === "open" || techniques !== undefined || driver.kind !== "native"
    ? load
    : {
        ...load,
        batchOperations: Math.ceil(load.batchOperations * EMULATED_SHARE),
        warmupOperations: Math.ceil(load.warmupOperations * EMULATED_SHARE),
      };

/**
 * Every sensor by every plain family that it observes, one workload each: high-value events are too few to fill anything. What a team's own policy
 * reports is not known beforehand, and each of its rules has the buffers of the others.
 */
const backpressureTurns = (
  request: PlanRequest,
  ids: Iterator<string, string>,
): readonly BackpressureTurn[] =>
  request.agents
    .filter(({ role, policy }) => role === "sensor" && policy === undefined)
    .flatMap((agent) =>
      PLAIN_FAMILIES.flatMap((family) => {
        const scenario = request.scenarios.find(
          ({ emits, represents }) => represents === true && emits?.family === family,
        );
        return scenario === undefined || !agent.observes.includes(family)
          ? []
          : [{ agent: agent.id, trial: backpressureTrial(scenario.id, family, ids) }];
      }),
    );

/** More events than any smallest buffer met holds, in a second or two. */
const OVERFLOW_OPERATIONS: Readonly<Record<PlainFamily, number>> = {
  exec: 10_000,
  file: 20_000,
  network: 10_000,
};

const backpressureTrial = (scenario: string, family: PlainFamily, ids: Iterator<string, string>): Trial => ({
  id: ids.next().value,
  scenario,
  load: {
    kind: "closed",
    batches: 10,
    batchOperations: OVERFLOW_OPERATIONS[family] / 10,
    warmupOperations: 0,
  },
  placement: "pinned",
});

/**
 * A known answer is asked for where operations are counted, each is one event, and the workload is not mostly waiting for its next due time.
 */
const isCalibrated = (scenario: Scenario, load: Load): boolean =>
  scenario.emits !== undefined && scenario.techniques === undefined && load.kind === "closed";

/** A service's many threads on one CPU would be no service any more; only tight loops are pinned. */
const placementOf = (scenario: Scenario, load: Load): CpuPlacement =>
  load.kind === "closed" && scenario.driver.kind === "native" ? "pinned" : "free";

/** Fourteen trials share the upper three digits, because a network token has room for the last digit only, from 1 to e. */
const DIGITS_IN_USE = 14;
/** `fff.` is left to sentinels. */
const UPPER_BOUND = 0xfff;
export const MAX_TRIALS = DIGITS_IN_USE * UPPER_BOUND;

export const trialIds = function* (): Generator<string, string> {
  for (let upper = 0; upper < UPPER_BOUND; upper++) {
    for (let digit = 1; digit <= DIGITS_IN_USE; digit++)
      yield ((upper << 4) | digit).toString(16).padStart(4, "0");
  }
  throw new RangeError(`a run holds at most ${MAX_TRIALS} trials`);
};

export const countTrials = (plan: Plan): number => trialsIn(plan).length;
