/**
 * A bench's conductor: all its nodes at once, each on its own. It ends when every node has ended, with every agent Ready
 * again, or with what is missing. Stopped before it begins, it is what cleans up behind another one.
 */
import { EXIT } from "../../domain/errors.ts";
import type { V1OwnerReference } from "@kubernetes/client-node";
import type { Cluster } from "../cluster.ts";
import { benchSelector } from "../objects/labels.ts";
import { ownerReference } from "../objects/owner.ts";
import type { BenchPlan } from "../plan.ts";
import type { Clock } from "./clock.ts";
import { conductNode } from "./conduct-node.ts";
import type { ConductorLine, NodeOutcome, Told } from "./lines.ts";
import { unwatched, watchBench } from "./watch-bench.ts";

export interface Bench {
  readonly plan: BenchPlan;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly say: (line: ConductorLine) => void;
  readonly stop: AbortSignal;
  /** Nodes whose agents may be away with nothing left to tell so: the holds went with the Job that owned them a moment ago. */
  readonly mayBeAway?: ReadonlySet<string>;
  /** Of the conductor's Job, if it has one. */
  readonly owner?: V1OwnerReference;
  /** From 0 to 1; for tests. */
  readonly random?: () => number;
}

export interface Conducted {
  readonly outcomes: ReadonlyMap<string, NodeOutcome>;
  readonly exitCode: number;
}

export const conduct = async ({
  plan,
  cluster,
  clock,
  say,
  stop,
  mayBeAway = new Set(),
  owner,
  random,
}: Bench): Promise<Conducted> => {
  const tell = (line: Told): void => {
    say({ ...line, at: clock.now().toISOString() });
  };
  const failing = new AbortController();
  const ending = AbortSignal.any([stop, failing.signal]);
  const outcomes = new Map<string, NodeOutcome>();
  const faults: unknown[] = [];
  /** A bug: the agents of all nodes come back first. */
  const onFault = (error: unknown): void => {
    faults.push(error);
    failing.abort();
  };
  const watch = stop.aborted ? unwatched(clock) : watchBench({ plan, cluster, clock, tell, onFault, random });
  await Promise.all(
    plan.nodes.map(async (node) => {
      try {
        const outcome = await conductNode(
          { plan, node, owner },
          {
            cluster,
            clock,
            tell,
            stop: ending,
            mayBeAway: mayBeAway.has(node.name),
            watch: watch.of(node.name),
          },
        );
        outcomes.set(node.name, outcome);
        tell({ tare: "outcome", node: node.name, outcome });
      } catch (error) {
        onFault(error);
      }
    }),
  );
  await watch.stop();
  if (faults.length > 0) throw faults[0];
  const exitCode = exitOf([...outcomes.values()], stop.aborted);
  tell({ tare: "conducted", exitCode });
  return { outcomes, exitCode };
};

const exitOf = (outcomes: readonly NodeOutcome[], isStopped: boolean): number => {
  if (outcomes.some(({ kind }) => kind === "not-back")) return EXIT.runFailed;
  return isStopped ? EXIT.interrupted : EXIT.withinBudget;
};

/** The Job that the conductor's own pod is of: it owns what the conductor makes. */
export const ownerInCluster = async (
  cluster: Pick<Cluster, "listPods">,
  plan: BenchPlan,
): Promise<V1OwnerReference | undefined> => {
  const pods = await cluster.listPods({
    namespace: plan.namespaces.control,
    labelSelector: benchSelector(plan.bench, "conductor"),
  });
  const job = pods
    .flatMap(({ metadata }) => metadata?.ownerReferences ?? [])
    .find(({ kind, controller }) => kind === "Job" && controller === true);
  return job === undefined ? undefined : ownerReference(job.name, job.uid);
};
