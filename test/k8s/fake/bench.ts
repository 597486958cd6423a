/** A small cluster with an agent, and benches on it: what the conductor's tests begin with. */
import type { V1DaemonSet, V1Pod } from "@kubernetes/client-node";
import { conduct, type Conducted } from "../../../src/k8s/conductor/conduct.ts";
import type { ConductorLine } from "../../../src/k8s/conductor/lines.ts";
import { conductorJob } from "../../../src/k8s/objects/conductor-job.ts";
import { ROLE } from "../../../src/k8s/objects/labels.ts";
import { ownerReference } from "../../../src/k8s/objects/owner.ts";
import { BenchPlan } from "../../../src/k8s/plan.ts";
import { type Client, fakeCluster, newClient } from "./fake-cluster.ts";
import { type NodePod, startNodePod } from "./node-pod.ts";
import { virtualTime } from "./virtual-time.ts";
import { createWorld, type World, type WorldOptions } from "./world.ts";

export const AGENT = "daemonset:kube-system/tetragon";
export const SECOND_AGENT = "daemonset:kube-system/falco";
export const NODES = ["node-a", "node-b", "node-c"] as const;

export interface ClusterOptions extends WorldOptions {
  readonly nodes?: readonly string[];
  /** Of the agent's class; 0: it has none. */
  readonly priority?: number;
  readonly cpu?: string;
  readonly hasSecondAgent?: boolean;
}

const AGENT_CLASS = "agents";

export const clusterWithAgent = (options: ClusterOptions = {}): World => {
  const { nodes = NODES, priority = 1_000_000, cpu = "2" } = options;
  const world = createWorld(virtualTime(), options);
  if (priority !== 0) world.priorities.set(AGENT_CLASS, priority);
  for (const name of nodes) addNode(world, name, cpu);
  const agents = options.hasSecondAgent === true ? ["tetragon", "falco"] : ["tetragon"];
  for (const name of agents)
    world.daemonSets.create(daemonSet(name, priority === 0 ? undefined : AGENT_CLASS), world.time.now());
  return world;
};

export const addNode = (world: World, name: string, cpu = "2"): void => {
  world.nodes.create(
    {
      metadata: { name, labels: { "kubernetes.io/hostname": name } },
      status: {
        allocatable: { cpu, memory: "4Gi", pods: "20" },
        conditions: [{ type: "Ready", status: "True" }],
      },
    },
    world.time.now(),
  );
};

export const daemonSet = (name: string, priorityClassName: string | undefined): V1DaemonSet => ({
  metadata: { name, namespace: "kube-system", generation: 1 },
  spec: {
    selector: { matchLabels: { app: name } },
    updateStrategy: { type: "RollingUpdate" },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        ...(priorityClassName === undefined ? {} : { priorityClassName }),
        terminationGracePeriodSeconds: 1,
        containers: [{ name: "agent", image: `${name}:1`, resources: { requests: { cpu: "100m" } } }],
      },
    },
  },
});

/** A new template: the agent is rolled out. */
export const rollOut = (world: World, name: string, image: string): void => {
  const found = world.daemonSets.get("kube-system", name);
  world.daemonSets.patch(found.metadata?.uid ?? "", (now) => ({
    ...now,
    metadata: { ...now.metadata, generation: (now.metadata?.generation ?? 0) + 1 },
    spec: {
      selector: {},
      ...now.spec,
      template: {
        ...now.spec?.template,
        spec: { ...now.spec?.template.spec, containers: [{ name: "agent", image }] },
      },
    },
  }));
};

export const planOf = (changes: Partial<BenchPlan> = {}): BenchPlan => ({
  ...BenchPlan.parse({
    version: 1,
    bench: "b1",
    namespaces: { nodes: "tare", control: "tare-control" },
    image: "registry.test/tare:1",
    nodes: NODES.map((name) => ({
      name,
      stratum: { instanceType: "m7g.xlarge", architecture: "arm64", kernel: "6.12.0", osImage: "Debian 13" },
    })),
    agents: [AGENT],
    off: { holdSeconds: 60, maxSeconds: 600 },
    maxUnprotected: 1,
    node: { args: [], deadlineSeconds: 7200, requests: { cpu: "100m", memory: "128Mi" } },
    seed: 7,
  }),
  ...changes,
});

export interface PodTimes {
  readonly turns: number;
  readonly turnSeconds: number;
  readonly withinSeconds: number;
}

const POD_TIMES: PodTimes = { turns: 2, turnSeconds: 20, withinSeconds: 400 };

export interface Running {
  readonly plan: BenchPlan;
  readonly nodePods: readonly NodePod[];
  readonly said: ConductorLine[];
  readonly client: () => Client;
  /** A conductor, in place of one that has died. */
  readonly begin: () => void;
  /** One more of the same bench, which ought not to be. */
  readonly double: () => Client;
  readonly kill: () => void;
  readonly stop: () => void;
  /** Of the last conductor, once it has ended. */
  readonly ended: () => Conducted | undefined;
  readonly isOver: () => boolean;
}

/** The Job, its conductor, and a node pod on each node. */
export const startBench = (
  world: World,
  plan: BenchPlan = planOf(),
  times: Partial<PodTimes> = {},
): Running => {
  const { bench, namespaces } = plan;
  const job = world.jobs.create(conductorJob(plan), world.time.now());
  const owner = ownerReference(job.metadata?.name ?? "", job.metadata?.uid ?? "");
  const nodePods = plan.nodes.map(({ name }) =>
    startNodePod({
      world,
      bench,
      namespace: namespaces.nodes,
      node: name,
      agents: plan.agents,
      ...POD_TIMES,
      ...times,
    }),
  );
  const said: ConductorLine[] = [];
  const stopping = new AbortController();
  let client: Client = newClient();
  let ended: Conducted | undefined;
  const conductAs = (own: Client): void => {
    conduct({
      plan,
      cluster: fakeCluster(world, own),
      clock: world.time,
      say: (line) => {
        if (!own.isDead) said.push(line);
      },
      stop: stopping.signal,
      random: () => 0.5,
      ...(owner === undefined ? {} : { owner }),
    }).then(
      (conducted) => {
        if (own === client && !own.isDead) ended = conducted;
      },
      (error: unknown) => {
        throw error;
      },
    );
  };
  const begin = (): void => {
    // A Job has one pod at a time.
    client.isDead = true;
    client = newClient();
    ended = undefined;
    conductAs(client);
  };
  begin();
  return {
    plan,
    nodePods,
    said,
    client: () => client,
    begin,
    double: () => {
      const second = newClient();
      conductAs(second);
      return second;
    },
    kill: () => {
      client.isDead = true;
    },
    stop: () => {
      stopping.abort();
    },
    ended: () => ended,
    isOver: () => ended !== undefined,
  };
};

const isReady = ({ status, metadata }: V1Pod): boolean =>
  metadata?.deletionTimestamp === undefined &&
  status?.phase === "Running" &&
  status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true;

export const isAgentReady = (world: World, node: string, name = "tetragon"): boolean =>
  world.pods
    .all()
    .some((pod) => pod.spec?.nodeName === node && pod.metadata?.labels?.["app"] === name && isReady(pod));

/** Holds, places and Leases: what may not outlive a bench. */
export const leftOf = (world: World): readonly string[] => [
  ...world.pods
    .all()
    .filter(({ metadata }) => ["hold", "place"].includes(metadata?.labels?.[ROLE] ?? ""))
    .map(({ metadata }) => metadata?.name ?? ""),
  ...world.leases.all().map(({ metadata }) => metadata?.name ?? ""),
];
