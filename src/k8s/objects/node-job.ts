/**
 * One Job a node, with the one pod that measures there. Not an indexed Job: an index is no node, and a pod that is
 * replaced must not come up elsewhere.
 */
import type { V1Job, V1SecurityContext, V1Volume, V1VolumeMount } from "@kubernetes/client-node";
import { kernelCapabilities } from "../capabilities.ts";
import { NODE_FOLDERS, WORK_FOLDER } from "../node-folder.ts";
import type { BenchedNode, BenchPlan } from "../plan.ts";
import { AGENTS, BENCH_FACTS, hashOf, labelsOf, STAYS } from "./labels.ts";
import { pullSecrets } from "./pod-parts.ts";

export const nodeJobName = (bench: string, node: string): string => `tare-${bench}-${hashOf(node)}`;

export const NODE_ACCOUNT = "tare-node";

/** Results are in the pod's log, and go with it. */
const SECONDS_KEPT = 86_400;
/** For tare's own journal to undo what it changed on the node. */
const GRACE_SECONDS = 60;

/** `facts`: of the bench, for whoever collects it. */
export const nodeJob = (plan: BenchPlan, node: BenchedNode, facts?: string): V1Job => {
  const labels = labelsOf(plan.bench, "node", node.name);
  const folders = [...NODE_FOLDERS, ...plan.node.folders];
  const annotations = {
    ...(plan.agents.length === 0 ? {} : { [AGENTS]: plan.agents.join(" ") }),
    ...(facts === undefined ? {} : { [BENCH_FACTS]: facts }),
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: nodeJobName(plan.bench, node.name),
      namespace: plan.namespaces.nodes,
      labels,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: plan.node.deadlineSeconds,
      ttlSecondsAfterFinished: SECONDS_KEPT,
      template: {
        metadata: { labels, annotations: { ...STAYS } },
        spec: {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: GRACE_SECONDS,
          serviceAccountName: NODE_ACCOUNT,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          // Its agents' processes, whose ids the kernel tells the sensor.
          hostPID: true,
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  { matchFields: [{ key: "metadata.name", operator: "In", values: [node.name] }] },
                ],
              },
            },
          },
          tolerations: [{ operator: "Exists" }],
          ...pullSecrets(plan),
          containers: [
            {
              name: "node",
              image: plan.image,
              imagePullPolicy: plan.imagePullPolicy,
              command: ["tare", "k8s", "node"],
              args: [...plan.node.args],
              env: [
                { name: "TARE_BENCH", value: plan.bench },
                { name: "TARE_NODE_FACTS", value: JSON.stringify(node.told ?? {}) },
                { name: "TARE_NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
              ],
              workingDir: WORK_FOLDER,
              // No limit: one of CPU would throttle the workload. The requests are its weight against its neighbours.
              resources: { requests: { ...plan.node.requests } },
              securityContext: securityContext(node.stratum.kernel),
              volumeMounts: [
                ...folders.map((path): V1VolumeMount => ({
                  name: volumeOf(path),
                  mountPath: path,
                  readOnly: true,
                  // Also what the node has mounted below: the kernel's debugfs and securityfs, for example. containerd can since 2.0.
                  recursiveReadOnly: "IfPossible",
                })),
                { name: "work", mountPath: WORK_FOLDER },
                { name: "work", mountPath: "/tmp", subPath: "tmp" },
              ],
            },
          ],
          volumes: [
            ...folders.map((path): V1Volume => ({ name: volumeOf(path), hostPath: { path } })),
            { name: "work", emptyDir: {} },
          ],
        },
      },
    },
  };
};

const volumeOf = (path: string): string => `host-${hashOf(path)}`;

/** The runtime's default profiles refuse bpf, and reading the processes of other pods. */
const securityContext = (kernel: string): V1SecurityContext => ({
  runAsUser: 0,
  allowPrivilegeEscalation: true,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"], add: [...kernelCapabilities(kernel)] },
  seccompProfile: { type: "Unconfined" },
  appArmorProfile: { type: "Unconfined" },
  seLinuxOptions: { type: "spc_t" },
});
