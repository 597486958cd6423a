/** A pod that only is there: what hold and place have in common. */
import type { V1Container, V1OwnerReference, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { AGENT, labelsOf, STAYS } from "./labels.ts";
import { pullSecrets, RESTRICTED_CONTAINER, RESTRICTED_POD } from "./pod-parts.ts";

export interface Resting {
  readonly bench: string;
  readonly namespace: string;
  readonly node: string;
  /** `daemonset:NAMESPACE/NAME`, for whose sake it is there. */
  readonly agent: string;
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly imagePullSecrets: readonly string[];
  readonly deadlineSeconds: number;
  /** Absent for a conductor that has no Job: then only deadlines and `tare k8s clean` remove it. */
  readonly owner?: V1OwnerReference;
}

export const restingPod = (
  role: "hold" | "place",
  resting: Resting,
  spec: Omit<V1PodSpec, "containers">,
  container: Omit<V1Container, "name"> = {},
): V1Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    generateName: `tare-${role}-`,
    namespace: resting.namespace,
    labels: labelsOf(resting.bench, role, resting.node),
    annotations: { ...STAYS, [AGENT]: resting.agent },
    ...(resting.owner === undefined ? {} : { ownerReferences: [resting.owner] }),
  },
  spec: {
    // Past the scheduler, which would not put it beside the agent that it keeps away.
    nodeName: resting.node,
    restartPolicy: "Never",
    activeDeadlineSeconds: resting.deadlineSeconds,
    // Deleting it frees the node at once, also where no kubelet answers.
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // A NoExecute taint would end it, whoever put it where it is.
    tolerations: [{ operator: "Exists" }],
    securityContext: RESTRICTED_POD,
    ...pullSecrets(resting),
    ...spec,
    containers: [
      {
        name: role,
        image: resting.image,
        imagePullPolicy: resting.imagePullPolicy,
        command: ["sleep", "infinity"],
        securityContext: RESTRICTED_CONTAINER,
        ...container,
      },
    ],
  },
});
