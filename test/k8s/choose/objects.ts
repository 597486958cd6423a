/** Nodes, pods and DaemonSets as a cluster tells them, each as plain as can be benched. */
import type { V1DaemonSet, V1Node, V1Pod, V1PodSpec } from "@kubernetes/client-node";

export const node = (name: string, changed: Partial<V1Node> = {}): V1Node => ({
  metadata: {
    name,
    labels: { "kubernetes.io/hostname": name, "node.kubernetes.io/instance-type": "m7g.xlarge" },
  },
  spec: {},
  status: {
    allocatable: { cpu: "4", memory: "16Gi", pods: "110", "ephemeral-storage": "50Gi" },
    conditions: [{ type: "Ready", status: "True" }],
    nodeInfo: {
      architecture: "arm64",
      kernelVersion: "6.1.0",
      osImage: "Bottlerocket OS",
      operatingSystem: "linux",
      kubeletVersion: "v1.34.1",
      containerRuntimeVersion: "containerd://2.1",
    } as NonNullable<NonNullable<V1Node["status"]>["nodeInfo"]>,
  },
  ...changed,
});

export const AGENT = "daemonset:kube-system/tetragon";
const LABELS = { "app.kubernetes.io/name": "tetragon" };
const UID = "uid-tetragon";

export const daemonSet = (
  changed: {
    readonly spec?: Partial<V1PodSpec>;
    readonly status?: V1DaemonSet["status"];
    readonly onDelete?: true;
  } = {},
): V1DaemonSet => ({
  metadata: { name: "tetragon", namespace: "kube-system", uid: UID, generation: 3 },
  spec: {
    selector: { matchLabels: LABELS },
    ...(changed.onDelete === undefined ? {} : { updateStrategy: { type: "OnDelete" } }),
    template: {
      metadata: { labels: LABELS },
      spec: {
        containers: [
          { name: "tetragon", image: "quay.io/cilium/tetragon:v1.5.0", args: ["--config-dir=/etc/x"] },
        ],
        ...changed.spec,
      },
    },
  },
  status: changed.status ?? {
    observedGeneration: 3,
    updatedNumberScheduled: 2,
    desiredNumberScheduled: 2,
    currentNumberScheduled: 2,
    numberMisscheduled: 0,
    numberReady: 2,
  },
});

export const agentPod = (on: string, spec: Partial<V1PodSpec> = {}): V1Pod => ({
  metadata: {
    name: `tetragon-${on}`,
    namespace: "kube-system",
    labels: LABELS,
    ownerReferences: [
      { apiVersion: "apps/v1", kind: "DaemonSet", name: "tetragon", uid: UID, controller: true },
    ],
  },
  spec: {
    nodeName: on,
    containers: [{ name: "tetragon", resources: { requests: { cpu: "100m", memory: "128Mi" } } }],
    ...spec,
  },
  status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
});

export const pod = (name: string, on: string, requests: Record<string, string> = {}): V1Pod => ({
  metadata: { name, namespace: "default" },
  spec: { nodeName: on, containers: [{ name: "c", resources: { requests } }] },
  status: { phase: "Running" },
});
