/**
 * What a test needs of a cluster, made and removed again: nodes, and an agent on each of them by a DaemonSet. Labels of its own keep it apart
 * from all others of the same control plane.
 */
import type { KubernetesObject, V1DaemonSet, V1Node, V1Pod } from "@kubernetes/client-node";
import type { BenchedNode } from "../../../src/k8s/plan.ts";
import type { ControlPlane } from "./control-plane.ts";
import { eventually } from "./eventually.ts";
import { FakeKubelet, type NodeWanted } from "./kubelet/kubelet.ts";
import { type Images, sleeper } from "./kubelet/program.ts";
import { collectionOf, PATHS } from "./paths.ts";
import { isApiError, type Rest } from "./rest.ts";

/** What holds and places are made of, and agents. */
export const IMAGE = "tare";
const AGENT_IMAGE = "agent";
const IMAGES: Images = { [IMAGE]: sleeper, [AGENT_IMAGE]: sleeper };

const SETTING = "tare.test/setting";
export const AGENT_CPU = 100;

/** Makes it where it is not there yet. */
export const ensure = async (rest: Rest, object: KubernetesObject): Promise<void> => {
  await rest.create(collectionOf(object), object).catch((error: unknown) => {
    if (!isApiError(error, 409)) throw error;
  });
};

export interface SettingWanted {
  readonly name: string;
  readonly nodes?: readonly Omit<NodeWanted, "name">[];
  readonly agent?: { readonly priorityClassName?: string; readonly cpu?: number };
  readonly images?: Images;
}

export const isReady = ({ status, metadata }: V1Pod): boolean =>
  metadata?.deletionTimestamp === undefined &&
  status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;

/** On which node a DaemonSet's pod is to be, also while it is on none. */
export const nodeOf = ({ spec }: V1Pod): string | undefined =>
  spec?.nodeName ??
  spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
    .flatMap(({ matchFields = [] }) => matchFields)
    .find(({ key }) => key === "metadata.name")?.values?.[0];

export class Setting {
  readonly plane: ControlPlane;
  readonly admin: Rest;
  readonly namespace: string;
  readonly kubelets: readonly FakeKubelet[];

  private constructor(plane: ControlPlane, namespace: string, kubelets: readonly FakeKubelet[]) {
    this.plane = plane;
    this.admin = plane.admin;
    this.namespace = namespace;
    this.kubelets = kubelets;
  }

  /** With the agent Ready on all of its nodes. */
  static async make(plane: ControlPlane, wanted: SettingWanted): Promise<Setting> {
    const { name, nodes = [{}], agent = {}, images = {} } = wanted;
    const { admin } = plane;
    await ensure(admin, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    if (agent.priorityClassName !== undefined) await admitCritical(admin, name);
    const kubelets = await Promise.all(
      nodes.map(
        async (node, index) =>
          await FakeKubelet.start(
            plane,
            { ...node, name: `${name}-${index + 1}`, labels: { [SETTING]: name, ...node.labels } },
            { ...IMAGES, ...images },
          ),
      ),
    );
    const setting = new Setting(plane, name, kubelets);
    try {
      await admin.create(PATHS.daemonSets(name), daemonSet(name, agent));
      for (const { name: node } of kubelets) await setting.agentReady(node);
    } catch (error) {
      await setting.remove();
      throw error;
    }
    return setting;
  }

  get node(): FakeKubelet {
    const [first] = this.kubelets;
    if (first === undefined) throw new Error("the setting has no node");
    return first;
  }

  get agentName(): string {
    return `daemonset:${this.namespace}/agent`;
  }

  get benchedNodes(): readonly BenchedNode[] {
    const stratum = { instanceType: "unknown", architecture: "amd64", kernel: "6.12.0", osImage: "none" };
    return this.kubelets.map(({ name }) => ({ name, stratum }));
  }

  daemonSet(): Promise<V1DaemonSet> {
    return this.admin.get<V1DaemonSet>(PATHS.daemonSets(this.namespace, "agent"));
  }

  /** The agent's pods of a node, scheduled or not. */
  async agentPods(node: string): Promise<readonly V1Pod[]> {
    const pods = await this.admin.list<V1Pod>(`${PATHS.pods(this.namespace)}?labelSelector=app%3Dagent`);
    return pods.filter((pod) => nodeOf(pod) === node && pod.metadata?.deletionTimestamp === undefined);
  }

  async agentPod(node: string): Promise<V1Pod> {
    const [pod] = await this.agentPods(node);
    if (pod === undefined) throw new Error(`no agent pod for ${node}`);
    return pod;
  }

  agentReady(node: string): Promise<V1Pod> {
    return eventually(`the agent Ready on ${node}`, async () => {
      const pod = (await this.agentPods(node)).find(isReady);
      if (pod === undefined)
        throw new Error(`it is ${(await this.agentPods(node)).map(describe).join(", ") || "not there"}`);
      return pod;
    });
  }

  /** As the node sees it. */
  agentRuns(kubelet: FakeKubelet): boolean {
    return kubelet.runs(
      ({ metadata }) => metadata?.namespace === this.namespace && metadata.labels?.["app"] === "agent",
    );
  }

  agentGone(kubelet: FakeKubelet): Promise<void> {
    return eventually(`the agent gone from ${kubelet.name}`, async () => {
      if (this.agentRuns(kubelet)) throw new Error("it runs");
      await Promise.resolve();
    });
  }

  async deletePod({ metadata }: V1Pod): Promise<void> {
    const { namespace = "", name = "", uid = "" } = metadata ?? {};
    await this.admin.delete(PATHS.pods(namespace, name), { preconditions: { uid } });
  }

  running(pod: V1Pod): Promise<V1Pod> {
    return eventually(`pod ${pod.metadata?.name} Running`, async () => {
      const seen = await this.admin.get<V1Pod>(PATHS.pods(pod.metadata?.namespace ?? "", pod.metadata?.name));
      if (seen.status?.phase !== "Running") throw new Error(describe(seen));
      return seen;
    });
  }

  /** Another pod for the same nodes, as somebody else's that wants room there. */
  async bystander(name: string, cpu: number): Promise<V1Pod> {
    return await this.admin.create<V1Pod>(PATHS.pods(this.namespace), {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: this.namespace },
      spec: {
        nodeSelector: { [SETTING]: this.namespace },
        terminationGracePeriodSeconds: 0,
        containers: [{ name, image: AGENT_IMAGE, resources: { requests: { cpu: `${cpu}m` } } }],
      },
    });
  }

