/**
 * A service alone and beside a storm, with and without each agent: two by two in every block.
 *
 *     trial -> p50, p99, p99.9 of its response times, and requests a second
 *           -> by block, as logarithms: with the agent less the mean of the baselines, alone and beside the storm
 *           -> the second less the first: what the storm does by itself drops out, and what the agent costs by itself
 *           -> mean over blocks with its t interval, moderated over the agents, as a ratio
 *
 * On logarithms, because a tail is so many times longer, and not so many milliseconds.
 */
import { mean, median } from "simple-statistics";
import { QUIET_OF, Setting, type Beside } from "../domain/beside.ts";
import type { OperationResult } from "../domain/driver.ts";
import {
  type Doubt,
  MEASURES,
  type Measure,
  MIN_TAIL_BLOCKS,
  MIN_TAIL_REQUESTS,
  type Neighbour,
  type NeighbourAgent,
  type NeighbourContrast,
} from "../domain/neighbour.ts";
import { BASELINE, everyTrialIn, type Trial } from "../domain/plan.ts";
import type { Interval } from "../domain/reason.ts";
import type { TrialLine } from "../domain/record.ts";
import { offeredRate } from "../domain/scenario.ts";
import { known } from "../domain/units.ts";
import { whyUnmeasured } from "./agents.ts";
import { type EffectiveRecord, type MeasuredTrial, isMeasured } from "./effective-record.ts";
import { groupsBy } from "./groups.ts";
import { entriesOf, histogramQuantile, pool, ranked } from "./histogram.ts";
import { holm } from "./holm.ts";
import { LEVEL, MIN_BLOCKS, summarise } from "./interval.ts";
import { blindnessOf, total } from "./ledger.ts";
import { ends, type Mean, moderatedMeans, pAbove } from "./mean.ts";
import { sampleOf } from "./sample.ts";

type Quantile = Exclude<Measure, "throughput">;

/** With how many requests of a trial; of the median as everywhere. */
const QUANTILES: Readonly<Record<Quantile, { readonly share: number; readonly needed: number }>> = {
  p50: { share: 0.5, needed: 200 },
  p99: { share: 0.99, needed: MIN_TAIL_REQUESTS },
  p999: { share: 0.999, needed: MIN_TAIL_REQUESTS },
};

const blocksFor = (measure: Measure): number => (measure === "p999" ? MIN_TAIL_BLOCKS : MIN_BLOCKS);

type ServiceTrial = MeasuredTrial & { readonly beside: Beside };

const isService = (trial: TrialLine): trial is ServiceTrial =>
  isMeasured(trial) && trial.beside !== undefined && trial.outcome.driver.operations.length === 1;

const requestsOf = ({ outcome }: ServiceTrial): OperationResult | undefined => outcome.driver.operations[0];

/** Undefined where the trial has too few requests for it. */
const readingOf = (trial: ServiceTrial, measure: Measure): number | undefined => {
  const requests = requestsOf(trial);
  if (requests === undefined) return undefined;
  if (measure === "throughput") {
    const { startNs, endNs } = trial.outcome.driver;
    const answered = requests.count - requests.errors;
    return endNs > startNs && answered > 0 ? (answered * 1e9) / (endNs - startNs) : undefined;
  }
  const { response } = requests;
  const { share, needed } = QUANTILES[measure];
  if (response === null || entriesOf(response) < needed) return undefined;
  const ns = ranked(response, share);
  return ns !== undefined && ns > 0 ? ns : undefined;
};

/** By block; the two baselines of a block are one mean. */
type Series = ReadonlyMap<number, number>;

const seriesOf = (trials: readonly ServiceTrial[], measure: Measure): Series =>
  new Map(
    groupsBy(trials, ({ block }) => String(block)).flatMap((ofBlock): [number, number][] => {
      const logs = ofBlock.flatMap((trial) => {
        const reading = readingOf(trial, measure);
        return reading === undefined ? [] : [Math.log(reading)];
      });
      return logs.length === 0 ? [] : [[ofBlock[0].block, mean(logs)]];
    }),
  );

