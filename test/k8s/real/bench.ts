/** A bench on a real control plane: its namespaces and rights as the manifests have them, its Jobs as `tare k8s run` makes them, what they say. */
import type { V1Job, V1Lease, V1Pod } from "@kubernetes/client-node";
import { type ConductorLine, ConductorLine as Line } from "../../../src/k8s/conductor/lines.ts";
import { objectsOf } from "../../../src/k8s/manifests/part.ts";
import { PARTS } from "../../../src/k8s/manifests/parts.ts";
import { termsOf } from "../../../src/k8s/manifests/terms.ts";
import { controlOf, Values } from "../../../src/k8s/manifests/values.ts";
import { readNodeLine } from "../../../src/k8s/node/lines.ts";
import { conductorJob } from "../../../src/k8s/objects/conductor-job.ts";
import { benchSelector } from "../../../src/k8s/objects/labels.ts";
import { nodeJob } from "../../../src/k8s/objects/node-job.ts";
import { BenchPlan } from "../../../src/k8s/plan.ts";
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
  readonly holdSeconds?: number;
  readonly maxUnprotected?: number;
}

export class Bench {
  readonly setting: Setting;
  readonly plan: BenchPlan;

  private constructor(setting: Setting, plan: BenchPlan) {
    this.setting = setting;
    this.plan = plan;
  }

  static async start(setting: Setting, { bench, holdSeconds = 60, maxUnprotected = 1 }: BenchWanted): Promise<Bench> {
    const plan = BenchPlan.parse({
      version: 1,
      bench,
      namespaces: { nodes: NAMESPACE, control: CONTROL },
      image: IMAGE,
      nodes: setting.benchedNodes,
      agents: [setting.agentName],
      off: { holdSeconds, maxSeconds: 900 },
      maxUnprotected,
      node: { args: [], deadlineSeconds: 1800, requests: { cpu: "10m", memory: "16Mi" } },
      seed: 7,
    });
    const { admin } = setting;
    await admin.create(PATHS.jobs(CONTROL), conductorJob(plan));
    for (const node of plan.nodes) await admin.create(PATHS.jobs(NAMESPACE), nodeJob(plan, node));
    return new Bench(setting, plan);
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

  /** Of all conductors that this bench has had, oldest first. */
  async said(): Promise<readonly ConductorLine[]> {
    const pods = await this.pods("conductor");
    const byAge = pods.toSorted((a, b) => ageOf(a) - ageOf(b));
    const logs = await Promise.all(byAge.map((pod) => this.#log(pod)));
    return logs.flat().flatMap((text) => {
      const read = Line.safeParse(parsed(text));
      return read.success ? [read.data] : [];
    });
  }

  async conducted(): Promise<readonly ConductorLine[]> {
    return await eventually("the conductor done", async () => {
      const said = await this.said();
      if (said.at(-1)?.tare !== "conducted") throw new Error(JSON.stringify(said.slice(-3)));
      return said;
    });
  }

  /** The lines of the record that the node pod has printed, as far as the log has them. */
  async record(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (const text of await this.#log(await this.nodePod())) {
      const read = readNodeLine(text);
      if (read.kind === "lines") lines.splice(read.index, read.lines.length, ...read.lines);
    }
    return lines;
  }

  /** As `tare k8s stop` and `clean` do it. */
  async remove(): Promise<void> {
    const query = `?labelSelector=${encodeURIComponent(benchSelector(this.plan.bench))}`;
    for (const namespace of [CONTROL, NAMESPACE])
      for (const { metadata } of await this.setting.admin.list<V1Job>(`${PATHS.jobs(namespace)}${query}`))
        await this.setting.admin.delete(PATHS.jobs(namespace, metadata?.name), {
          propagationPolicy: "Background",
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

const ageOf = ({ metadata }: V1Pod): number => new Date(metadata?.creationTimestamp ?? 0).getTime();

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
