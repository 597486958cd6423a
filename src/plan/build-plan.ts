/**
 * Matrix -> seeded blocks -> turns -> trials.
 *
 * A block holds every agent once and `baseline` twice, one in each half, in shuffled order: the block is what is paired and
 * resampled later, so all that drifts over minutes hits agent and baseline alike.
 */
import { shuffle } from "simple-statistics";
import { type Agent, Namespace } from "../domain/agent.ts";
import { type BesidePlan, QUIET_OF, type Setting } from "../domain/beside.ts";
import {
  type BackpressureTurn,
  BASELINE,
  type Block,
  type CoveragePlan,
  type CpuPlacement,
  everyTrialIn,
  Outside,
  type Plan,
  TECHNIQUE_TIMES,
  type Trial,
  type Turn,
} from "../domain/plan.ts";
import { createRng, toUnit } from "../domain/random.ts";
import { type Load, operationsOf, type Scenario, viewOf, type Watch } from "../domain/scenario.ts";
import type { ScalePoint } from "../domain/scale.ts";
import { whyUntried } from "../domain/untried.ts";
import { PLAIN_FAMILIES, type PlainFamily } from "../domain/units.ts";
import { durationsOf } from "./duration.ts";
import { type LoadTest, loadTurns } from "./load-tests.ts";
import type { WatchBlock, WatchTurn } from "../domain/watch.ts";
import type { Profile } from "./profiles.ts";

/** In [0, 1). */
type Random = () => number;

type Planned = Pick<
  Agent,
  "id" | "role" | "observes" | "uncounted" | "isolation" | "policy" | "telling" | "sink" | "injects" | "knob"
>;

export interface PlanRequest extends Omit<
  Plan,
  "profile" | "agents" | "scenarios" | "blocks" | "overflow" | "load" | "coverage" | "watches" | "isolation"
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
  /** Techniques that are tried under every sensor, after the blocks; absent: none. */
  readonly techniques?: readonly string[];
  /** Sizes of the node; absent: as it is. */
  readonly sizes?: readonly ScalePoint[];
  /** As the user says; absent: as the scenarios and the profile say. */
  readonly watch?: { readonly blocks?: number; readonly seconds?: number };
}

export const buildPlan = (request: PlanRequest): Plan => {
  // The analysis draws from the seed itself.
  const next = createRng(~request.seed);
  const random = (): number => toUnit(next());
  const ids = trialIds();
  const blocks: Block[] = [];
  const isTimed = request.scenarios.some(({ watch }) => watch === undefined);
  for (let index = 0; index < (isTimed ? request.blocks : 0); index++) {
    blocks.push({ index, turns: turnsOfBlock(request, random, ids) });
  }
  // Techniques are tried under one agent at a time, each in the namespaces that it asks for.
  const isolation = request.blocks === 0 ? [] : isolationFor(request.agents);
  const { agentFiles = [], attached = [], asIs, policies = [], commands = [] } = request;
  const overflow = request.overflow === true ? backpressureTurns(request, ids) : [];
  const named = request.scenarios.map((scenario) => scenario.id);
  const coverage = coverageOf(request, ids);
  const watches = watchBlocks(request, random, ids);
  const plan: Plan = {
    seed: request.seed,
    profile: request.profile.id,
    agents: [BASELINE, ...request.agents.map((agent) => agent.id)],
    scenarios: named,
    blocks,
    ...(agentFiles.length === 0 ? {} : { agentFiles }),
    ...(attached.length === 0 ? {} : { attached }),
    ...(asIs === undefined ? {} : { asIs }),
    ...(policies.length === 0 ? {} : { policies }),
    ...(commands.length === 0 ? {} : { commands }),
    ...(request.enforcing === undefined ? {} : { enforcing: request.enforcing }),
    ...(overflow.length === 0 ? {} : { overflow }),
    ...(coverage === undefined ? {} : { coverage }),
    ...(watches.length === 0 ? {} : { watches }),
    filesOn: request.filesOn,
    ...(isolation.length === 0 ? {} : { isolation }),
    stop: request.stop,
    timeBudgetSeconds: request.timeBudgetSeconds,
    budgets: request.budgets,
    budgetSource: request.budgetSource,
    ...(request.budgetDeclared === undefined ? {} : { budgetDeclared: request.budgetDeclared }),
  };
  return request.underLoad === undefined ? plan : withLoads(plan, request, request.underLoad, random);
};

