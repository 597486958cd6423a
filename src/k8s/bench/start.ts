/** Makes a bench's objects: the conductor first, so that no node asks in vain. What was made is taken away again where the rest cannot be. */
import { type Cluster, isClusterError } from "../cluster.ts";
import { conductorJob, conductorJobName } from "../objects/conductor-job.ts";
import { nodeJob, nodeJobName } from "../objects/node-job.ts";
import type { BenchPlan } from "../plan.ts";

type Starting = Pick<Cluster, "createJob" | "deleteJob">;

/** `withConductor`: false where nothing is stopped, and where this process does its work. `facts`: for whoever collects it. */
export const startBench = async (
  cluster: Starting,
  plan: BenchPlan,
  withConductor: boolean,
  facts?: string,
): Promise<void> => {
  const { nodes, control } = plan.namespaces;
  const undo: (() => Promise<void>)[] = [];
  try {
    if (withConductor) {
      await cluster.createJob(conductorJob(plan));
      undo.push(() => cluster.deleteJob(control, conductorJobName(plan.bench)));
    }
    for (const [index, node] of plan.nodes.entries()) {
      await cluster.createJob(nodeJob(plan, node, index === 0 ? facts : undefined));
      undo.push(() => cluster.deleteJob(nodes, nodeJobName(plan.bench, node.name)));
    }
  } catch (error) {
    for (const one of undo.toReversed())
      await one().catch((failed: unknown) => {
        // The first error is the one to tell; `tare k8s clean` finds what stays.
        if (!isClusterError(failed)) throw failed;
      });
    throw error;
  }
};
