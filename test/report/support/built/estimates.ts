/** Costs and levels of one agent under one operation. */
import { loadName } from "../../../../src/domain/scenario.ts";
import { METRICS } from "../../../../src/domain/units.ts";
import type { MetricId } from "../../../../src/domain/units.ts";
import type { Estimate } from "../../../../src/domain/verdict.ts";
import type { AgentModel, OperationModel } from "./models.ts";
import { around, MINIMUM_BLOCKS } from "./intervals.ts";

export const estimatesOf = (
  at: OperationModel,
  agent: AgentModel,
  blocks: number,
  random: () => number,
): readonly Estimate[] => {
  const key = {
    agent: agent.id,
    scenario: at.scenario,
    operation: at.operation,
    load: loadName(at.load),
    placement: "pinned" as const,
  };
  const sees = at.family === undefined || agent.observes.includes(at.family);
  const share = agent.weight * (sees ? 1 : 0.1) * (0.7 + random() * 0.6);
  const one = (metric: MetricId, baseline: number | null, cost: number, half: number): Estimate => {
    const absolute = around(cost, half, blocks);
    const ratio = baseline === null ? null : around(1 + cost / baseline, half / baseline, blocks);
    return {
      ...key,
      metric,
      unit: METRICS[metric].unit,
      absolute,
      ratio,
      hodgesLehmann: cost + half * (random() - 0.5) * 0.4,
      baseline,
      level: 0.95,
      blocks,
      minimalDetectable: half * 1.4,
      bounds:
        blocks < MINIMUM_BLOCKS
          ? null
          : {
              absoluteUpper95: cost + half * 0.85,
              ratioUpper95: baseline === null ? null : 1 + (cost + half * 0.85) / baseline,
              absolute90: [cost - half * 0.85, cost + half * 0.85],
              ratio90:
                baseline === null
                  ? null
                  : [1 + (cost - half * 0.85) / baseline, 1 + (cost + half * 0.85) / baseline],
            },
      standardError: blocks < MINIMUM_BLOCKS ? null : half / 2.2,
      degrees: blocks < MINIMUM_BLOCKS ? null : blocks + 3,
      bootstrap: blocks < 12 ? null : { low: cost - half * 0.97, high: cost + half * 0.97 },
      notes: blocks < MINIMUM_BLOCKS ? [{ kind: "exploratory", blocks, needed: MINIMUM_BLOCKS }] : [],
    };
  };
  const paired = (metric: MetricId, baseline: number, factor: number, noise: number): Estimate =>
    one(
      metric,
      baseline,
      baseline * share * factor + baseline * noise * (random() - 0.5) * 0.5,
      baseline * noise * (0.6 + random()),
    );
  const level = (metric: MetricId, centre: number): Estimate =>
    one(metric, null, centre, centre * (0.01 + random() * 0.04));
  const agentNs = at.baseNs * share * (sees ? 1.7 : 0.02);
  const response =
    at.load.kind === "open"
      ? [
          paired("response-p50", at.baseNs * 1.06, 1, 0.02),
          paired("response-p99", at.baseNs * 5.2, 1.6, 0.12),
        ]
      : [];
  return [
    paired("workload-cpu", at.baseNs, 1, 0.006),
    paired("system-cpu", at.baseNs * 1.08, 3.1, 0.02),
    paired("wall", at.baseNs * 1.05, 1.2, 0.04),
    paired("latency-p50", at.baseNs, 1, 0.008),
    paired("latency-p90", at.baseNs * 1.4, 1.2, 0.02),
    paired("latency-p99", at.baseNs * 3.1, 1.8, 0.09),
    ...response,
    level("agent-cpu", agentNs),
    level("agent-cores", Math.max(0.0004, agentNs / at.baseNs)),
    level("agent-memory", agent.memoryMib),
    level("agent-memory-peak", agent.memoryMib * 1.2),
    ...(agent.id === "auditd" ? [] : [level("bpf-map-memory", agent.memoryMib * 0.25)]),
    level("agent-memory-total", agent.memoryMib * (agent.id === "auditd" ? 1 : 1.25)),
    ...(sees && at.family !== undefined ? [level("output-volume", agent.id === "auditd" ? 1_420 : 131)] : []),
  ];
};
