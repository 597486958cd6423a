/** What is in the way of agents that are not Ready again, and what tells more: for whoever has to look after them. */
import { type Cluster, isClusterError } from "../cluster.ts";
import { daemonSetOf } from "../plan.ts";
import type { AgentState } from "./agent-state.ts";
import type { NodeTerms } from "./terms.ts";
import type { AgentView } from "./view.ts";

export interface Missing {
  readonly missing: readonly string[];
  readonly run: readonly string[];
}

export const missingOf = async (
  cluster: Pick<Cluster, "listEvents">,
  { plan, node }: NodeTerms,
  agents: readonly AgentState[],
  views: readonly AgentView[],
): Promise<Missing> => {
  const missing: string[] = [];
  const run: string[] = [];
  for (const [index, view] of views.entries()) {
    const agent = agents[index]?.agent ?? "";
    const name = daemonSetOf(agent);
    if (name === undefined || view.pods.some(({ isReady }) => isReady)) continue;
    missing.push(...(await ofAgent(cluster, agent, name.namespace, node.name, view)));
    run.push(`kubectl -n ${name.namespace} describe daemonset ${name.name}`);
    for (const pod of view.pods) run.push(`kubectl -n ${name.namespace} describe pod ${pod.name}`);
  }
  const left = views.flatMap(({ holds, places }) => [...holds, ...places]).map((pod) => pod.name);
  if (left.length > 0) missing.push(`still there: ${left.join(", ")}`);
  return { missing, run: [...run, `tare k8s clean ${plan.bench}`] };
};

const ofAgent = async (
  cluster: Pick<Cluster, "listEvents">,
  agent: string,
  namespace: string,
  node: string,
  { pods, isNodeReady }: AgentView,
): Promise<readonly string[]> => {
  const kubelet = isNodeReady ? [] : [`node ${node} is not Ready: its kubelet does not answer`];
  if (pods.length === 0) return [...kubelet, `${agent} has no pod on ${node}: no controller recreates it`];
  const told: string[] = [];
  for (const pod of pods) {
    const event = await lastEvent(cluster, namespace, pod.name);
    told.push(`${agent} on ${node}: ${pod.name} ${pod.condition}${event === undefined ? "" : `; ${event}`}`);
  }
  return [...kubelet, ...told];
};

const lastEvent = async (
  cluster: Pick<Cluster, "listEvents">,
  namespace: string,
  pod: string,
): Promise<string | undefined> => {
  try {
    return (await cluster.listEvents(namespace, pod)).at(-1)?.message;
  } catch (error) {
    // It only tells more.
    if (isClusterError(error)) return undefined;
    throw error;
  }
};
