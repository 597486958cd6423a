/**
 * Counts pods of the priorities that GKE, and who configures a cluster likewise, admits outside kube-system only where a quota counts them.
 * Elsewhere it is a limit and no more. Of requests it says nothing: a hold has none, and a quota on them would refuse it.
 */
import type { V1ResourceQuota } from "@kubernetes/client-node";
import { LABELS } from "../labels.ts";
import type { Part } from "../part.ts";

const CRITICAL = ["system-node-critical", "system-cluster-critical"] as const;

export const QUOTA: Part = {
  file: "quota.yaml",
  kind: "always",
  objects: ({ control, criticalPods }) => [
    {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "tare-critical-pods", namespace: control, labels: LABELS },
      spec: {
        hard: { pods: criticalPods },
        scopeSelector: {
          matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: [...CRITICAL] }],
        },
      },
    } satisfies V1ResourceQuota,
  ],
};