/** The four sides of one agent. */
interface Square<T> {
  readonly baselineAlone: T;
  readonly agentAlone: T;
  readonly baselineBeside: T;
  readonly agentBeside: T;
}

interface Differences {
  readonly alone: readonly number[];
  readonly beside: readonly number[];
  readonly interaction: readonly number[];
}

const differencesOf = (
  { baselineAlone, agentAlone, baselineBeside, agentBeside }: Square<Series>,
  blocks: readonly number[],
): Differences => {
  const rows = blocks.flatMap((block) => {
    const [quiet, costly] = [baselineAlone.get(block), agentAlone.get(block)];
    const [stormy, both] = [baselineBeside.get(block), agentBeside.get(block)];
    return quiet === undefined || costly === undefined || stormy === undefined || both === undefined
      ? []
      : [{ alone: costly - quiet, beside: both - stormy }];
  });
  return {
    alone: rows.map(({ alone }) => alone),
    beside: rows.map(({ beside }) => beside),
    interaction: rows.map(({ alone, beside }) => beside - alone),
  };
};

const KINDS = ["alone", "beside", "interaction"] as const satisfies readonly (keyof Differences)[];
type Kind = (typeof KINDS)[number];

/** One agent's contrast of one measure, before the agents lend each other knowledge of their spread. */
interface Candidate {
  readonly agent: string;
  readonly measure: Measure;
  readonly differences: Differences;
  readonly doubt: Doubt | null;
  readonly levels: Pick<NeighbourContrast, "alone" | "beside">;
}

const doubtOf = (
  sides: Square<readonly ServiceTrial[]>,
  measure: Measure,
  { interaction }: Differences,
): Doubt | null => {
  if (interaction.length >= blocksFor(measure)) return null;
  const all = [sides.baselineAlone, sides.agentAlone, sides.baselineBeside, sides.agentBeside];
  if (all.some((trials) => trials.length === 0)) return "not-measured";
  const lacking = all.some((trials) => trials.every((trial) => readingOf(trial, measure) === undefined));
  return lacking ? "few-requests" : "few-blocks";
};

/** Over all requests: an estimate of the level itself, by the rule for levels. */
const levelOf = (trials: readonly ServiceTrial[], measure: Measure): number | null => {
  const requests = trials.flatMap((trial) => requestsOf(trial) ?? []);
  if (measure === "throughput") {
    const ns = total(trials, ({ outcome: { driver } }) => Math.max(0, driver.endNs - driver.startNs));
    const answered = total(requests, ({ count, errors }) => Math.max(0, count - errors));
    return ns === 0 ? null : (answered * 1e9) / ns;
  }
  const responses = requests.flatMap(({ response }) => response ?? []);
  return known(histogramQuantile(pool(responses), QUANTILES[measure].share)) ?? null;
};

const mapSquare = <T, U>(square: Square<T>, change: (side: T) => U): Square<U> => ({
  baselineAlone: change(square.baselineAlone),
  agentAlone: change(square.agentAlone),
  baselineBeside: change(square.baselineBeside),
  agentBeside: change(square.agentBeside),
});

const candidateOf = (
  agent: string,
  sides: Square<readonly ServiceTrial[]>,
  measure: Measure,
  blocks: readonly number[],
): Candidate => {
  const differences = differencesOf(
    mapSquare(sides, (trials) => seriesOf(trials, measure)),
    blocks,
  );
  const levels = mapSquare(sides, (trials) => levelOf(trials, measure));
  return {
    agent,
    measure,
    differences,
    doubt: doubtOf(sides, measure, differences),
    levels: {
      alone: { baseline: levels.baselineAlone, agent: levels.agentAlone },
      beside: { baseline: levels.baselineBeside, agent: levels.agentBeside },
    },
  };
};

/** By candidate and kind; none for one that has a doubt. All are logarithms of ratios of like size, so their spreads compare as they are. */
const meansOf = (candidates: readonly Candidate[]): ReadonlyMap<Candidate, Readonly<Record<Kind, Mean>>> => {
  const certain = candidates.filter(({ doubt }) => doubt === null);
  const byKind = KINDS.map((kind) =>
    moderatedMeans(certain.map(({ differences }) => ({ sample: sampleOf(differences[kind]), scale: 1 }))),
  );
  return new Map(
    certain.flatMap((candidate, index): [Candidate, Record<Kind, Mean>][] => {
      const [alone, beside, interaction] = byKind.map((means) => means[index]);
      return alone === undefined || beside === undefined || interaction === undefined
        ? []
        : [[candidate, { alone, beside, interaction }]];
    }),
  );
};

