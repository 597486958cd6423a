/**
 * Ends benches and takes away what they left, whoever died in between: node Jobs first, whose pods undo what they did to their nodes; then every
 * agent is given back, and seen Ready; then what is left of the rest.
 */
import type { V1Job } from "@kubernetes/client-node";
import { isReadyPod } from "../choose/node-refusals.ts";
import { type Cluster, ClusterError, isClusterError } from "../cluster.ts";
import type { Clock } from "../conductor/clock.ts";
import { conduct } from "../conductor/conduct.ts";
import type { ConductorLine, NodeOutcome } from "../conductor/lines.ts";
import { AGENT, AGENTS, APP, benchSelector, nodeLabel, selectorOf } from "../objects/labels.ts";
import { leasesHeld } from "../objects/leases.ts";
import { BenchPlan, PLAN_VARIABLE } from "../plan.ts";
import { findBenches, type FoundBench, gone } from "./find.ts";
import { isComplete, isEnded } from "./state.ts";

export interface Ending {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly namespaces: BenchPlan["namespaces"];
  readonly say: (line: ConductorLine) => void;
}

export interface Ended {
  readonly bench: string;
  readonly removed: Readonly<Record<"jobs" | "holds" | "places" | "leases", number>>;
  /** By node. Empty where no agent was ever taken off. */
  readonly outcomes: ReadonlyMap<string, NodeOutcome>;
  /** What is still there, `kind namespace/name: why`. */
  readonly left: readonly string[];
}

const nameOf = ({ metadata }: { readonly metadata?: { readonly name?: string } }): string =>
  metadata?.name ?? "";

/** The plan that a bench was started with, as far as the cluster still tells it; undefined: nothing tells of an agent that it took off. */
const planLeft = (bench: FoundBench, namespaces: BenchPlan["namespaces"]): BenchPlan | undefined =>
  planOfJob(bench.conductor) ?? planOfRest(bench, namespaces);

const planOfJob = (job: V1Job | undefined): BenchPlan | undefined => {
  const text = job?.spec?.template.spec?.containers
    .flatMap(({ env = [] }) => env)
    .find(({ name }) => name === PLAN_VARIABLE)?.value;
  if (text === undefined) return undefined;
  try {
    return BenchPlan.parse(JSON.parse(text));
  } catch {
    // Another version's: holds and places tell the rest.
    return undefined;
  }
};

const SLOT = "tare-slot-";

/** Of a bench without a Job of its conductor. */
const planOfRest = (
  { id, nodes: nodeJobs, holds, places, leases }: FoundBench,
  namespaces: BenchPlan["namespaces"],
): BenchPlan | undefined => {
  const away = [...holds, ...places];
  const measured = nodeJobs.map(({ job }) => job.metadata?.annotations?.[AGENTS]?.split(" ") ?? []);
  const nodes = new Set([
    ...away.flatMap(({ spec }) => spec?.nodeName ?? []),
    ...nodeJobs.filter((_, index) => measured[index]?.length !== 0).map(({ name }) => name),
  ]);
  const agents = new Set([
    ...away.flatMap(({ metadata }) => metadata?.annotations?.[AGENT] ?? []),
    ...measured.flat(),
  ]);
  if (nodes.size === 0 || agents.size === 0) return undefined;
  const slots = leases.map(nameOf).filter((name) => name.startsWith(SLOT));
  const unknown = { instanceType: "unknown", architecture: "unknown", kernel: "unknown", osImage: "unknown" };
  const found = BenchPlan.safeParse({
    version: 1,
    bench: id,
    namespaces,
    image: away[0]?.spec?.containers[0]?.image ?? "unknown",
    nodes: [...nodes].map((name) => ({ name, stratum: unknown })),
    agents: [...agents],
    off: { holdSeconds: 180, maxSeconds: 180 },
    maxUnprotected: 1 + Math.max(0, ...slots.map((name) => Number(name.slice(SLOT.length)))),
    node: { args: [], deadlineSeconds: 60, requests: { cpu: "1", memory: "1" } },
    seed: 0,
  });
  return found.success ? found.data : undefined;
};

