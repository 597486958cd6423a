/** Known levels: an agent that burns CPU time in a process of its own, and one that holds a BPF map for nothing. */
import { mean } from "simple-statistics";
import type { Injected, Injects } from "../domain/agent.ts";
import { type Roles, injectedBy } from "../domain/roles.ts";
import type { KnownLevel } from "../domain/self-checks.ts";
import { METRICS, type MetricId } from "../domain/units.ts";
import { cellName } from "./cells.ts";
import type { AllCollected } from "./collect.ts";
import type { MeasuredTrial } from "./effective-record.ts";
import { injectedSeries, perOperation } from "./injected.ts";
import type { Resampler } from "./resample.ts";
import { BYTES_PER_MIB } from "./series.ts";
import { summarise } from "./summarise.ts";

interface Known {
  readonly kind: Injects["kind"];
  readonly metric: MetricId;
  /** In the metric's unit. */
  readonly pick: (injected: Injected) => number | undefined;
}

const KNOWN: readonly Known[] = [
  { kind: "cpu", metric: "agent-cpu", pick: perOperation((injected) => injected.agentNs) },
  {
    kind: "memory",
    metric: "bpf-map-memory",
    pick: ({ mapBytes }) => mapBytes / BYTES_PER_MIB,
  },
];

export const knownLevels = (
  trials: readonly MeasuredTrial[],
  collected: AllCollected,
  agents: Roles,
  blocks: readonly number[],
  resampler: Resampler,
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
          recovered: summarise(
            both.map(({ found }) => found),
            both.map(({ block }) => block),
            resampler,
          ).interval,
          blocks: both.length,
        },
      ];
    });
  });