/** Beyond that no ratio was measured, and soon after it is no number any more. */
const MAX_LOG = 300;

const ratio = (log: number): number => Math.exp(Math.min(MAX_LOG, Math.max(-MAX_LOG, log)));

const ratioOf = (own: Mean): Interval => {
  const [low, high] = ends(own, LEVEL);
  return { value: ratio(own.value), low: ratio(low), high: ratio(high) };
};

const bare = (logs: readonly number[]): Interval | null =>
  logs.length === 0 ? null : { value: ratio(mean([...logs])), low: null, high: null };

const contrastOf = (
  { measure, differences, doubt, levels }: Candidate,
  means: Readonly<Record<Kind, Mean>> | undefined,
  isKnown: boolean | null,
): NeighbourContrast => ({
  measure,
  ...levels,
  costAlone: means === undefined ? bare(differences.alone) : ratioOf(means.alone),
  costBeside: means === undefined ? bare(differences.beside) : ratioOf(means.beside),
  interaction: means === undefined ? bare(differences.interaction) : ratioOf(means.interaction),
  blocks: differences.interaction.length,
  known: isKnown,
  doubt,
});

const sideOf = (trials: readonly ServiceTrial[], isBlind: boolean): NeighbourAgent["alone"] => {
  const cores = trials.flatMap(({ outcome: { cpu } }) => {
    const ns = known(cpu.agentNs);
    return ns === undefined ? [] : [ns / cpu.windowNs];
  });
  const counted = trials.flatMap(({ outcome: { ledger } }) => (ledger.kind === "counted" ? [ledger] : []));
  const operations = total(counted, (ledger) => ledger.operations);
  const missing = total(counted, (ledger) => Math.max(0, ledger.operations - ledger.delivered));
  return {
    agentCores: cores.length === 0 ? null : median(cores),
    lost: isBlind || operations === 0 ? null : missing / operations,
  };
};

const stormOf = (trials: readonly ServiceTrial[]): Omit<Neighbour["storm"], "scenario"> => {
  const readings = trials.flatMap(({ outcome }) => outcome.storm ?? []);
  const starts = readings.flatMap(({ startsPerSecond }) => known(startsPerSecond) ?? []);
  const [first] = readings;
  return {
    processes: first?.processes ?? null,
    askedPerSecond: first?.askedPerSecond ?? null,
    startsPerSecond: starts.length === 0 ? null : median(starts),
  };
};

/** Beside the storm over alone, without any agent. None where no block holds both. */
const stormAloneOf = (
  {
    baselineAlone,
    baselineBeside,
  }: Pick<Square<readonly ServiceTrial[]>, "baselineAlone" | "baselineBeside">,
  blocks: readonly number[],
): Neighbour["stormAlone"] =>
  MEASURES.flatMap((measure) => {
    const [alone, beside] = [seriesOf(baselineAlone, measure), seriesOf(baselineBeside, measure)];
    const logs = blocks.flatMap((block) => {
      const [quiet, stormy] = [alone.get(block), beside.get(block)];
      return quiet === undefined || stormy === undefined ? [] : [stormy - quiet];
    });
    if (logs.length === 0) return [];
    const { value, low, high } = summarise(logs).interval;
    const hasEnds = low !== null && high !== null && logs.length >= blocksFor(measure);
    return [
      {
        measure,
        ratio: {
          value: ratio(value),
          low: hasEnds ? ratio(low) : null,
          high: hasEnds ? ratio(high) : null,
        },
      },
    ];
  });

type Stormy = Trial & { readonly beside: Required<Beside> };

const isStormy = <T extends Pick<Trial, "beside">>(trial: T): trial is T & Pick<Stormy, "beside"> =>
  trial.beside?.storm !== undefined;

