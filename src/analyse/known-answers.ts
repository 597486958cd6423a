/** Known answers beside the known costs: what calibration agents say that they truly did, and what the run made of it. */
import { mean } from "simple-statistics";
import type { Injected } from "../domain/agent.ts";
import { type AgentStatus, type Roles, injectedBy } from "../domain/run-header.ts";
import type { KnownLevel, KnownLoss } from "../domain/self-checks.ts";
import { METRICS, known } from "../domain/units.ts";
import { cellName, conditionOfTrial } from "./cells.ts";
import type { AllCollected, BlockSeries } from "./collect.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { groupsBy } from "./groups.ts";
import { summarise } from "./interval.ts";
import { countedGroups, counterOf, declaredIn, total } from "./ledger.ts";
import { BYTES_PER_MIB } from "./series.ts";

/** By `cellName`. `pick`: undefined where a trial's reading does not tell it. */
export const injectedSeries = (
  trials: readonly MeasuredTrial[],
  pick: (injected: Injected) => number | undefined,
): ReadonlyMap<string, BlockSeries> => {
  const told = trials.flatMap((trial) => {
    const { injected } = trial.outcome;
    const read = injected === null ? undefined : known(injected);
    const amount = read === undefined ? undefined : pick(read);
    return amount === undefined
      ? []
      : [{ cell: cellName(conditionOfTrial(trial)), block: trial.block, amount }];
  });
  const series = (all: typeof told): BlockSeries =>
    new Map(
      groupsBy(all, ({ block }) => `${block}`).map((same) => [
        same[0].block,
        mean(same.map((one) => one.amount)),
      ]),
    );
  return new Map(groupsBy(told, ({ cell }) => cell).map((all) => [all[0].cell, series([...all])]));
};

/** Undefined where the agent acted on no operation: it has no cost an operation then, and least of all a cost of 0. */
export const perOperation =
  (pick: (injected: Injected) => number) =>
  (injected: Injected): number | undefined =>
    injected.operations > 0 ? pick(injected) / injected.operations : undefined;

const KNOWN = [
  { kind: "cpu", metric: "agent-cpu", pick: perOperation((injected) => injected.agentNs) },
  { kind: "memory", metric: "bpf-map-memory", pick: ({ mapBytes }: Injected) => mapBytes / BYTES_PER_MIB },
] as const;

export const knownLevels = (
  trials: readonly MeasuredTrial[],
  collected: AllCollected,
  agents: Roles,
  blocks: readonly number[],
): readonly KnownLevel[] =>
  KNOWN.flatMap(({ kind, metric, pick }) => {
    const injected = injectedSeries(
      trials.filter(({ agent }) => injectedBy(agents, agent)?.kind === kind),
      pick,
    );
    return [...collected.values()].flatMap((entry): KnownLevel[] => {
      const told = injected.get(cellName(entry.key));
      if (entry.metric !== metric || told === undefined) return [];
      const both = blocks.flatMap((block) => {
        const [put, found] = [told.get(block), entry.series.get(block)];
        return put === undefined || found === undefined ? [] : [{ block, put, found }];
      });
      if (both.length === 0) return [];
      const { key } = entry;
      return [
        {
          agent: key.agent,
          scenario: key.scenario,
          load: key.load,
          metric,
          unit: METRICS[metric].unit,
          injected: mean(both.map(({ put }) => put)),
          recovered: summarise(both.map(({ found }) => found)).interval,
          blocks: both.length,
        },
      ];
    });
  });

/** A window of n operations holds this many discarded ones more or fewer than its share. */
const EDGE = 1;

export const knownLosses = (
  trials: readonly MeasuredTrial[],
  agents: readonly AgentStatus[],
): readonly KnownLoss[] =>
  countedGroups(trials).flatMap(
    ({ at: { agent, scenario, load }, trials: counted }): readonly KnownLoss[] => {
      const injects = injectedBy(agents, agent);
      const told = counted.flatMap((trial) => {
        if (trial.outcome.kind === "counted") return [];
        const { ledger, injected } = trial.outcome;
        const own = injected === null ? undefined : known(injected);
        return own === undefined ? [] : [{ ...ledger, trial, discarded: own.discarded }];
      });
      if (injects?.kind !== "loss" || told.length === 0) return [];
      return [
        {
          agent,
          scenario,
          load,
          operations: total(told, ({ operations }) => operations),
          discarded: total(told, ({ discarded }) => discarded),
          missing: total(told, ({ operations, delivered }) => operations - delivered),
          declared: declaredIn(
            told.map(({ trial }) => trial),
            counterOf(agents, agent),
          ),
          exact: told.every(
            ({ operations, delivered }) =>
              Math.abs(operations - delivered - operations / injects.every) <= EDGE,
          ),
        },
      ];
    },
  );
