/**
 * The Job that turns agents off and on, and that owns holds, places and Leases: whoever deletes it gives every agent
 * back. It has no privileges on any node; its rights are those of its service account (`../rights.ts`).
 */
import type { V1Job } from "@kubernetes/client-node";
import { type BenchPlan, PLAN_VARIABLE } from "../plan.ts";
import { labelsOf, STAYS } from "./labels.ts";
import { RETURN_SECONDS } from "./leases.ts";
import { pullSecrets, RESTRICTED_CONTAINER, RESTRICTED_POD } from "./pod-parts.ts";

export const conductorJobName = (bench: string): string => `tare-${bench}`;

export const CONDUCTOR_ACCOUNT = "tare-conductor";

const SECONDS_KEPT = 86_400;
/** After a signal it gives every agent back, and sees them Ready. */
const GRACE_SECONDS = RETURN_SECONDS + 30;
/** It takes up where the one before stopped; ends that no restart mends are among `FINAL_EXITS`. */
const RESTARTS = 20;
/** Done, misused, not permitted, an agent that is not back, stopped: another try would end the same way. */
const FINAL_EXITS = [2, 3, 4, 130];

export const conductorJob = (plan: BenchPlan): V1Job => {
  const labels = labelsOf(plan.bench, "conductor");
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: conductorJobName(plan.bench), namespace: plan.namespaces.control, labels },
    spec: {
      backoffLimit: RESTARTS,
      // Two at once would do the same twice.
      podReplacementPolicy: "Failed",
      podFailurePolicy: {
        rules: [
          {
            action: "FailJob",
            onExitCodes: { containerName: "conductor", operator: "In", values: FINAL_EXITS },
          },
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        ],
      },
      activeDeadlineSeconds: plan.node.deadlineSeconds + 2 * RETURN_SECONDS,
      ttlSecondsAfterFinished: SECONDS_KEPT,
      template: {
        metadata: { labels, annotations: { ...STAYS } },
        spec: {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: GRACE_SECONDS,
          serviceAccountName: CONDUCTOR_ACCOUNT,
          enableServiceLinks: false,
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  {
                    // One value each, as the API wants it of this field; all of them must hold.
                    matchFields: plan.nodes.map(({ name }) => ({
                      key: "metadata.name",
                      operator: "NotIn",
                      values: [name],
                    })),
                    matchExpressions: [{ key: "kubernetes.io/os", operator: "In", values: ["linux"] }],
                  },
                ],
              },
            },
          },
          securityContext: RESTRICTED_POD,
          ...pullSecrets(plan),
          containers: [
            {
              name: "conductor",
              image: plan.image,
              imagePullPolicy: plan.imagePullPolicy,
              command: ["tare", "k8s", "conduct", "--bench", plan.bench],
              env: [{ name: PLAN_VARIABLE, value: JSON.stringify(plan) }],
              resources: { requests: { cpu: "50m", memory: "128Mi" } },
              securityContext: RESTRICTED_CONTAINER,
              volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
            },
          ],
          volumes: [{ name: "tmp", emptyDir: {} }],
        },
      },
    },
  };
};
