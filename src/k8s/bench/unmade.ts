/** Why a Job has no pod yet: its controller tells what its attempts come to in events, where a quota is full for example. */
import type { V1Job } from "@kubernetes/client-node";
import { type Cluster, isClusterError } from "../cluster.ts";
import type { FoundBench, FoundNode } from "./find.ts";
import { isEnded } from "./state.ts";

const FAILED = "FailedCreate";

/** The same bench, with reasons where pods are missing. Nothing is said where the user may not list events. */
export const withReasons = async (
  cluster: Pick<Cluster, "listEvents">,
  bench: FoundBench,
): Promise<FoundBench> => {
  const nodes: FoundNode[] = [];
  for (const node of bench.nodes) {
    const unmade = node.pod === undefined ? await whyUnmade(cluster, node.job) : undefined;
    nodes.push(unmade === undefined ? node : { ...node, unmade });
  }
  const { conductor } = bench;
  const unmade =
    conductor === undefined || bench.conductorPods.length > 0
      ? undefined
      : await whyUnmade(cluster, conductor);
  return { ...bench, nodes, ...(unmade === undefined ? {} : { conductorUnmade: unmade }) };
};

const whyUnmade = async (cluster: Pick<Cluster, "listEvents">, job: V1Job): Promise<string | undefined> => {
  const { namespace = "", name = "" } = job.metadata ?? {};
  if (isEnded(job)) return undefined;
  try {
    const events = await cluster.listEvents(namespace, name);
    return events.findLast(({ reason }) => reason === FAILED)?.message;
  } catch (error) {
    if (isClusterError(error)) return undefined;
    throw error;
  }
};
