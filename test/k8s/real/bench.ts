/** A bench on a real control plane: its namespaces and rights as the manifests have them, its Jobs as `tare k8s run` makes them, what they say. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig, type V1Job, type V1Lease, type V1Pod } from "@kubernetes/client-node";
import { endBench } from "../../../src/k8s/bench/end.ts";
import { findBenches } from "../../../src/k8s/bench/find.ts";
import { startBench } from "../../../src/k8s/bench/start.ts";
import { createCluster } from "../../../src/k8s/client/client.ts";
import { collect, type Collected } from "../../../src/k8s/collect/collect.ts";
import { systemClock } from "../../../src/cli/k8s/clock.ts";
import type { UserCluster } from "../../../src/k8s/user-cluster.ts";
import { receiveRecord } from "../../../src/record/receive.ts";
import {
  type ConductorLine,
  ConductorLine as Line,
  type NodeOutcome,
} from "../../../src/k8s/conductor/lines.ts";
import { objectsOf } from "../../../src/k8s/manifests/part.ts";
import { PARTS } from "../../../src/k8s/manifests/parts.ts";
import { termsOf } from "../../../src/k8s/manifests/terms.ts";
import { controlOf, Values } from "../../../src/k8s/manifests/values.ts";
import { benchSelector } from "../../../src/k8s/objects/labels.ts";
import { type BenchedNode, BenchPlan } from "../../../src/k8s/plan.ts";
import type { ControlPlane } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { PATHS } from "./paths.ts";
import { ensure, IMAGE, type Setting } from "./setting.ts";

export const NAMESPACE = "tare";
export const CONTROL = controlOf(NAMESPACE);

/** What a cluster is given before a bench, with these agents named. */
export const install = async (plane: ControlPlane, namespaces: readonly string[]): Promise<void> => {
  const agents = namespaces.map((namespace) => ({ namespace, daemonSet: "agent" }));
  const values = Values.parse({ namespace: NAMESPACE, agents });
  // Roles lie in the agents' own namespaces.
  for (const name of namespaces)
    await ensure(plane.admin, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  for (const part of PARTS)
    for (const object of objectsOf(part, values, termsOf(values))) await ensure(plane.admin, object);
};

export interface BenchWanted {
  readonly bench: string;
  /** Of its setting: all. */
  readonly nodes?: readonly BenchedNode[];
  readonly holdSeconds?: number;
  readonly maxUnprotected?: number;
}

export const planFor = (
  setting: Setting,
  { bench, nodes = setting.benchedNodes, holdSeconds = 60, maxUnprotected = 1 }: BenchWanted,
): BenchPlan =>
  BenchPlan.parse({
    version: 1,
    bench,
    namespaces: { nodes: NAMESPACE, control: CONTROL },
    image: IMAGE,
    nodes,
    agents: [setting.agentName],
    off: { holdSeconds, maxSeconds: 900 },
    maxUnprotected,
    node: { args: [], deadlineSeconds: 1800, requests: { cpu: "10m", memory: "16Mi" } },
    seed: 7,
  });

export class Bench {
  readonly setting: Setting;
  readonly plan: BenchPlan;
  /** As a user's, with tare's own client. */
  readonly cluster: UserCluster;
  readonly namespaces = { nodes: NAMESPACE, control: CONTROL };
  readonly #folder: string;
  readonly #stop = new AbortController();
  readonly #collecting: Promise<Collected>;

  private constructor(setting: Setting, plan: BenchPlan, cluster: UserCluster, folder: string) {
    this.setting = setting;
    this.plan = plan;
    this.cluster = cluster;
    this.#folder = folder;
    this.#collecting = this.#collect();
    this.#collecting.catch(() => undefined);
  }

  static async start(setting: Setting, wanted: BenchWanted): Promise<Bench> {
    const plan = planFor(setting, wanted);
    const cluster = createCluster(clientConfig(setting.plane.kubeconfig()));
    await startBench(cluster, plan, true);
    return new Bench(setting, plan, cluster, await mkdtemp(join(tmpdir(), "tare-collected-")));
  }

  pods(role: "hold" | "place" | "conductor"): Promise<readonly V1Pod[]> {
    return this.#list<V1Pod>(PATHS.pods(CONTROL), role);
  }

  async nodePod(): Promise<V1Pod> {
    const [pod] = await this.#list<V1Pod>(PATHS.pods(NAMESPACE), "node");
    if (pod === undefined) throw new Error("there is no node pod");
    return pod;
  }

  /** Everything by which an agent may be kept away, or a node kept from others. */
  async left(): Promise<readonly string[]> {
    const pods = [...(await this.pods("hold")), ...(await this.pods("place"))];
    const leases = await this.setting.admin.list<V1Lease>(
      `${PATHS.leases(CONTROL)}?labelSelector=${encodeURIComponent(benchSelector(this.plan.bench))}`,
    );
    return [...pods, ...leases].map(({ metadata }) => metadata?.name ?? "");
  }

  /** Of all conductors that this bench has and whose pods are still there, oldest first. */
  async said(): Promise<readonly ConductorLine[]> {
    const pods = await this.pods("conductor");
    const byAge = pods.toSorted((a, b) => ageOf(a) - ageOf(b));
    const logs = await Promise.all(byAge.map((pod) => this.#log(pod)));
    return logs.flat().flatMap((text) => {
      const read = Line.safeParse(parsed(text));
      return read.success ? [read.data] : [];
    });
  }

  /** Of the newest conductor, whatever it is. */
  async lastWords(): Promise<string> {
    const [pod] = (await this.pods("conductor")).toSorted((a, b) => ageOf(b) - ageOf(a));
    return pod === undefined ? "there is no conductor" : (await this.#log(pod)).slice(-5).join("\n");
  }

  async conducted(): Promise<readonly ConductorLine[]> {
    return await eventually("the conductor done", async () => {
      const said = await this.said();
      if (said.at(-1)?.tare !== "conducted") throw new Error(await this.lastWords());
      return said;
    });
  }

  /** How it ends on its first node. */
  async outcome(): Promise<NodeOutcome | undefined> {
    const said = await this.conducted();
    return said.findLast((line) => line.tare === "outcome")?.outcome;
  }

  async says(what: RegExp): Promise<void> {
    await eventually(`the conductor to say ${what.source}`, async () => {
      const said = JSON.stringify(await this.said());
      if (!what.test(said)) throw new Error(said);
    });
  }

  /** What came of the first node's record, once its log has come to its end. */
  async collected(): Promise<{ readonly lines: readonly string[]; readonly isWhole: boolean }> {
    const { gaps, done, broken } = await this.#collecting;
    if (broken !== undefined) throw new Error(`the record is broken: ${broken}`);
    const text = await readFile(join(this.#folder, "record.jsonl"), "utf8");
    const lines = text.split("\n").filter((line) => line !== "");
    return { lines, isWhole: gaps.length === 0 && done !== undefined };
  }

  /** As `tare k8s clean` does it. */
  async clean(): Promise<void> {
    const { cluster, namespaces } = this;
    for (const found of await findBenches(cluster, namespaces, this.plan.bench)) {
      const ended = await endBench({ cluster, clock: systemClock, namespaces, say: () => undefined }, found);
      if (ended.left.length > 0) throw new Error(ended.left.join("; "));
    }
  }

  async remove(): Promise<void> {
    this.#stop.abort();
    await this.#collecting.catch(() => undefined);
    await rm(this.#folder, { recursive: true, force: true });
    const query = `?labelSelector=${encodeURIComponent(benchSelector(this.plan.bench))}`;
    for (const namespace of [CONTROL, NAMESPACE])
      for (const { metadata } of await this.setting.admin.list<V1Job>(`${PATHS.jobs(namespace)}${query}`))
        await this.setting.admin.delete(PATHS.jobs(namespace, metadata?.name), {
          propagationPolicy: "Background",
        });
  }

  /** From the beginning, as a user does whose terminal stays open. */
  async #collect(): Promise<Collected> {
    const pod = await eventually("the node pod running", async () => {
      const found = await this.nodePod();
      if (found.status?.phase === "Pending") throw new Error("it is pending");
      return found;
    });
    return await collect(this.cluster, {
      namespace: NAMESPACE,
      pod: pod.metadata?.name ?? "",
      receiver: await receiveRecord(join(this.#folder, "record.jsonl")),
      follow: true,
      signal: this.#stop.signal,
      clock: systemClock,
    });
  }

  async #log({ metadata }: V1Pod): Promise<readonly string[]> {
    const path = `${PATHS.pods(metadata?.namespace ?? "", metadata?.name)}/log`;
    return (await this.setting.admin.text(path)).split("\n").filter((line) => line !== "");
  }

  async #list<T>(path: string, role: "hold" | "place" | "conductor" | "node"): Promise<readonly T[]> {
    const selector = encodeURIComponent(benchSelector(this.plan.bench, role));
    return await this.setting.admin.list<T>(`${path}?labelSelector=${selector}`);
  }
}

const clientConfig = (text: string): KubeConfig => {
  const config = new KubeConfig();
  config.loadFromString(text);
  return config;
};

const ageOf = ({ metadata }: V1Pod): number => new Date(metadata?.creationTimestamp ?? 0).getTime();

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