/** A profile's time is for all that it does, what is watched included, and searches are shorter where blocks need some of it. */
const withLoads = (
  plan: Plan,
  { agents, scenarios, workloads = scenarios, emulated = false }: PlanRequest,
  underLoad: NonNullable<PlanRequest["underLoad"]>,
  random: Random,
): Plan => {
  const isUsual = underLoad === "usual";
  const { watches, block } = durationsOf(plan, emulated);
  const { timeBudgetSeconds: given } = plan;
  const seconds = given === undefined || !isUsual ? given : Math.max(1, given - watches);
  const load = loadTurns({
    ...(isUsual ? {} : { tests: underLoad }),
    agents,
    scenarios: workloads,
    seconds: seconds === undefined || !isUsual ? seconds : seconds - plan.blocks.length * block,
    random,
  });
  return {
    ...plan,
    scenarios: [...new Set([...plan.scenarios, ...load.map(({ scenario }) => scenario)])],
    ...(load.length === 0 ? {} : { load }),
    timeBudgetSeconds: seconds,
  };
};

/** All that any of the agents needs, for every turn: a pair must not differ in where it ran. */
const isolationFor = (agents: readonly Planned[]): readonly Namespace[] =>
  Namespace.options.filter((namespace) => agents.some((agent) => agent.isolation?.includes(namespace)));

/** A block holds every size, each with baselines of its own. */
const turnsOfBlock = (request: PlanRequest, random: Random, ids: Iterator<string, string>): Turn[] => {
  const { sizes = [] } = request;
  if (sizes.length === 0) return buildTurns(request, random, ids);
  return shuffle([...sizes], random).flatMap((scale) =>
    buildTurns(request, random, ids).map(({ trials, ...turn }) => ({
      ...turn,
      scale,
      trials: trials.map((trial) => ({ ...trial, scale })),
    })),
  );
};

const buildTurns = (request: PlanRequest, random: Random, ids: Iterator<string, string>): Turn[] => {
  const order = shuffle([...request.agents], random);
  const half = Math.ceil(order.length / 2);
  const withBaseline = (part: readonly Planned[], number: 1 | 2): Turn[] => {
    const turns: Turn[] = part
      .map((agent) => ({ agent: agent.id, trials: buildTrials(request, agent, random, ids) }))
      // What an agent is there for may come after the blocks alone.
      .filter(({ trials }) => request.underLoad === undefined || trials.length > 0);
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
      // An agent that filters events pays for every one that it looks at, so its cost is measured on every workload; and so is one as its
      // vendor ships it, of which nobody knows what it looks at.
      agent.observes.includes("high-value") ||
      agent.observes.length === 0,
  );
  const calibrates = agent?.role === "calibration";
  const { size } = request.profile;
  const trials = relevant.flatMap((scenario) =>
    scenario.loads[size]
      .filter((load) => !calibrates || isCalibrated(scenario, load))
      .flatMap((load): readonly UnnumberedTrial[] => {
        const { beside } = scenario;
        if (beside !== undefined)
          return beside.settings[size].flatMap((setting) => besideIn(scenario.id, load, beside, setting));
        return [
          {
            scenario: scenario.id,
            load: request.emulated === true ? shortened(scenario, load) : load,
            placement: placementOf(scenario, load),
            ...secondsOf(scenario, load),
          },
        ];
      }),
  );
  return shuffle(trials, random).map(({ storm, ...trial }): Trial => {
    const id = ids.next().value;
    if (trial.beside === undefined || storm === undefined) return { id, ...trial };
    return { id, ...trial, beside: { ...trial.beside, storm: { id: ids.next().value, ...storm } } };
  });
};

type UnnumberedTrial = Omit<Trial, "id"> & { readonly storm?: BesidePlan["storm"] };

/** The service alone, where that is not the same as in another setting, and beside the storm. */
const besideIn = (
  scenario: string,
  load: Load,
  { storm }: BesidePlan,
  setting: Setting,
): readonly UnnumberedTrial[] => {
  const trial = {
    scenario,
    load,
    placement: setting === "apart" ? "pinned" : "free",
    beside: { setting },
  } as const;
  return [...(QUIET_OF[setting] === setting ? [trial] : []), { ...trial, storm }];
};

/** One run more than its operations: the first, which warms up. */
const secondsOf = ({ secondsEach }: Scenario, load: Load): Pick<Trial, "seconds"> =>
  secondsEach === undefined ? {} : { seconds: secondsEach * (operationsOf(load) + 1) };

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
        if (scenario === undefined || !agent.observes.includes(family)) return [];
        const forced = (outside?: Outside): BackpressureTurn => ({
          agent: agent.id,
          trial: backpressureTrial(scenario.id, family, ids, outside),
          ...(outside === undefined ? {} : { outside }),
        });
        return [forced(), ...(family === firstFamily(request, agent) ? Outside.options.map(forced) : [])];
      }),
    );