  async phaseOf({ metadata }: V1Pod): Promise<string | undefined> {
    const pod = await this.admin.find<V1Pod>(PATHS.pods(metadata?.namespace ?? "", metadata?.name));
    return pod?.status?.phase;
  }

  async remove(): Promise<void> {
    await this.admin.delete(PATHS.namespaces(this.namespace));
    await Promise.all(this.kubelets.map(async (kubelet) => kubelet.fail()));
    for (const { name } of this.kubelets)
      await this.admin.delete(PATHS.nodes(name)).catch((error: unknown) => {
        if (!isApiError(error, 404)) throw error;
      });
  }

  async nodeObject(name: string): Promise<V1Node | undefined> {
    return await this.admin.find<V1Node>(PATHS.nodes(name));
  }
}

const describe = ({ metadata, status }: V1Pod): string =>
  `${metadata?.name} ${status?.phase} ${status?.reason ?? ""} ${status?.conditions?.find(({ type }) => type === "PodScheduled")?.message ?? ""}`;

const daemonSet = (
  namespace: string,
  { priorityClassName, cpu = AGENT_CPU }: NonNullable<SettingWanted["agent"]>,
): V1DaemonSet => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "agent", namespace },
  spec: {
    selector: { matchLabels: { app: "agent" } },
    template: {
      metadata: { labels: { app: "agent" } },
      spec: {
        nodeSelector: { [SETTING]: namespace },
        tolerations: [{ operator: "Exists" }],
        terminationGracePeriodSeconds: 1,
        ...(priorityClassName === undefined ? {} : { priorityClassName }),
        containers: [{ name: "agent", image: AGENT_IMAGE, resources: { requests: { cpu: `${cpu}m` } } }],
      },
    },
  },
});

/** As GKE has one in kube-system. A quota lets all through until the controller has counted. */
export const admitCritical = async (admin: Rest, namespace: string): Promise<void> => {
  const name = "critical-pods";
  await ensure(admin, {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name, namespace },
    spec: {
      hard: { pods: "100" },
      scopeSelector: {
        matchExpressions: [
          {
            scopeName: "PriorityClass",
            operator: "In",
            values: ["system-node-critical", "system-cluster-critical"],
          },
        ],
      },
    },
  } as KubernetesObject);
  await eventually(`the quota of ${namespace} counted`, async () => {
    const { status } = await admin.get<{ readonly status?: { readonly used?: object } }>(
      PATHS.resourceQuotas(namespace, name),
    );
    if (status?.used === undefined) throw new Error("it is not");
  });
};
