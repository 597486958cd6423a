/** A pod that only is there: what hold and place have in common. */
import type { V1Container, V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { AGENT, labelsOf, STAYS } from "./labels.ts";
import type { V1OwnerReference } from "@kubernetes/client-node";

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

/** As Pod Security's `restricted` wants it to be said: it does not look into the image, whose user is the same. */
const NOBODY = 65534;

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
    securityContext: {
      runAsNonRoot: true,
      runAsUser: NOBODY,
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...(resting.imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: resting.imagePullSecrets.map((name) => ({ name })) }),
    ...spec,
    containers: [
      {
        name: role,
        image: resting.image,
        imagePullPolicy: resting.imagePullPolicy,
        command: ["sleep", "infinity"],
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        ...container,
      },
    ],
  },
});
