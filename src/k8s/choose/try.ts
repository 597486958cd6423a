/** What the server itself says to a bench's pods, without keeping them: Pod Security, quotas, and whatever else admits pods there. */
import type { V1Pod } from "@kubernetes/client-node";
import { type Cluster, ClusterError } from "../cluster.ts";
import { holdPod } from "../objects/hold.ts";
import { nodeJob } from "../objects/node-job.ts";
import type { BenchPlan } from "../plan.ts";
import { type FoundAgent, podsMeantBy } from "./agent-refusals.ts";
import type { Choice } from "./choose.ts";
import { dryRunRefusal, holdRefusals } from "./control-refusals.ts";
import type { ControlRefusal } from "./refusal.ts";

/** The choice, with what the server says added. */
export const tryOut = async (
  cluster: Pick<Cluster, "createPod">,
  plan: BenchPlan,
  choice: Choice,
  agents: readonly FoundAgent[],
  pods: readonly V1Pod[],
): Promise<Choice> => {
  const [node] = plan.nodes;
  if (node === undefined) return choice;
  const { metadata, spec } = nodeJob(plan, node).spec?.template ?? {};
  const nodePod = await tried(cluster, "a node pod", plan.namespaces.nodes, undefined, {
    metadata: {
      generateName: "tare-",
      namespace: plan.namespaces.nodes,
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
    },
    ...(spec === undefined ? {} : { spec }),
  });
  const control: ControlRefusal[] = [...nodePod.refusals];
  const withHolds: Choice["agents"][number][] = [];
  for (const found of choice.agents) {
    const agent = agents.find(({ name }) => name === found.name);
    if (agent === undefined || !plan.agents.includes(found.name)) {
      withHolds.push(found);
      continue;
    }
    const className = agent.daemonSet.spec?.template.spec?.priorityClassName;
    const { made, refusals } = await tried(
      cluster,
      `a hold for ${found.name}`,
      plan.namespaces.control,
      className,
      holdFor(plan, agent, node.name, className),
    );
    control.push(...refusals);
    const own = podsMeantBy(agent.daemonSet, pods);
    withHolds.push({
      ...found,
      refusals: [...found.refusals, ...(made === undefined ? [] : holdRefusals(made, own))],
    });
  }
  return { ...choice, agents: withHolds, control: [...choice.control, ...control] };
};

const holdFor = (
  plan: BenchPlan,
  { name, daemonSet }: FoundAgent,
  node: string,
  className: string | undefined,
): V1Pod =>
  holdPod({
    bench: plan.bench,
    namespace: plan.namespaces.control,
    node,
    agent: name,
    image: plan.image,
    imagePullPolicy: plan.imagePullPolicy,
    imagePullSecrets: plan.imagePullSecrets,
    deadlineSeconds: plan.off.holdSeconds,
    agentNamespace: daemonSet.metadata?.namespace ?? "",
    selector: daemonSet.spec?.selector ?? {},
    ...(className === undefined ? {} : { priorityClassName: className }),
  });

/** A user may start benches without a right to make pods: the conductor and the Job controller make them. */
const NO_RIGHT = /cannot create resource/;

const tried = async (
  cluster: Pick<Cluster, "createPod">,
  what: string,
  namespace: string,
  className: string | undefined,
  pod: V1Pod,
): Promise<{ readonly made?: V1Pod; readonly refusals: readonly ControlRefusal[] }> => {
  try {
    return { made: await cluster.createPod(pod, { dryRun: true }), refusals: [] };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    switch (error.kind) {
      case "forbidden":
        if (NO_RIGHT.test(error.message)) return { refusals: [] };
        return { refusals: [dryRunRefusal(what, namespace, className, error.message)] };
      case "refused":
      case "exists":
      case "conflict":
        return { refusals: [dryRunRefusal(what, namespace, className, error.message)] };
      // Said already.
      case "not-found":
        return { refusals: [] };
      case "gone":
      case "unreachable":
        throw error;
    }
  }
};
