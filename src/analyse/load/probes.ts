/** What a probe says: at which rate its events were raised, and how many of its operations were bad. */
import type { Agent } from "../../domain/agent.ts";
import type { Histogram } from "../../domain/driver.ts";
import { offeredRate } from "../../domain/scenario.ts";
import type { Criterion, Probe } from "../../domain/under-load.ts";
import type { KneeModel, Observation } from "./knee-fit.ts";

export const MODELS: Readonly<Record<Criterion, KneeModel>> = {
  loss: { limit: 0.001, beyond: ["excess", "all"] },
  response: { limit: 0.01, beyond: ["all"] },
};

/** One that blocks loses nothing, so that its knee is where the workload begins to wait. */
export const criterionOf = (overload: Agent["overload"] | undefined): Criterion =>
  overload === "blocks" ? "response" : "loss";

/** Operations a second, by the workload's own clock. */
export const raisedRate = ({ operations, windowNs }: Probe): number => operations / (windowNs / 1e9);

/** What the agent worked off a second, from the window's beginning until nothing more came. */
export const deliveredRate = ({ delivered, windowNs, restMs }: Probe): number =>
  delivered / (windowNs / 1e9 + restMs / 1e3);

/** Of an open loop, whose clock reads take time as well. */
const OPEN_SHARE = 0.93;

/** The highest rate that can be offered; undefined before the workload was let run freely. */
export const fastestOf = (probes: readonly Probe[]): number | undefined => {
  const free = probes.filter(({ load }) => load.kind === "closed");
  return free.length === 0 ? undefined : OPEN_SHARE * Math.max(...free.map(raisedRate));
};

/** The latency that so large a share does not exceed; 0 of an empty histogram. */
export const quantileNs = ({ buckets }: Pick<Histogram, "buckets">, share: number): number => {
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [ns, count] of buckets) {
    seen += count;
    if (seen >= share * total) return ns;
  }
  return 0;
};

const above = ({ buckets }: Histogram, limitNs: number): number =>
  buckets.reduce((sum, [ns, count]) => (ns > limitNs ? sum + count : sum), 0);

const WAITING = 2;

/** Twice the 99th percentile of the calm load; undefined where there was none. */
export const waitLimitNs = (probes: readonly Probe[]): number | undefined => {
  const calm = probes.find(({ kind }) => kind === "calm");
  return calm === undefined ? undefined : WAITING * quantileNs(calm.latency, 0.99);
};

export const lostIn = ({ operations, delivered }: Probe): number => operations - delivered;

/** Lost, and what shows that a backlog grew. */
const unsustained = (probe: Probe): number => lostIn(probe) + probe.late;

export const badIn = (probe: Probe, criterion: Criterion, limitNs: number | undefined): number => {
  switch (criterion) {
    case "loss":
      return unsustained(probe);
    case "response":
      return limitNs === undefined ? 0 : above(probe.latency, limitNs);
  }
};

/** Undefined for what was no open loop. One that could not be kept up is what was raised, not what was asked for. */
export const observationOf = (
  probe: Probe,
  criterion: Criterion,
  limitNs: number | undefined,
): Observation | undefined => {
  const offered = offeredRate(probe.load);
  if (offered === null || (criterion === "response" && limitNs === undefined)) return undefined;
  return {
    // One that makes the workload wait also keeps it from its rate.
    rate: criterion === "response" ? offered : Math.min(offered, raisedRate(probe)),
    seconds: probe.operations / offered,
    operations: probe.operations,
    bad: badIn(probe, criterion, limitNs),
  };
};