/** How long a conductor that sees its nodes end may take to give the agents back. */
const MAX_ORDERLY_MS = 6 * 60_000;
const LOOK_MS = 1000;

export const endBench = async (ending: Ending, bench: FoundBench): Promise<Ended> => {
  const { cluster, namespaces } = ending;
  const plan = planLeft(bench, namespaces);
  let areBack = false;
  for (const { job } of bench.nodes) await gone(cluster.deleteJob(namespaces.nodes, nameOf(job)));
  // It sees its nodes end, and gives back what it took; two at once would hinder each other.
  if (bench.conductor !== undefined) {
    areBack = await conductorEnded(ending, bench);
    await gone(cluster.deleteJob(namespaces.control, nameOf(bench.conductor)));
  }
  const outcomes =
    plan === undefined || plan.agents.length === 0 ? NOTHING : await givenBack(ending, plan, areBack);
  const { left, removed } = await removeRest(ending, bench);
  return {
    bench: bench.id,
    removed: {
      ...removed,
      jobs: bench.nodes.length + (bench.conductor === undefined ? 0 : 1),
    },
    outcomes,
    left,
  };
};

const NOTHING: ReadonlyMap<string, NodeOutcome> = new Map();

/** True: it came to its own end, with every agent seen Ready. */
const conductorEnded = async (
  { cluster, clock, namespaces }: Ending,
  { id, conductor }: FoundBench,
): Promise<boolean> => {
  if (conductor === undefined) return false;
  const { control } = namespaces;
  const since = clock.elapsedMs();
  while (clock.elapsedMs() - since < MAX_ORDERLY_MS) {
    try {
      const job = await cluster.getJob(control, nameOf(conductor));
      if (isEnded(job)) return isComplete(job);
      const pods = await cluster.listPods({
        namespace: control,
        labelSelector: benchSelector(id, "conductor"),
      });
      // One that is not up, or whose machine is silent, gives nothing back: that is done here.
      if (!pods.some(isReadyPod)) return false;
      await clock.sleep(LOOK_MS);
    } catch (error) {
      if (isClusterError(error, "not-found")) return false;
      if (!isClusterError(error, "unreachable")) throw error;
      await clock.sleep(LOOK_MS);
    }
  }
  return false;
};

/**
 * A conductor that is stopped before it begins does nothing but that.
 *
 * @param areBack The agents were seen Ready at the bench's end. Else a hold may have gone a moment ago, and nothing tells so
 */
const givenBack = async (
  { cluster, clock, namespaces, say }: Ending,
  plan: BenchPlan,
  areBack: boolean,
): Promise<ReadonlyMap<string, NodeOutcome>> => {
  const held = leasesHeld(
    await cluster.listLeases(namespaces.control, selectorOf({ [APP]: "tare" })),
    clock.now(),
  );
  // What another bench does with its agents is no business of this one.
  const isOurs = (node: string): boolean => (held.get(nodeLabel(node)) ?? plan.bench) === plan.bench;
  const mayBeAway = new Set(areBack ? [] : plan.nodes.map(({ name }) => name).filter(isOurs));
  return (await conduct({ plan, cluster, clock, say, stop: AbortSignal.abort(), mayBeAway })).outcomes;
};

interface Rest {
  readonly left: readonly string[];
  readonly removed: Omit<Ended["removed"], "jobs">;
}

const removeRest = async ({ cluster, namespaces }: Ending, former: FoundBench): Promise<Rest> => {
  const left: string[] = [];
  const { control } = namespaces;
  const attempt = async (what: string, deleting: Promise<void>): Promise<void> => {
    try {
      await gone(deleting);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      left.push(`${what}: ${error.message}`);
    }
  };
  const [now] = await findBenches(cluster, namespaces, former.id);
  for (const pod of [...(now?.holds ?? []), ...(now?.places ?? [])])
    await attempt(`pod ${control}/${nameOf(pod)}`, cluster.deletePod(control, nameOf(pod)));
  for (const lease of now?.leases ?? [])
    await attempt(`lease ${control}/${nameOf(lease)}`, cluster.deleteLease(control, nameOf(lease)));
  return {
    left,
    removed: {
      holds: former.holds.length,
      places: former.places.length,
      leases: former.leases.length,
    },
  };
};