interface Opened {
  readonly at: Omit<Neighbour, "agents" | "comparisons">;
  readonly agents: readonly (Omit<NeighbourAgent, "contrasts"> & {
    readonly candidates: readonly Candidate[];
  })[];
}

const open = ({ header, besides, blocks }: EffectiveRecord): readonly Opened[] => {
  const { plan } = header;
  const complete = new Set(blocks);
  const services = besides.filter(isService).filter(({ block }) => complete.has(block));
  const planned = everyTrialIn(plan).filter(isStormy);
  return groupsBy(planned, ({ scenario, beside }) => `${scenario} ${beside.setting}`).map((group): Opened => {
    const [{ scenario, beside, load }] = group;
    const { setting, storm } = beside;
    const isHere = ({ beside: other, scenario: of }: Pick<TrialLine, "beside" | "scenario">): boolean =>
      of === scenario &&
      other !== undefined &&
      (other.storm === undefined ? other.setting === QUIET_OF[setting] : other.setting === setting);
    const own = services.filter(isHere);
    const trialsOf = (agent: string, isBeside: boolean): readonly ServiceTrial[] =>
      own.filter((trial) => trial.agent === agent && (trial.beside.storm !== undefined) === isBeside);
    const baselines = {
      baselineAlone: trialsOf(BASELINE, false),
      baselineBeside: trialsOf(BASELINE, true),
    };
    const agents = plan.agents.filter((id) => id !== BASELINE && group.some(({ agent }) => agent === id));
    return {
      at: {
        scenario,
        setting,
        requestsPerSecond: offeredRate(load) ?? 0,
        storm: { scenario: storm.scenario, ...stormOf(baselines.baselineBeside) },
        stormAlone: stormAloneOf(baselines, blocks),
      },
      agents: agents.map((agent) => {
        const sides = {
          ...baselines,
          agentAlone: trialsOf(agent, false),
          agentBeside: trialsOf(agent, true),
        };
        const isBlind = blindnessOf(header.agents, agent, scenario) !== undefined;
        const reasons = besides
          .filter((trial) => trial.agent === agent && isHere(trial))
          .flatMap(({ outcome }) => whyUnmeasured(outcome) ?? []);
        return {
          agent,
          candidates: MEASURES.map((measure) => candidateOf(agent, sides, measure, blocks)),
          alone: sideOf(sides.agentAlone, isBlind),
          beside: sideOf(sides.agentBeside, isBlind),
          unmeasured: groupsBy(reasons, (reason) => JSON.stringify(reason)).map(([first]) => first),
        };
      }),
    };
  });
};

/** Trials stand in the plan as they were shuffled. */
const inOrder =
  (scenarios: readonly string[]) =>
  ({ at: a }: Opened, { at: b }: Opened): number =>
    scenarios.indexOf(a.scenario) - scenarios.indexOf(b.scenario) ||
    Setting.options.indexOf(a.setting) - Setting.options.indexOf(b.setting);

/** In the order of the plan's scenarios, and of the settings. */
export const neighboursIn = (record: EffectiveRecord): readonly Neighbour[] => {
  const opened = open(record).toSorted(inOrder(record.header.plan.scenarios));
  const means = new Map(
    opened.flatMap(({ agents }) =>
      MEASURES.flatMap((measure) => [
        ...meansOf(agents.flatMap(({ candidates }) => candidates.filter((one) => one.measure === measure))),
      ]),
    ),
  );
  const tested = [...means];
  // Neither direction was expected before it was seen: both tails count.
  const decisions = holm(
    tested.map(([, { interaction }]) =>
      Math.min(1, 2 * pAbove({ ...interaction, value: Math.abs(interaction.value) }, 0)),
    ),
  );
  const isKnown = new Map(
    tested.map(([candidate], index) => [candidate, decisions[index]?.rejected ?? null]),
  );
  return opened.map(({ at, agents }) => ({
    ...at,
    agents: agents.map(({ candidates, ...agent }) => ({
      ...agent,
      contrasts: candidates.map((one) => contrastOf(one, means.get(one), isKnown.get(one) ?? null)),
    })),
    comparisons: tested.length,
  }));
};
