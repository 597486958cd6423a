/** What of tare is in a cluster, by its labels alone: nothing is kept anywhere else. */
import type { V1Job, V1Lease, V1Pod } from "@kubernetes/client-node";
import { type Cluster, isClusterError } from "../cluster.ts";
import { APP, BENCH, NODE, ROLE, type Role, selectorOf } from "../objects/labels.ts";
import type { BenchPlan } from "../plan.ts";
import { nodeOf } from "./state.ts";

export interface FoundNode {
  readonly name: string;
  readonly job: V1Job;
  /** Absent before it is made, and after it is gone. */
  readonly pod?: V1Pod;
  /** Why no pod could be made so far (`withReasons`). */
  readonly unmade?: string;
}

export interface FoundBench {
  readonly id: string;
  readonly nodes: readonly FoundNode[];
  readonly conductor?: V1Job;
  readonly conductorPods: readonly V1Pod[];
  readonly conductorUnmade?: string;
  readonly holds: readonly V1Pod[];
  readonly places: readonly V1Pod[];
  readonly leases: readonly V1Lease[];
}

type Labelled = V1Job | V1Pod | V1Lease;

const labelOf = ({ metadata }: Labelled, key: string): string => metadata?.labels?.[key] ?? "";
const createdAt = ({ metadata }: Labelled): number => new Date(metadata?.creationTimestamp ?? 0).getTime();

/** Those of which something is left, the oldest first. */
export const findBenches = async (
  cluster: Pick<Cluster, "listJobs" | "listPods" | "listLeases">,
  { nodes, control }: BenchPlan["namespaces"],
  id?: string,
): Promise<readonly FoundBench[]> => {
  const labelSelector = selectorOf({ [APP]: "tare", ...(id === undefined ? {} : { [BENCH]: id }) });
  const jobs = [
    ...(await cluster.listJobs(nodes, labelSelector)),
    ...(await cluster.listJobs(control, labelSelector)),
  ];
  const pods = [
    ...(await cluster.listPods({ namespace: nodes, labelSelector })),
    ...(await cluster.listPods({ namespace: control, labelSelector })),
  ];
  const leases = await cluster.listLeases(control, labelSelector);
  const all: readonly Labelled[] = [...jobs, ...pods, ...leases];
  const ids = new Set(all.map((one) => labelOf(one, BENCH)).filter((bench) => bench !== ""));
  return [...ids]
    .map((bench) => ofBench(bench, jobs, pods, leases))
    .toSorted((a, b) => Math.min(...timesOf(a)) - Math.min(...timesOf(b)));
};

const timesOf = ({ nodes, holds, leases, conductor }: FoundBench): readonly number[] =>
  [...nodes.map(({ job }) => job), ...holds, ...leases, ...(conductor === undefined ? [] : [conductor])].map(
    createdAt,
  );

const ofBench = (
  id: string,
  jobs: readonly V1Job[],
  pods: readonly V1Pod[],
  leases: readonly V1Lease[],
): FoundBench => {
  const own = <T extends Labelled>(all: readonly T[], ...roles: readonly Role[]): readonly T[] =>
    all.filter(
      (one) =>
        labelOf(one, BENCH) === id &&
        (roles.length === 0 || roles.some((role) => labelOf(one, ROLE) === role)),
    );
  const [conductor] = own(jobs, "conductor");
  const nodePods = own(pods, "node");
  return {
    id,
    nodes: own(jobs, "node")
      .map((job): FoundNode => {
        const pod = nodePods
          .filter((one) => labelOf(one, NODE) === labelOf(job, NODE))
          .toSorted((a, b) => createdAt(b) - createdAt(a))[0];
        return { name: nodeOf(job), job, ...(pod === undefined ? {} : { pod }) };
      })
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ...(conductor === undefined ? {} : { conductor }),
    conductorPods: own(pods, "conductor").toSorted((a, b) => createdAt(a) - createdAt(b)),
    holds: own(pods, "hold"),
    places: own(pods, "place"),
    leases: own(leases),
  };
};

/** Deletes it, or finds that it is gone already. */
export const gone = async (deleting: Promise<void>): Promise<void> => {
  try {
    await deleting;
  } catch (error) {
    if (!isClusterError(error, "not-found")) throw error;
  }
};