/** Under every sensor whose events can be told apart; of the others it is told why not, of a team's policy once and not for each rule. */
const coverageOf = (
  { agents, techniques = [] }: PlanRequest,
  ids: Iterator<string, string>,
): CoveragePlan | undefined => {
  const asked = agents.flatMap((agent) =>
    agent.role === "calibration" || (agent.policy !== undefined && agent.policy.part !== "all")
      ? []
      : [{ id: agent.id, why: whyUntried(agent) }],
  );
  const untried = asked.flatMap(({ id, why }) => (why === undefined ? [] : [{ agent: id, why }]));
  return techniques.length === 0 || asked.length === 0
    ? undefined
    : {
        times: TECHNIQUE_TIMES,
        techniques,
        turns: asked.flatMap(({ id, why }) =>
          why === undefined ? [{ agent: id, id: ids.next().value }] : [],
        ),
        ...(untried.length === 0 ? {} : { untried }),
      };
};

/** What is outside of an agent does not know of families: once for each is enough. */
const firstFamily = ({ scenarios }: PlanRequest, { observes }: Planned): PlainFamily | undefined =>
  PLAIN_FAMILIES.find(
    (family) =>
      observes.includes(family) &&
      scenarios.some(({ emits, represents }) => represents === true && emits?.family === family),
  );

/** More events than any smallest buffer met holds, in a second or two. */
const OVERFLOW_OPERATIONS: Readonly<Record<PlainFamily, number>> = {
  exec: 10_000,
  file: 20_000,
  network: 10_000,
};

/** An agent that blocks writes one event after the other to a slow disk, and the node waits for all of them. */
const SLOW_DISK_SHARE = 1 / 4;

const backpressureTrial = (
  scenario: string,
  family: PlainFamily,
  ids: Iterator<string, string>,
  outside: Outside | undefined,
): Trial => ({
  id: ids.next().value,
  scenario,
  load: {
    kind: "closed",
    batches: 10,
    batchOperations: (OVERFLOW_OPERATIONS[family] / 10) * (outside === "disk-slow" ? SLOW_DISK_SHARE : 1),
    warmupOperations: 0,
  },
  placement: "pinned",
});

/**
 * A calibration agent has no rest that anybody asks about. Without a workload, what the node does by itself is watched as well, unless an agent
 * stays on it.
 */
const watchBlocks = (
  { scenarios, agents, asIs, profile: { size, underLoad }, watch: asked = {} }: PlanRequest,
  random: Random,
  ids: Iterator<string, string>,
): readonly WatchBlock[] => {
  const wanted = { ...underLoad?.watch, ...asked };
  const watched = scenarios.flatMap(({ id, watch }) => (watch === undefined ? [] : [{ id, watch }]));
  const blocksOf = ({ blocks }: Watch): number => wanted.blocks ?? blocks;
  const tested = agents.filter(({ role }) => role !== "calibration").map(({ id }) => id);
  const count = Math.max(0, ...watched.map(({ watch }) => blocksOf(watch)));
  return Array.from({ length: count }, (_, index): WatchBlock => ({
    index,
    turns: watched
      .filter(({ watch }) => index < blocksOf(watch))
      .flatMap(({ id: scenario, watch }) => {
        const seconds = Math.ceil(wanted.seconds ?? watch.seconds[size]);
        const load = watchLoad(watch, seconds);
        const showsNode = load === undefined && asIs === undefined;
        const order = shuffle([...(showsNode ? [BASELINE] : []), ...tested], random);
        return order.map((agent): WatchTurn => ({
          id: ids.next().value,
          agent,
          scenario,
          seconds,
          ...(load === undefined ? {} : { load }),
          afterSeconds: watch.afterSeconds,
        }));
      }),
  }));
};

const watchLoad = ({ ratePerSecond }: Watch, seconds: number): Load | undefined =>
  ratePerSecond === undefined
    ? undefined
    : {
        kind: "open",
        ratePerSecond,
        batches: 1,
        batchOperations: Math.ceil(ratePerSecond * seconds),
        warmupOperations: 0,
      };

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
const MAX_TRIALS = DIGITS_IN_USE * UPPER_BOUND;

export const trialIds = function* (): Generator<string, string> {
  for (let upper = 0; upper < UPPER_BOUND; upper++) {
    for (let digit = 1; digit <= DIGITS_IN_USE; digit++)
      yield ((upper << 4) | digit).toString(16).padStart(4, "0");
  }
  throw new RangeError(`a run holds at most ${MAX_TRIALS} trials`);
};

export const countTrials = (plan: Plan): number => everyTrialIn(plan).length;
